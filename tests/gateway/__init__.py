"""The gateway: pages, JSON, live updates."""
