"""Request ids: in each response, and in the log's lines about the request."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from itertools import count

HEADER = b"x-request-id"
SCOPE_NAME = (
    "quart_notes.web.request_ids"  # of a request's scope, as soon as its response is known not to be a cached one
)
TAILS = tuple(b"%02x" % number for number in range(256))  # joining two texts takes half as long as formatting
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
CURRENT: ContextVar[str] = ContextVar("request_id", default="")  # of the request in progress; empty: none


class RequestIds:
    """Makes request ids: a random word and a number, at almost no cost.

    They are unique within a process; for two processes the word is 4 random bytes.

    new   returns a unique id
    """

    def __init__(self) -> None:
        self.new = _names(secrets.token_hex(4).encode()).__next__

    def given(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The id from a trusted proxy; a new one when there is none, or it is malformed."""
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
    """An id for a request that never reaches the application."""
    return secrets.token_hex(8).encode()
