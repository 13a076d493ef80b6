"""Migrations of routing's schema."""
