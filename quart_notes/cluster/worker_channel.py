"""The channel between the workers of one supervisor: the newest number in shared memory, and the events of commits."""

import asyncio
import mmap
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence

from quart_notes.live.channel import Message

NUMBER = 8  # bytes: a commit's number, one for each worker, so that none overwrites another's
WAKE = b"w"  # something was committed: read the log
EVENTS = b"e"  # prefix of events that were committed
WORDS = b"p"  # prefix of a datagram of `peers`
HEAD = struct.Struct("<QBBI")  # of an event: its number, and the lengths of its topic, its id and its data
LIMIT = 32 << 10  # bytes of a datagram
MAX_WAITING = 1024  # datagrams that wait for one worker; further ones are dropped, and their sender repeats them later
MAX_HEARD = 64  # datagrams received at once


class Siblings:
    """The other workers.

    1. What `tell` announces is visible to `beyond` and `newest` of every other worker before `tell` returns.
    2. Datagrams may be late or lost: a busy worker gets them later, a suspended one loses the oldest. A process that
       needs more reads the log.

    slot     index of this worker; numbers: the shared memory, with a number for each slot
    inbox    the socket that the others send to; outboxes: the sockets of the others
    """

    alone = False

    def __init__(self, slot: int, numbers: mmap.mmap, inbox: socket.socket, outboxes: Sequence[socket.socket]) -> None:
        self._slot = slot
        self._numbers = memoryview(numbers).cast("Q")
        self._inbox = inbox
        self._outboxes = [_Outbox(outbox) for outbox in outboxes]
        self._woken: list[Callable[[int | None, Sequence[Message]], None]] = []
        self._told: list[Callable[[bytes], None]] = []
        self.limit = LIMIT
        inbox.setblocking(False)

    async def start(self) -> None:
        """Listen, from within the loop."""
        asyncio.get_running_loop().add_reader(self._inbox, self._hear)
        self._wake_others()  # its predecessor may have died between a commit and its notification

    async def stop(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._inbox)
        for outbox in self._outboxes:
            outbox.close()

    def listen(self, heard: Callable[[int | None, Sequence[Message]], None]) -> None:
        """Call `heard` whenever another worker has committed something.

        With the number of the newest event and, if they are few enough, with the events, so that the log need not be
        read.
        """
        self._woken.append(heard)

    def hears(self) -> bool:
        """Always true: a socket between two processes is not lost."""
        return True

    def tell(self, messages: Sequence[Message]) -> None:
        """Announce the events that this worker has committed."""
        self._numbers[self._slot] = messages[-1].number or 0
        datum = EVENTS + b"".join(map(_packed, messages))
        if len(datum) > LIMIT:
            self._wake_others()
            return
        for outbox in self._outboxes:
            outbox.hand_over(datum)

    def _wake_others(self) -> None:
        for outbox in self._outboxes:
            outbox.wake()

    def beyond(self, number: int) -> bool:
        """Whether a worker has committed more than that."""
        return max(self._numbers) > number

    async def newest(self) -> int:
        """The number up to which everything is committed."""
        return max(self._numbers)

    def carry(self, told: Callable[[bytes], None]) -> None:
        """Call `told` with each datagram that another worker sends."""
        self._told.append(told)

    def send(self, datum: bytes) -> None:
        """Send up to `limit` bytes to each of the others."""
        for outbox in self._outboxes:
            outbox.send(WORDS + datum)

    def _hear(self) -> None:
        woken = False
        for _ in range(MAX_HEARD):
            try:
                datum = self._inbox.recv(LIMIT + 1)
            except BlockingIOError:
                break
            if datum[:1] == EVENTS:
                messages = _unpacked(datum)
                for heard in self._woken:
                    heard(messages[-1].number, messages)
            elif datum == WAKE:
                woken = True
            else:
                for told in self._told:
                    told(datum[1:])
        if woken:
            for heard in self._woken:
                heard(max(self._numbers), ())


def _packed(message: Message) -> bytes:
    topic, event_id = message.topic.encode(), message.event_id.encode()
    return HEAD.pack(message.number, len(topic), len(event_id), len(message.data)) + topic + event_id + message.data


def _unpacked(datum: bytes) -> list[Message]:
    messages, at = [], len(EVENTS)
    while at < len(datum):
        number, topic, event_id, data = HEAD.unpack_from(datum, at)
        topic_end = at + HEAD.size + topic
        id_end = topic_end + event_id
        name, known_as = datum[at + HEAD.size : topic_end].decode(), datum[topic_end:id_end].decode()
        at = id_end + data
        messages.append(Message(name, number, known_as, datum[id_end:at]))
    return messages


class _Outbox:
    """The queue to one worker: it keeps what the socket does not accept, a wake-up only once."""

    def __init__(self, outbox: socket.socket) -> None:
        outbox.setblocking(False)
        self._socket = outbox
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)

    def wake(self) -> None:
        if not self._waiting:
            self._offer(WAKE)
        elif WAKE not in self._waiting:
            self._waiting.append(WAKE)

    def send(self, datum: bytes) -> None:
        if self._waiting:
            self._waiting.append(datum)
        else:
            self._offer(datum)

    def hand_over(self, datum: bytes) -> None:
        """Send to a worker that keeps up; another one is only woken, and reads the log."""
        if self._waiting:
            self.wake()
        else:
            self._offer(datum)

    def _offer(self, datum: bytes) -> None:
        try:
            self._socket.send(datum)
        except OSError:  # the socket's buffer is full
            self._waiting.append(datum)
            asyncio.get_running_loop().add_writer(self._socket, self._go_on)

    def _go_on(self) -> None:
        try:
            while self._waiting:
                self._socket.send(self._waiting[0])
                self._waiting.popleft()
        except OSError:
            return
        asyncio.get_running_loop().remove_writer(self._socket)

    def close(self) -> None:
        asyncio.get_running_loop().remove_writer(self._socket)
