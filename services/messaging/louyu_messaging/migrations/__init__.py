"""Migrations of the schema `messaging`, run by `louyu migrate` alone."""
