"""Benchmarks: each module here with a `run` is one, by its own name. Call them with `./dev bench [name]`."""
