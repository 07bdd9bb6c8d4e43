"""Tests of quart_notes/web."""
