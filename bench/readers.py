"""Many readers in one process: raw sockets, one epoll, every delivery recorded with its time."""

import select
import socket
import time
from array import array
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from bench import http1
from bench.server import Server
from bench.streams.stream import StreamEnded

RECEIVE = 65536  # maximum bytes of one receive
MEMORY = 50_000  # distinct receives that are cached; there are few, since readers get the same bytes
TEND = 100  # readers that connect between two polls of the others
WAIT = 0.05  # maximum seconds of one poll


class Readers:
    """Readers of a server's feed.

    1. Each receive is recorded once: (nanoseconds of the monotonic clock, descriptor, event numbers).
    2. Every event is parsed and checked whole, but equal bytes only once: all readers of a system that writes the same
       bytes to each cost as little as one.
    3. Nothing is dropped silently: a stream that ends or cannot be parsed is in `failures`.

    boards   reader i subscribes to board i, modulo their number; "" is the default board
    action   the action of the events that count
    """

    def __init__(self, server: Server, transport: str, boards: Sequence[str] = ("",), action: str = "create") -> None:
        self.server = server
        self.transport = transport
        self.boards = boards
        self.action = action
        self.kind = server.system.kinds[transport]
        self.places: dict[int, int] = {}  # the board of each descriptor
        self.sockets: dict[int, socket.socket] = {}
        self.rests: dict[int, bytes] = {}
        self.notes: list[tuple[int, int, tuple[int, ...]]] = []
        self.failures: list[str] = []
        self.delivered = 0
        self.poll = select.epoll()
        self._known: dict[bytes, tuple[int, ...]] = {}  # numbers of the complete, plain events
        self._events: dict[bytes, int | None] = {}  # the number in an event
        self._marks: dict[int, bytes] = {}  # bytes that only one reader's stream contains
        self._receive: dict[int, Callable[[int], bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self.sockets.values():
            connection.close()
        self.poll.close()

    def connect(self, count: int) -> None:
        """Add `count` readers, each subscribed when this returns."""
        for _ in range(count):
            place = len(self.places) % len(self.boards)
            board = self.boards[place]
            connection, head_rest = opened(self.server, self.transport, board)
            rest, mark = self.kind.enter(connection, head_rest, self.server, board)
            connection.setblocking(False)
            descriptor = connection.fileno()
            self.sockets[descriptor] = connection
            self.places[descriptor] = place
            self._receive[descriptor] = connection.recv
            if mark:
                self._marks[descriptor] = mark
            if rest:
                self.rests[descriptor] = rest
            self.poll.register(descriptor, select.EPOLLIN)
            if len(self.places) % TEND == 0:
                self.tend(0)

    def tend(self, wait: float) -> None:
        """Receive for up to these seconds: pings need replies also while other readers still connect."""
        for descriptor, _ in self.poll.poll(wait):
            self.receive_from(descriptor)

    def receive(self, expected: int, until: float) -> None:
        """Receive until `expected` deliveries have arrived or the monotonic clock shows `until`."""
        poll, receive_from = self.poll.poll, self.receive_from
        while self.delivered < expected and time.monotonic() < until:
            for descriptor, _ in poll(WAIT):
                receive_from(descriptor)

    def receive_from(self, descriptor: int) -> None:
        """Receive once from one reader whose socket is readable."""
        try:
            data = self._receive[descriptor](RECEIVE)
        except OSError as error:
            self._lose(descriptor, str(error))
            return
        at = time.monotonic_ns()
        if not data:
            self._lose(descriptor, "the server ended the stream")
            return
        rests = self.rests
        if descriptor in rests:
            data = rests.pop(descriptor) + data
        numbers = self._known.get(self._key(descriptor, data) if self._marks else data)
        if numbers is None:
            numbers = self._understand(descriptor, data)
        self.notes.append((at, descriptor, numbers))
        self.delivered += len(numbers)

    def _understand(self, descriptor: int, data: bytes) -> tuple[int, ...]:
        """Event numbers in bytes that are not cached."""
        try:
            payloads, rest, reply = self.kind.parse(data)
            numbers = tuple(n for payload in payloads if (n := self._number(payload)) is not None)
        except (StreamEnded, ValueError, KeyError) as error:
            self._lose(descriptor, f"{type(error).__name__}: {error}")
            return ()
        if rest:
            self.rests[descriptor] = rest
        if reply:
            self.sockets[descriptor].send(reply)
        if not rest and not reply and len(self._known) < MEMORY:
            self._known[self._key(descriptor, data) if self._marks else data] = numbers
        return numbers

    def _key(self, descriptor: int, data: bytes) -> bytes:
        """Received bytes without what is specific to one reader."""
        return data.replace(self._marks[descriptor], b"")

    def _number(self, payload: bytes) -> int | None:
        """The note number of an event, if the event counts."""
        if payload in self._events:
            return self._events[payload]
        number = self.server.system.event(payload, self.action)
        if len(self._events) < MEMORY:
            self._events[payload] = number
        return number

    def _lose(self, descriptor: int, why: str) -> None:
        self.failures.append(why)
        self.poll.unregister(descriptor)
        self.sockets.pop(descriptor).close()

    def tally(self, numbers: int) -> "Tally":
        """Count the deliveries of events 0 … `numbers`-1."""
        return Tally(self, numbers)


def opened(
    server: Server, transport: str, board: str = "", after: str = "", receive_buffer: int = 0
) -> tuple[socket.socket, bytes]:
    """A connection on which the server has accepted the stream, and the bytes behind the response's head."""
    kind = server.system.kinds[transport]
    connection = server.connect(receive_buffer)
    connection.sendall(kind.handshake(server.system.stream_path(transport, board, after), server.headers))
    data = b""
    while (top := http1.head_of(data)) is None:
        received = connection.recv(RECEIVE)
        if not received:
            raise ConnectionError(f"a {transport} reader was cut off: {data!r}")
        data += received
    status, head, rest = top
    if not kind.accepted(status, head):
        raise ConnectionError(f"a {transport} reader was refused: {head!r}")
    return connection, rest


class Tally:
    """The deliveries, by event.

    times    nanosecond of each delivery of an event
    doubled  repeated deliveries of an event to a reader
    strange  deliveries of unknown events, or of another board: note n is on board n, modulo their number
    swapped  deliveries out of the order in which the first reader received them
    """

    def __init__(self, readers: Readers, numbers: int) -> None:
        self.times = [array("q") for _ in range(numbers)]
        self.doubled = self.strange = self.swapped = 0
        seen: dict[int, bytearray] = {}
        place: dict[int, int] = {}  # of an event, in the order of the reader that received it first
        last: dict[int, int] = {}
        boards = len(readers.boards)
        for at, descriptor, several in readers.notes:
            had = seen.setdefault(descriptor, bytearray(numbers))
            board = readers.places[descriptor]
            for number in several:
                if number >= numbers or number % boards != board:
                    self.strange += 1
                    continue
                self.doubled += had[number]
                if not had[number]:
                    had[number] = 1
                    self.times[number].append(at)
                where = place.setdefault(number, len(place))
                self.swapped += where < last.get(descriptor, -1)
                last[descriptor] = where

    def faults(self) -> list[str]:
        """The faults, in words."""
        counts = {"doubled": self.doubled, "unknown": self.strange, "out of order": self.swapped}
        return [f"{number} {what}" for what, number in counts.items() if number]
