"""Notify: who is told what, once, on which way, and which household still does not know."""
