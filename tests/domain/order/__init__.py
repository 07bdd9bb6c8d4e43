"""Tests of the order of notes on a board."""
