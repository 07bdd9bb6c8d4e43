"""Servers and processes that tests start, and their data."""
