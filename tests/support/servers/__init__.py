"""Servers and processes that tests start, and the data that they are given."""
