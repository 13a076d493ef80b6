"""What `louyu doctor` checks, one module for each kind of thing that can be wrong."""
