"""Requests as bytes, for what no client library would send."""

import socket
from dataclasses import dataclass, field

ENOUGH = 1 << 20  # bytes of an answer that are read at most


@dataclass(frozen=True)
class Answer:
    """What came back: the status (0: nothing), headers by lower-case name, the body, and every byte of it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> "Answer":
        """The first answer in `raw`; its body is all that follows the head."""
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        if not first.startswith("HTTP/1.1 "):
            return cls(0, raw=raw)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(int(first.split(" ")[1]), headers, body, raw)


def request(
    target: str, *headers: str, method: str = "GET", host: str | None = "localhost", body: bytes = b""
) -> bytes:
    """A request whose connection ends with its answer, its target and headers exactly as they are given."""
    lines = [f"{method} {target} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers]
    if body and not any(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    if not any(line.lower().startswith("connection:") for line in headers):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def websocket_request(target: str, *headers: str, host: str = "localhost") -> bytes:
    """The handshake of a websocket."""
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    return request(target, *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers, host=host)


def exchange(port: int, data: bytes, *, timeout: float = 20.0) -> Answer:
    """Send bytes and return what comes back until the server closes; a time-out is a failure."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        try:
            connection.sendall(data)
            while len(received) < ENOUGH and (more := connection.recv(1 << 16)):
                received += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed with bytes of ours unread: what it said before counts
    return Answer.parse(received)


def handshake(port: int, data: bytes, *, timeout: float = 20.0) -> Answer:
    """Send the handshake of a websocket and return the head of what comes back."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(data)
        while b"\r\n\r\n" not in received and (more := connection.recv(1 << 16)):
            received += more
    return Answer.parse(received)
