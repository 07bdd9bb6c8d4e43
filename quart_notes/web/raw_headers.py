"""What a request's headers say, read from the bytes as they came: the same on every road to an answer."""

from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]
SINGLE = frozenset(  # what decides who asks and what for, and comes once
    {b"authorization", b"host", b"last-event-id", b"origin", b"sec-fetch-site"}
)


def joined(headers: Headers, name: bytes, separator: bytes = b", ") -> str:
    """The value of a header, byte by byte, the parts of one that came in several put together; "" without it.

    source   RFC 9110, 5.3; for Cookie RFC 9113, 8.2.3
    """
    return separator.join([value for given, value in headers if given == name]).decode("latin-1")


def contradicted(headers: Headers) -> bytes | None:
    """A header that came with two values where one decides; None when there is none.

    Two readers would take one each, and a request be two people's or meant for two servers.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in SINGLE and found.setdefault(name, value) != value:
            return name
    return None
