"""Several processes that serve one database: who leads, who is where, what was committed elsewhere.

May import live, storage and schemas; knows nothing of the domain.
"""
