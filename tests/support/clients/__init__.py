"""Clients of a server: HTTP, feeds, the assistant, the command line."""
