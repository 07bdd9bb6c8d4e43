"""The channel between the workers of one supervisor: the newest number in shared memory, and the events of commits."""

import asyncio
import mmap
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence

from quart_notes.live.channel import FeedMessage
from quart_notes.live.follower import CommitChannel

NUMBER_SIZE = 8  # bytes: a commit's number, one for each worker, so that none overwrites another's
WAKE = b"w"  # something was committed: read the log
EVENTS = b"e"  # prefix of events that were committed
DATAGRAM = b"p"  # prefix of a datagram
EVENT_HEADER = struct.Struct("<QBBI")  # of an event: its number, and the lengths of its topic, its id and its data
DATAGRAM_LIMIT = 32 << 10  # bytes of a datagram
MAX_WAITING = 1024  # datagrams that wait for one worker; further ones are dropped, and their sender repeats them later
RECEIVE_BATCH = 64  # datagrams received at once


class WorkerChannel(CommitChannel):
    """The other workers.

    1. What `announce` tells is visible to `may_have_newer_than` and `newest` of every other worker before it returns.
    2. Datagrams may be late or lost: a busy worker gets them later, a suspended one loses the oldest. A process that
       needs more reads the log.

    slot     index of this worker; numbers: the shared memory, with a number for each slot
    inbox    the socket that the others send to; outboxes: the sockets of the others
    """

    alone = False

    def __init__(self, slot: int, numbers: mmap.mmap, inbox: socket.socket, outboxes: Sequence[socket.socket]) -> None:
        super().__init__()
        self._slot = slot
        self._numbers = memoryview(numbers).cast("Q")
        self._inbox = inbox
        self._outboxes = [_Outbox(outbox) for outbox in outboxes]
        self.on_datagram: Callable[[bytes], None] = lambda datagram: None  # called with datagrams of other workers
        self.limit = DATAGRAM_LIMIT
        inbox.setblocking(False)

    async def start(self) -> None:
        """Listen, from within the loop."""
        asyncio.get_running_loop().add_reader(self._inbox, self._receive)
        self._wake_others()  # its predecessor may have died between a commit and its notification

    async def stop(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._inbox)
        for outbox in self._outboxes:
            outbox.close()

    def announce(self, messages: Sequence[FeedMessage]) -> None:
        """Announce the events that this worker has committed; few are sent along, so that the log need not be read."""
        self._numbers[self._slot] = messages[-1].number or 0
        datagram = EVENTS + b"".join(map(_encoded, messages))
        if len(datagram) > DATAGRAM_LIMIT:
            self._wake_others()
            return
        for outbox in self._outboxes:
            outbox.send_or_wake(datagram)

    def _wake_others(self) -> None:
        for outbox in self._outboxes:
            outbox.wake()

    def may_have_newer_than(self, number: int) -> bool:
        """Whether a worker has committed more than that."""
        return max(self._numbers) > number

    async def newest(self) -> int:
        """The number up to which everything is committed."""
        return max(self._numbers)

    def send(self, datagram: bytes) -> None:
        """Send up to `limit` bytes to each of the others."""
        for outbox in self._outboxes:
            outbox.send(DATAGRAM + datagram)

    def _receive(self) -> None:
        woken = False
        for _ in range(RECEIVE_BATCH):
            try:
                datagram = self._inbox.recv(DATAGRAM_LIMIT + 1)
            except BlockingIOError:
                break
            if datagram[:1] == EVENTS:
                messages = _decoded(datagram)
                self.on_commit(messages[-1].number, messages)
            elif datagram == WAKE:
                woken = True
            else:
                self.on_datagram(datagram[1:])
        if woken:
            self.on_commit(max(self._numbers), ())


def _encoded(message: FeedMessage) -> bytes:
    topic, event_id = message.topic.encode(), message.event_id.encode()
    header = EVENT_HEADER.pack(message.number, len(topic), len(event_id), len(message.data))
    return header + topic + event_id + message.data


def _decoded(datagram: bytes) -> list[FeedMessage]:
    messages, at = [], len(EVENTS)
    while at < len(datagram):
        number, topic_size, id_size, size = EVENT_HEADER.unpack_from(datagram, at)
        topic_end = at + EVENT_HEADER.size + topic_size
        id_end = topic_end + id_size
        topic, event_id = datagram[at + EVENT_HEADER.size : topic_end].decode(), datagram[topic_end:id_end].decode()
        at = id_end + size
        messages.append(FeedMessage(topic, number, event_id, datagram[id_end:at]))
    return messages


class _Outbox:
    """The queue to one worker: it keeps what the socket does not accept, a wake-up only once."""

    def __init__(self, outbox: socket.socket) -> None:
        outbox.setblocking(False)
        self._socket = outbox
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)

    def wake(self) -> None:
        if WAKE not in self._waiting:
            self.send(WAKE)

    def send(self, datagram: bytes) -> None:
        if self._waiting:
            self._waiting.append(datagram)
        else:
            self._send_now(datagram)

    def send_or_wake(self, datagram: bytes) -> None:
        """Send to a worker that keeps up; another one is only woken, and reads the log."""
        if self._waiting:
            self.wake()
        else:
            self._send_now(datagram)

    def _send_now(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except OSError:  # the socket's buffer is full
            self._waiting.append(datagram)
            asyncio.get_running_loop().add_writer(self._socket, self._flush)

    def _flush(self) -> None:
        try:
            while self._waiting:
                self._socket.send(self._waiting[0])
                self._waiting.popleft()
        except OSError:
            return
        asyncio.get_running_loop().remove_writer(self._socket)

    def close(self) -> None:
        asyncio.get_running_loop().remove_writer(self._socket)
