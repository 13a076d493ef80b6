"""gRPC as every service speaks it: the guard around every call that is served, and the client."""
