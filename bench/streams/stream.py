"""What every kind of stream is cut into, and what a kind has to tell."""

import socket
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from bench.server import Server


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


class Entered(NamedTuple):
    """What a reader has once it is subscribed: bytes received already, and bytes that are in its stream alone."""

    rest: bytes
    mark: bytes = b""


class Kind(Protocol):
    """A way to be told of events; each is a module of functions."""

    def handshake(self, path: str, headers: str = "") -> bytes:
        """The request that opens the stream."""

    def accepted(self, status: int, head: bytes) -> bool:
        """Whether the server agreed to it."""

    def enter(self, connection: socket.socket, rest: bytes, server: "Server", board: str) -> Entered:
        """Whatever has to be said after that until the reader is subscribed; `rest` came behind the head."""

    def parse(self, data: bytes) -> Piece:
        """Cut what was received; raises StreamEnded, or ValueError when it cannot be understood."""


def nothing_more(_connection: socket.socket, rest: bytes, _server: "Server", _board: str) -> Entered:
    """Enter where the handshake says it all."""
    return Entered(rest)
