"""The pages say what the code says: settings, metrics, commands, files, addresses, links."""
