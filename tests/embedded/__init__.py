"""Databases and child processes of one machine, tested with the real programs and real signals."""
