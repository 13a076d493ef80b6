"""routing: opens questions from what is said in groups, asks one after the other, and keeps the clock."""
