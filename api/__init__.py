"""The HTTP service over the hub."""
