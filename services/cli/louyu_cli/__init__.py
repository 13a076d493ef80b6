"""The `louyu` command. It stands above the services and knows each only by its role and its calls."""
