"""Requests as raw bytes, which no client library would send."""

import socket
from dataclasses import dataclass, field

ENOUGH = 1 << 20  # maximum bytes of a response that are read


@dataclass(frozen=True)
class Answer:
    """A response: the status (0: none), headers by lower-case name, the body, and all bytes."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> "Answer":
        """The first response in `raw`; its body is everything after the head."""
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        if not first.startswith("HTTP/1.1 "):
            return cls(0, raw=raw)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(int(first.split(" ")[1]), headers, body, raw)


def request(
    target: str, *headers: str, method: str = "GET", host: str | None = "localhost", body: bytes = b""
) -> bytes:
    """A request with `Connection: close`, with target and headers exactly as given."""
    lines = [f"{method} {target} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers]
    if body and not any(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    if not any(line.lower().startswith("connection:") for line in headers):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def websocket_request(target: str, *headers: str, host: str = "localhost") -> bytes:
    """A websocket handshake."""
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    return request(target, *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers, host=host)


def exchange(port: int, data: bytes, *, timeout: float = 20.0) -> Answer:
    """Send bytes and return everything until the server closes; a timeout is a failure."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        try:
            connection.sendall(data)
            while len(received) < ENOUGH and (more := connection.recv(1 << 16)):
                received += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed with unread bytes of ours: earlier bytes count
    return Answer.parse(received)


def handshake(port: int, data: bytes, *, timeout: float = 20.0) -> Answer:
    """Send a websocket handshake and return the head of its response."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(data)
        while b"\r\n\r\n" not in received and (more := connection.recv(1 << 16)):
            received += more
    return Answer.parse(received)
