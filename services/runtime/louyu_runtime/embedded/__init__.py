"""A whole installation on one machine: PostgreSQL and Valkey from wheels, in one data folder, as child processes."""
