"""Texts of notes: Markdown and its tasks, and the form in which texts are compared and searched."""
