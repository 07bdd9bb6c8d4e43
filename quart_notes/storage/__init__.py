"""The database, SQLite or PostgreSQL, and the files beside it.

May import schemas, settings and errors.
"""
