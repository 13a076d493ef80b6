"""louyu messaging."""
