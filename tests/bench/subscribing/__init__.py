"""What `bench subscribe` is made of: people with a page open, in a process of their own."""
