"""Messaging, served as its process serves it, on a real database."""
