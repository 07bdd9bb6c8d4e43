"""The result of parsing a stream, and the interface of a stream's protocol."""

import socket
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from bench.server import Server


class Piece(NamedTuple):
    """The content of received bytes.

    payloads  complete events, in order
    rest      bytes of an incomplete event: put them before the next bytes
    reply     bytes that the peer expects back (a pong)
    """

    payloads: tuple[bytes, ...]
    rest: bytes
    reply: bytes


class StreamEnded(Exception):
    """The server ended the stream."""


class Entered(NamedTuple):
    """A subscribed reader: the bytes received already, and bytes that only its stream contains."""

    rest: bytes
    mark: bytes = b""


class Kind(Protocol):
    """The protocol of a stream; each is a module of functions."""

    def handshake(self, path: str, headers: str = "") -> bytes:
        """The request that opens the stream."""

    def accepted(self, status: int, head: bytes) -> bool:
        """Whether the server accepted it."""

    def enter(self, connection: socket.socket, rest: bytes, server: "Server", board: str) -> Entered:
        """Send what the protocol needs before the reader is subscribed; `rest` came behind the head."""

    def parse(self, data: bytes) -> Piece:
        """Parse received bytes; raises StreamEnded, or ValueError if they are invalid."""


def nothing_more(_connection: socket.socket, rest: bytes, _server: "Server", _board: str) -> Entered:
    """Enter a protocol whose handshake subscribes."""
    return Entered(rest)
