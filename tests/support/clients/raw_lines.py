"""Many requests as raw bytes over few connections, for tests with thousands of them."""

import socket
from collections.abc import Sequence
from typing import NamedTuple, Self

AT_ONCE = 16  # requests that are sent before their responses are read
VARYING = frozenset({"date", "x-request-id"})  # headers that differ between responses


class Told(NamedTuple):
    """A response without the parts that differ each time; status 0: there was none."""

    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """A connection that reconnects when the server has ended it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None
        self._received = b""

    def ask(self, *requests: bytes) -> list[Told]:
        """The response to each of them, in order."""
        told: list[Told] = []
        while len(told) < len(requests):
            told += self._ask_some(requests[len(told) : len(told) + AT_ONCE])
        return told

    def ask_once(self, request: bytes) -> Told:
        """The response to a request that is the last one on its connection."""
        (told,) = self.ask(request)
        self.close()
        return told

    def _ask_some(self, requests: Sequence[bytes]) -> list[Told]:
        """The responses to the first of them, until the server ends the connection; at least one."""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), 20)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told: list[Told] = []
        try:
            self._connection.sendall(b"".join(requests))
            while len(told) < len(requests):
                told.append(self._next())
                if _is_last(told[-1]):
                    self.close()
                    break
        except (ConnectionError, EOFError):
            self.close()
        return told or [Told(0, {}, b"")]

    def _next(self) -> Told:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._receive()
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        length = 0 if status in {204, 304} else int(headers.get("content-length", 0))
        while len(self._received) < end + 4 + length:
            self._receive()
        body, self._received = self._received[end + 4 : end + 4 + length], self._received[end + 4 + length :]
        return Told(status, {name: value for name, value in headers.items() if name not in VARYING}, body)

    def _receive(self) -> None:
        assert self._connection is not None
        more = self._connection.recv(1 << 16)
        if not more:
            raise EOFError
        self._received += more

    def close(self) -> None:
        """Close it."""
        self._received = b""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_last(told: Told) -> bool:
    """Whether a response is the last one on its connection; a stream is endless."""
    return told.headers.get("connection") == "close" or told.headers.get("content-type", "").startswith(
        "text/event-stream"
    )
