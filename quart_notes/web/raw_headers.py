"""Parses a request's headers from their bytes: the same for every way to a response."""

from collections.abc import Mapping, Sequence
from typing import Any

Header = tuple[bytes, bytes]  # the name in lower case, the value trimmed
Fields = Mapping[bytes, bytes]  # the value of each header by its name
SCOPE_FIELDS = "quart_notes.fields"  # of a request's scope, after its admission
SINGLE_HEADERS = frozenset(  # what decides who asks and what for, and comes once
    {b"authorization", b"host", b"last-event-id", b"origin", b"sec-fetch-site"}
)


def fields_of(headers: Sequence[Header]) -> dict[bytes, bytes]:
    """The headers by name; the values of a repeated header are joined.

    source   RFC 9110, 5.3; for Cookie RFC 9113, 8.2.3
    """
    fields = dict(headers)
    if len(fields) == len(headers):
        return fields
    fields.clear()
    for name, value in headers:
        if name not in fields:
            fields[name] = value
        elif name not in SINGLE_HEADERS:
            fields[name] += (b"; " if name == b"cookie" else b", ") + value
    return fields


def fields_in(scope: Any) -> Fields:
    """The headers of an admitted request or websocket."""
    fields: Fields = scope[SCOPE_FIELDS]
    return fields


def field_text(fields: Fields, name: bytes) -> str:
    """The value of a header, byte by byte; "" without it."""
    return fields.get(name, b"").decode("latin-1")


def contradicting_header(headers: Sequence[Header]) -> bytes | None:
    """A header with two different values where only one is allowed; None when there is none.

    Two readers would each take another value, and the request would belong to two users or be meant for two servers.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in SINGLE_HEADERS and found.setdefault(name, value) != value:
            return name
    return None
