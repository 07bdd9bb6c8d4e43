"""Tests of the history of notes, the activity of boards, and the trash."""
