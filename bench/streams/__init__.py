"""Streams of events as their readers see them, one module for each protocol."""
