"""louyu notify."""
