"""The `louyu` command without a running platform: exit codes, and one clear line for each fault."""
