"""The server process: sockets, signals, logs and metrics.

May import app and everything below it.
"""
