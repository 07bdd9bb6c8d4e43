"""Tests of quart_notes/schemas."""
