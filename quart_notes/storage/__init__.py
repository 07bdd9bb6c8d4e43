"""The database, whichever it is, and the files beside it.

May import schemas, settings and errors.
"""
