"""Tests of quart_notes/blueprints/api."""
