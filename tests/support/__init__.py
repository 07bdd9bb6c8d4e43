"""Shared fixtures, fakes, and helpers."""
