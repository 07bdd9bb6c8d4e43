"""Tests of the upkeep of rooms, of closed rooms and of their members."""
