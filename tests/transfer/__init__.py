"""Tests of quart_notes/transfer."""
