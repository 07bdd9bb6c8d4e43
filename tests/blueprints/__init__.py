"""Tests of quart_notes/blueprints."""
