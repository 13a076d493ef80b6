"""Fixtures that every kind of test shares: real databases, keys, clocks."""

pytest_plugins = ["tests.platform.fixtures"]
