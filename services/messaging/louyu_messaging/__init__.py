"""Messaging: groups, their members and their messages."""
