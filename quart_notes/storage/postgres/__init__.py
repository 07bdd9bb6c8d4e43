"""A PostgreSQL server as the database: the only place that knows its driver."""
