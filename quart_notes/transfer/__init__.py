"""Files of notes: read as entries and written from notes, a piece at a time. Knows nothing of rows or of HTTP."""
