"""Tests of quart_notes/dev."""
