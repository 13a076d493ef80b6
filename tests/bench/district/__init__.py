"""A district's history, made quickly, and how fast it is read."""
