"""Tests of quart_notes/background."""
