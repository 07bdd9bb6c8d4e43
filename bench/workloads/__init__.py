"""Workloads: requests, readers, and both at once."""
