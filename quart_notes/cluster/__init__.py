"""Several processes that serve one database: leader election, presence and commits of other processes.

May import live, storage and schemas; knows nothing of the domain.
"""
