"""What both kinds of stream, websocket and event stream, are cut into."""

from typing import NamedTuple


class Piece(NamedTuple):
    """What some received bytes held.

    payloads  the whole events, in order
    rest      the bytes of the one not yet whole: put them before what comes next
    reply     bytes the peer expects back (the answer to a ping)
    """

    payloads: tuple[bytes, ...]
    rest: bytes
    reply: bytes


class StreamEnded(Exception):
    """The server ended the stream."""
