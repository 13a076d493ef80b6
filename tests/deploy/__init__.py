"""Tests of what operators install: the image and the Helm chart."""
