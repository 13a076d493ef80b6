"""What every louyu service shares: settings, server, database, events, telemetry, identity, embedded parts."""
