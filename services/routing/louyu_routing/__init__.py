"""louyu routing."""
