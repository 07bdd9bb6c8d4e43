"""Copies a database to another kind of database, and restores copies."""
