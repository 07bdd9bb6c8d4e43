"""A SQLite file as the database. May import storage and what stands below it."""
