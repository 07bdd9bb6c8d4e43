"""Secrets that let somebody in: handed out once, kept as hashes only."""

import hashlib
import secrets
from collections.abc import Callable

from quart_notes.domain.idempotency import Request

BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits, as it stands in a cookie, a link or a header."""
    return secrets.token_urlsafe(BYTES)


def secret_for(request: Request | None, derive: Callable[[str], str]) -> str:
    """A secret for what is made; the same again for the same request, since its answer may have been lost."""
    return new_secret() if request is None else derive(request.name)


def hash_of(secret: str) -> str:
    """What is kept of it, 64 characters. A fast hash will do: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
