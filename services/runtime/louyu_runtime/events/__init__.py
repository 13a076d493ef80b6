"""Facts between services: outbox, relay, streams, consumers, parking."""
