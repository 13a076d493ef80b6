"""louyu cli."""
