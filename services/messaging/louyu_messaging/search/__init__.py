"""Searching the history of groups."""
