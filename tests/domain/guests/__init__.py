"""Guests, who see only what they are a member of (A10)."""
