"""Posters with a QR code by which a building's residents join its group."""
