"""Tests of replies and reactions."""
