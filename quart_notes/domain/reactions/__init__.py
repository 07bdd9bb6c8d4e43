"""Reactions: emojis that users put on messages."""
