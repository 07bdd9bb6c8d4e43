"""Errors of files that are imported."""


class UnreadableError(Exception):
    """The import cannot be read, or not to its end; the message says why."""


class BadFileError(Exception):
    """One file of many cannot be read; the message says why."""
