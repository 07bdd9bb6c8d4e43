"""Tests of changes of several notes at once."""
