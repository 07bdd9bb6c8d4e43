"""A name for each request: its answer carries it, and what the log says while it is answered."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from itertools import count

HEADER = b"x-request-id"
NAME = "quart_notes.web.request_ids"  # of a request's scope, from when it is certain that its answer is not a kept one
TAILS = tuple(b"%02x" % number for number in range(256))  # to put two texts together takes half as long as a format
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
CURRENT: ContextVar[str] = ContextVar("request_id", default="")  # of the request that is being answered; empty: none


class RequestIds:
    """Names requests: a number behind a word of its own, which costs a request next to nothing.

    No two are alike within a process; for those of two processes the word is 4 random bytes.

    new   gives a name that nobody else has
    """

    def __init__(self) -> None:
        self.new = _names(secrets.token_hex(4).encode()).__next__

    def given(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The name that a trusted proxy has given it; a new one when there is none, or none that is well formed."""
        named = [value for name, value in headers if name == HEADER]
        if len(named) == 1 and WELL_FORMED.fullmatch(named[0]):
            return named[0]
        return self.new()


def _names(word: bytes) -> Iterator[bytes]:
    for hundreds in count(1):
        begin = b"%b-%x" % (word, hundreds)
        for tail in TAILS:
            yield begin + tail


def single() -> bytes:
    """A name for a request that never reaches the application."""
    return secrets.token_hex(8).encode()
