"""Responses and events of the benchmark's systems, and a fake server."""

import json
from typing import Any, cast

from bench import http1
from bench.server import Server
from bench.systems import BY_KEY, System, base


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A server's websocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def chunk(text: bytes) -> bytes:
    """A chunk of a response."""
    return b"%x\r\n%b\r\n" % (len(text), text)


def told(system: System, action: str, **changes: str) -> bytes:
    """An event about note 42 in a system's format."""
    sent = base.System.note(system, 42)
    note = {"id": 7, "created_at": "x", "updated_at": "x", **sent, **changes}
    noun = "record" if system.key == "pocketbase" else "note"
    event = {"id": "e-1", "action": action, noun: note}
    return json.dumps(["note", event] if system.key == "socketio" else event).encode()


class Peer:
    """A fake of a started server: records requests, and returns given responses."""

    def __init__(self, key: str, status: int = 204) -> None:
        self.system = BY_KEY[key]
        self.headers = ""
        self.asked: list[Any] = []
        self.status = status

    def post(self, path: str, value: object) -> bytes:
        """Record the request."""
        self.asked.append((path, value))
        return b""

    def ask(self, request: bytes) -> http1.Response:
        """Return a response with the status."""
        return http1.Response(self.status, b"", b"", b"")

    def server(self) -> Server:
        """The fake, typed as a server."""
        return cast(Server, self)
