"""Socket.IO from its reader's side: protocol 5 in Engine.IO 4, on a websocket from the start.

source   https://socket.io/docs/v4/engine-io-protocol/ and …/socket-io-protocol/
"""

import socket
from typing import TYPE_CHECKING

from bench.streams import websocket
from bench.streams.stream import Entered, Piece, StreamEnded

if TYPE_CHECKING:
    from bench.server import Server

OPEN, CLOSE, PING, PONG = b"0", b"1", b"2", b"3"  # Engine.IO packet types; 4 is a message, followed by Socket.IO's type
CONNECT, DISCONNECT, EVENT, REFUSED = b"40", b"41", b"42", b"44"
RECEIVE = 65536  # maximum bytes of one receive

handshake = websocket.handshake
accepted = websocket.accepted


def enter(connection: socket.socket, rest: bytes, _server: "Server", _board: str) -> Entered:
    """Wait for the session, connect to the main namespace, and wait for the confirmation."""
    rest = _after(connection, rest, OPEN)
    connection.sendall(websocket.frame(CONNECT))
    return Entered(_after(connection, rest, CONNECT))


def _after(connection: socket.socket, data: bytes, wanted: bytes) -> bytes:
    """The bytes behind the one expected packet."""
    while (first := websocket.first(data)) is None:
        received = connection.recv(RECEIVE)
        if not received:
            raise ConnectionError("a Socket.IO reader was cut off")
        data += received
    packet, rest = first
    if not packet.startswith(wanted):
        raise ConnectionError(f"not the packet {wanted!r}: {packet!r}")
    return rest


def parse(data: bytes) -> Piece:
    """The events in `data`, each a JSON array; StreamEnded when the server disconnects, ValueError otherwise."""
    packets, rest, reply = websocket.parse(data)
    payloads = []
    for packet in packets:
        if packet.startswith(EVENT):
            payloads.append(packet[len(EVENT) :])
        elif packet == PING:
            reply += websocket.frame(PONG)
        elif packet == CLOSE or packet.startswith((DISCONNECT, REFUSED)):
            raise StreamEnded(f"packet {packet[:60]!r}")
        else:
            raise ValueError(f"a packet that should not come: {packet[:60]!r}")
    return Piece(tuple(payloads), rest, reply)
