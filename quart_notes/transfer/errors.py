"""What can be wrong with a file."""


class UnreadableError(Exception):
    """There is nothing to be had from it, or nothing more; the message says why."""


class BadFileError(Exception):
    """One file of many cannot be read; the message says why."""
