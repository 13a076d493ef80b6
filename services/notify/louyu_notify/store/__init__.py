"""The only place that knows notify's SQL; one module for each kind of thing."""
