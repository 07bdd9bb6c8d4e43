"""Reconnecting: many readers at once, each having missed the same events."""

import select
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.figures import BUSY, Measurement
from bench.readers import RECEIVE, opened
from bench.server import Server
from bench.streams.stream import Kind, StreamEnded
from bench.systems import TITLE, System

PATIENCE = 20.0  # seconds until every reader must have every event
WAIT = 0.05  # maximum seconds of one poll


@dataclass(frozen=True)
class Resume:
    """`readers` reconnect `missed` events behind; timed from the first connection until every reader has every event.

    The bytes are parsed after the clock has stopped: each reader must have every event, once, in order.
    """

    transport: str
    readers: int
    missed: int

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        system = server.system
        path = system.create_path()
        before = server.ask(server.post(path, system.note(self.missed)))
        system.acknowledged(before, self.missed)
        server.fill(self.missed)
        served, began, used = server.cpu_seconds(), time.monotonic(), time.process_time()
        crowd = Crowd(f"{TITLE}{self.missed - 1:07}".encode())
        try:
            for _ in range(self.readers):
                crowd.add(*opened(server, self.transport, after=system.event_id(before)))
                crowd.receive(0)
            while crowd.waiting and time.monotonic() < began + PATIENCE:
                crowd.receive(WAIT)
            took, busy = time.monotonic() - began, time.process_time() - used
            served = server.cpu_seconds() - served
            crowd.receive(WAIT)  # the last event of the last reader may have arrived in two pieces
        finally:
            crowd.close()
        wrong = self._wrong(system, crowd.parts.values())
        events = self.readers * self.missed
        values = {"seconds": took, "rate": events / took, "server_us": served / events * 1e6}
        remarks = [f"{wrong} of {self.readers} readers did not get each event once, in order"] if wrong else []
        if busy / took > BUSY:
            remarks.append(f"the load generator was {busy / took:.0%} busy")
        return Measurement({**values, "lost": wrong / self.readers}, remarks, busy / took)

    def _wrong(self, system: System, received: Iterable[list[bytes]]) -> int:
        """How many readers did not get what they had missed."""
        known: dict[bytes, int | None] = {}
        kind = system.kinds[self.transport]
        wanted = list(range(self.missed))
        return sum(numbers(system, kind, parts, known) != wanted for parts in received)


@dataclass
class Crowd:
    """Connections whose bytes are only stored.

    end      bytes that only the last expected event contains
    waiting  descriptors of those that have not received it
    """

    end: bytes
    parts: dict[int, list[bytes]] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}

    def add(self, connection: socket.socket, rest: bytes) -> None:
        """Store the bytes of one more connection; `rest` has arrived already."""
        connection.setblocking(False)
        descriptor = connection.fileno()
        self._sockets[descriptor] = connection
        self._poll.register(descriptor, select.EPOLLIN)
        self.waiting.add(descriptor)
        self.parts[descriptor] = []
        self._keep(descriptor, rest)

    def receive(self, wait: float) -> None:
        """Receive for up to these seconds."""
        for descriptor, _ in self._poll.poll(wait):
            try:
                data = self._sockets[descriptor].recv(RECEIVE)
            except OSError:
                data = b""
            if not data:
                self._poll.unregister(descriptor)
                self.waiting.discard(descriptor)
            self._keep(descriptor, data)

    def _keep(self, descriptor: int, data: bytes) -> None:
        parts = self.parts[descriptor]
        near = (parts[-1][-len(self.end) :] if parts else b"") + data
        parts.append(data)
        if self.end in near:
            self.waiting.discard(descriptor)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._sockets.values():
            connection.close()
        self._poll.close()


def numbers(system: System, kind: Kind, parts: Iterable[bytes], known: dict[bytes, int | None]) -> list[int]:
    """The numbers of all complete events in the bytes of one reader; a stream that ends ends them.

    known   a cache of the number in each event, which other readers get too
    """
    found: list[int] = []
    try:
        payloads = kind.parse(b"".join(parts)).payloads
    except (StreamEnded, ValueError):
        return found
    for payload in payloads:
        if payload not in known:
            known[payload] = system.event(payload)
        if (number := known[payload]) is not None:
            found.append(number)
    return found
