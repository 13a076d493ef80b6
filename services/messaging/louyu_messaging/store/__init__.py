"""All SQL of messaging, and nothing else that knows it."""
