"""Property management (物业) as a responder of louyu."""
