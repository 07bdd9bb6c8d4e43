"""Secrets that let somebody in: handed out once, kept as hashes only."""

import hashlib
import secrets

BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits, as it stands in a cookie, a link or a header."""
    return secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> str:
    """What is kept of it, 64 characters. A fast hash will do: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
