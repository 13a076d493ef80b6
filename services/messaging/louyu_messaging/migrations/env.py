"""Runs the revisions on the connection that `louyu migrate` opened."""

from louyu_runtime.migrations import run_env

run_env()
