"""Tests of quart_notes/server."""
