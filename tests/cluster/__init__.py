"""Tests of quart_notes/cluster."""
