"""PocketBase's realtime stream: events, after a POST with the connection's id and its subscriptions.

source   https://pocketbase.io/docs/api-realtime/
"""

import json
import socket
from typing import TYPE_CHECKING

from bench.streams import sse
from bench.streams.stream import Entered

if TYPE_CHECKING:
    from bench.server import Server

RECEIVE = 65536  # maximum bytes of one receive
SUBSCRIBED = 204

handshake = sse.handshake
accepted = sse.accepted
parse = sse.parse


def enter(connection: socket.socket, rest: bytes, server: "Server", board: str) -> Entered:
    """Read the connection's id, then subscribe it; the id is in each of its events, and in no other reader's."""
    while not (piece := sse.parse(rest)).payloads:
        received = connection.recv(RECEIVE)
        if not received:
            raise ConnectionError("a realtime reader was cut off")
        rest += received
    name = client(piece.payloads[0])
    wanted = {"clientId": name, "subscriptions": [server.system.topic(board)]}
    answer = server.ask(server.post("/api/realtime", wanted))
    if answer.status != SUBSCRIBED:
        raise ConnectionError(f"a realtime reader was refused: {answer.status} {answer.body[:200]!r}")
    return Entered(piece.rest, name.encode())


def client(payload: bytes) -> str:
    """The connection's id in the first event; ValueError if it is another event."""
    value = json.loads(payload)
    if not isinstance(value, dict) or not isinstance(value.get("clientId"), str):
        raise ValueError(f"not the event that names the connection: {payload[:60]!r}")
    name: str = value["clientId"]
    return name
