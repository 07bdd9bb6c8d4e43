"""Secrets of sessions, tokens and links: shown once, stored as hashes only."""

import hashlib
import secrets
from collections.abc import Callable

from quart_notes.domain.idempotency import IdempotentRequest

BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits, in the form of cookies, links and headers."""
    return secrets.token_urlsafe(BYTES)


def secret_for(request: IdempotentRequest | None, derive: Callable[[str], str]) -> str:
    """A secret for a new object; the same one for the same request, because its response may have been lost."""
    return new_secret() if request is None else derive(request.name)


def hash_of(secret: str) -> str:
    """The stored hash, 64 characters. A fast hash is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
