"""Tests of quart_notes/domain."""
