"""The only place that knows routing's SQL; one module for each kind of thing."""
