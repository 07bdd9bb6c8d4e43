"""Tests of the history, the activity and the trash over HTTP, and of their pages."""
