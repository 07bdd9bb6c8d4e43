"""Search in the notes and messages that a user sees."""
