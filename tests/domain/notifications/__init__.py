"""Mentions and notifications."""
