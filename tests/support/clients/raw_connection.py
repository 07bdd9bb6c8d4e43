"""TCP connections that can be reset at any byte, and that read only on demand."""

import asyncio
import socket
import struct
import time
import weakref
from collections.abc import Callable
from typing import NamedTuple

PATIENCE = 20.0  # timeout in seconds, on a busy machine


async def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return once `condition` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.01)


LEFT_OPEN: "weakref.WeakSet[RawConnection]" = weakref.WeakSet()  # of a failed test; conftest closes them


class RawConnection:
    """A TCP connection that reads only on demand.

    receive_buffer   bytes of the kernel's buffer; small ones make a slow reader
    """

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setblocking(False)
        self.port = port
        self.pending = b""
        self._sending = asyncio.Lock()  # the event loop loses one of two tasks that wait to send on the same socket
        LEFT_OPEN.add(self)

    async def connect(self) -> "RawConnection":
        """Connect to the server on loopback."""
        await asyncio.get_running_loop().sock_connect(self.socket, ("127.0.0.1", self.port))
        return self

    async def send(self, data: bytes) -> None:
        """Send all of `data`."""
        async with asyncio.timeout(PATIENCE), self._sending:
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def receive(self, size: int = 1 << 16) -> bytes:
        """Up to `size` bytes; b"" at the end, however the connection ended."""
        if self.pending:
            data, self.pending = self.pending[:size], self.pending[size:]
            return data
        try:
            return await asyncio.get_running_loop().sock_recv(self.socket, size)
        except ConnectionError:
            return b""

    async def head(self) -> "Head":
        """The head of a response; the rest is not read."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            while b"\r\n\r\n" not in data:
                more = await self.receive()
                assert more, f"the connection ended in the head of the response: {data!r}"
                data += more
        head, _, self.pending = data.partition(b"\r\n\r\n")
        return Head.parse(head)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            while more := await self.receive():
                data += more
        return data

    def cut(self) -> None:
        """Reset the connection."""
        if self.socket.fileno() != -1:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close this end."""
        self.socket.close()


class Head(NamedTuple):
    """The status and headers (lower-case names) of a response."""

    status: int
    version: str
    headers: dict[str, str]

    @classmethod
    def parse(cls, data: bytes) -> "Head":
        """Parse the bytes before the blank line."""
        first, *lines = data.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        return cls(int(status), version, {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)})


async def exchange(port: int, request: bytes) -> tuple[Head, bytes]:
    """Send raw bytes on a new connection; returns the response's head, and everything after it."""
    connection = await RawConnection(port).connect()
    try:
        await connection.send(request)
        return await connection.head(), await connection.rest()
    finally:
        connection.close()
