"""Where entries come from: the name by which one is known when it comes again."""

from collections import Counter
from hashlib import sha256

from quart_notes.schemas import ImportedNote

DIGITS = 40  # of the digest, in hexadecimal


class OriginNamer:
    """Names the entries of one import.

    An entry that brings its own name keeps it. Another is named by what it says, and by how many like it came before:
    the same file gives the same names, and two notes that say the same are two notes. What is kept of each is a number
    of eight bytes, since a file may have very many.
    """

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()

    def of(self, entry: ImportedNote) -> str | None:
        """The entry's name; None when it brings one that has come before."""
        digest = digest_of(entry) if entry.origin is None else sha256(entry.origin.encode()).hexdigest()
        key = int(digest[:16], 16)
        self._seen[key] += 1
        if entry.origin is None:
            return f"sha256:{digest}#{self._seen[key]}"
        return entry.origin if self._seen[key] == 1 else None


def digest_of(entry: ImportedNote) -> str:
    """What an entry says, in short."""
    created = "" if entry.created_at is None else entry.created_at.isoformat()
    parts = (entry.title or "", entry.description or "", str(entry.done), created)
    return sha256("\0".join(parts).encode()).hexdigest()[:DIGITS]
