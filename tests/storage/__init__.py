"""Tests of quart_notes/storage."""
