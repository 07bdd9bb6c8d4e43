"""Tests of quart_notes/blueprints/pages."""
