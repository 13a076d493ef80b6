"""The JSON interface, /api/v1: the services' own words over HTTP."""
