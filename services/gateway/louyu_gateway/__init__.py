"""The gateway: louyu's HTTP edge. Pages, JSON, live updates and the WeChat door over the gRPC services; it holds no state."""
