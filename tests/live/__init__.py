"""Tests of quart_notes/live."""
