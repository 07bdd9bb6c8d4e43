"""The other processes that serve the same database, and volatile words to them, over a wire that may lose any of it."""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from quart_notes.cluster.fragments import HEAD_MAX, MAX_WORDS, Parcels, cut, read

ALIVE = 3.0  # seconds between two signs of life
SILENT = 10.0  # seconds without any word until a process is taken for gone
LOOK = 1.0  # seconds between two looks at who is silent
SOON = 0.05  # seconds for which those who come are gathered, to be told together
AGAIN = 1.0  # seconds between two tellings of everything at least
BURST, PAUSE = 2, 0.01  # data put on the wire at once, and seconds until the next: sockets may have room for 10 data
MAX_WAITING = 8 << 20  # bytes that may wait for the wire; what is said then is lost
MAX_PEERS = 1000  # processes; further ones are not heard, nor more that said goodbye remembered
NAME_BYTES = 8

log = logging.getLogger(__name__)


class Wire(Protocol):
    """What carries data to every other process that serves the same database."""

    limit: int  # bytes of one datum at most

    def send(self, datum: bytes) -> None:
        """Send ASCII text to all others; it never waits. What is sent may be lost, doubled or late."""


@dataclass(slots=True)
class _Peer:
    """Another process.

    met     the number of our meeting, among all that this process had
    meets   what it calls our meeting: a greater one than before says that it knows nothing of us any more
    """

    met: int
    heard_at: float  # loop time, seconds
    meets: int = 0


class Peers:
    """The other processes.

    1. Words may be lost, doubled or late, never garbled: a listener heals what was lost, and numbers what must not
       come twice or out of order.
    2. A process that begins to know this one is told everything: a new one, one that took this one for gone, one that
       was stopped for a while. How far two know each other is said with every sign of life, so a lost one does no harm.
    3. Without a wire, or alone on it, saying something costs nothing.
    """

    def __init__(self) -> None:
        self.me = secrets.token_hex(NAME_BYTES)  # unlike that of the process which stood in this place before
        self._wire: Wire | None = None
        self._known: dict[str, _Peer] = {}
        self._left: dict[str, None] = {}  # names of those who said goodbye: late words of theirs do not bring them back
        self._heard: dict[str, Callable[[str, Any], None]] = {"alive": self._hear_alive, "goodbye": self._hear_goodbye}
        self._when_new: list[Callable[[], None]] = []
        self._when_gone: list[Callable[[str], None]] = []
        self._meetings = 0
        self._numbered = 0
        self._parcels = Parcels()
        self._waiting: deque[bytes] = deque()  # texts
        self._leaving: deque[bytes] = deque()  # data
        self._waiting_size = 0
        self._alive_at = self._looked_at = self._told_at = float("-inf")  # loop times, seconds
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}

    @property
    def others(self) -> Collection[str]:
        """The names of those who are there."""
        return self._known.keys()

    def listen(self, subject: str, heard: Callable[[str, Any], None]) -> None:
        """Have `heard` called with who says something on a subject, and what."""
        self._heard[subject] = heard

    def when_new(self, act: Callable[[], None]) -> None:
        """Have `act` called a moment after somebody came, to say what they have to know."""
        self._when_new.append(act)

    def when_gone(self, act: Callable[[str], None]) -> None:
        """Have `act` called with the name of a process that has gone, or has not been heard for SILENT seconds."""
        self._when_gone.append(act)

    def start(self, wire: Wire) -> None:
        """Say hello; from now on be there for the others."""
        self._wire = wire
        self._looked_at = asyncio.get_running_loop().time()
        self._say_alive()
        self._later(LOOK, self._look)

    def stop(self) -> None:
        """Say goodbye; nothing is said or heard afterwards."""
        if self._wire is not None:
            self._waiting.clear()
            self._waiting.append(_text("goodbye", None))
            for datum in self._packed(self._wire.limit):
                self._wire.send(datum)
        self._wire = None
        for timer in self._timers.values():
            timer.cancel()
        for kept in (self._known, self._waiting, self._leaving, self._timers):
            kept.clear()

    def say(self, subject: str, words: Any) -> None:
        """Say something that JSON has a form for, to the other processes."""
        if self._known:
            self._put(subject, words)

    def _put(self, subject: str, words: Any) -> None:
        text = _text(subject, words)
        if len(text) > MAX_WORDS - 2:
            log.warning("Other processes are not told of %s: it would take %s bytes", subject, len(text))
        elif self._wire is not None and self._waiting_size + len(text) <= MAX_WAITING:
            self._waiting.append(text)
            self._waiting_size += len(text)
            if self._send not in self._timers:
                self._send()

    def _send(self) -> None:
        """Put on the wire what waits, no faster than its reader can take it."""
        self._timers.pop(self._send, None)
        for _ in range(BURST):
            if self._wire is not None and (self._leaving or self._waiting):
                if not self._leaving:
                    self._leaving.extend(self._packed(self._wire.limit))
                self._wire.send(self._leaving.popleft())
                self._later(PAUSE, self._send)

    def _packed(self, limit: int) -> list[bytes]:
        """The next words that wait: as many as there is room for in one datum, or one that needs several."""
        texts = [self._waiting.popleft()]
        size = len(texts[0]) + HEAD_MAX
        while self._waiting and size + len(self._waiting[0]) < limit - 2:
            texts.append(self._waiting.popleft())
            size += len(texts[-1]) + 1
        self._waiting_size -= sum(map(len, texts))
        self._numbered += 1
        return cut(self.me, self._numbered, b"[%s]" % b",".join(texts), limit)

    def received(self, datum: bytes) -> None:
        """Hear what the wire brings; what is malformed, or one's own, is nothing."""
        parcel = read(datum)
        if parcel is None or self._wire is None or parcel.peer == self.me or parcel.peer in self._left:
            return
        text = self._parcels.put(parcel, asyncio.get_running_loop().time())
        try:
            said = [] if text is None else json.loads(text)
        except (ValueError, RecursionError):
            return
        for one in said if isinstance(said, list) else ():
            if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and self._meet(parcel.peer):
                self._hear(parcel.peer, *one)
        if parcel.peer in self._known:
            self._meet(parcel.peer)

    def _hear(self, peer: str, subject: str, words: Any) -> None:
        try:
            if subject in self._heard:
                self._heard[subject](peer, words)
        except Exception:
            log.exception("What another process said of %s could not be heard", subject)  # and the wire goes on

    def _meet(self, peer: str) -> bool:
        """Note that a peer is there; returns whether it is known now."""
        now = asyncio.get_running_loop().time()
        if peer not in self._known:
            if len(self._known) >= MAX_PEERS:
                return False
            self._meetings += 1
            self._known[peer] = _Peer(self._meetings, now)
            self._later(SOON, self._say_alive)
        self._known[peer].heard_at = now
        return True

    def _hear_alive(self, peer: str, words: Any) -> None:
        meets = words.get(self.me, 0) if isinstance(words, dict) else 0
        if isinstance(meets, int) and meets > self._known[peer].meets:
            self._known[peer].meets = meets
            self._later(max(SOON, self._told_at + AGAIN - asyncio.get_running_loop().time()), self._tell)

    def _tell(self) -> None:
        self._timers.pop(self._tell, None)
        self._told_at = asyncio.get_running_loop().time()
        for act in self._when_new:
            act()

    def _say_alive(self) -> None:
        self._timers.pop(self._say_alive, None)
        self._alive_at = asyncio.get_running_loop().time()
        self._put("alive", {name: peer.met for name, peer in self._known.items()})

    def _hear_goodbye(self, peer: str, _: Any) -> None:
        self._left[peer] = None
        while len(self._left) > MAX_PEERS:
            del self._left[next(iter(self._left))]
        self._lose(peer)

    def _lose(self, peer: str) -> None:
        del self._known[peer]
        self._parcels.forget(peer)
        for act in self._when_gone:
            act(peer)

    def _look(self) -> None:
        """Find out who is silent, and be heard oneself."""
        self._timers.pop(self._look, None)
        now = asyncio.get_running_loop().time()
        if now - self._looked_at > SILENT / 2:
            self._meet_all_anew(now)
        for peer in [name for name, peer in self._known.items() if now - peer.heard_at >= SILENT]:
            self._lose(peer)
        self._parcels.forget_before(now - SILENT)
        if now - self._alive_at > ALIVE - LOOK / 2:
            self._say_alive()
        self._looked_at = now
        self._later(LOOK, self._look)

    def _meet_all_anew(self, now: float) -> None:
        """After this process was stopped for a while: the silence was its own, and it does not know what it missed."""
        for peer in self._known.values():
            self._meetings += 1
            peer.met, peer.heard_at = self._meetings, now
        self._say_alive()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        """Have `act` called so many seconds from now, unless it is to be called already."""
        if act not in self._timers:
            self._timers[act] = asyncio.get_running_loop().call_later(seconds, act)


def _text(subject: str, words: Any) -> bytes:
    return json.dumps([subject, words], separators=(",", ":")).encode()
