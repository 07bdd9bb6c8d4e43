"""A PostgreSQL server as the database. Only this package imports its driver."""
