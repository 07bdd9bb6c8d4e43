"""Tests of quart_notes/cli."""
