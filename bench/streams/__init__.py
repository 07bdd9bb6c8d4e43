"""Parsers of event streams, one module for each protocol."""
