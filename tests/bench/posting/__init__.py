"""What `bench post` is made of: the platform under load, plain servers to compare it with, and the load."""
