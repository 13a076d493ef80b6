"""Alembic's entry: runs the revisions on the connection that `louyu migrate` has opened."""

from louyu_runtime.migrations import run_env

run_env()
