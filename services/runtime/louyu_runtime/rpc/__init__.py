"""gRPC as every service speaks it: the server with its interceptors, and the client."""
