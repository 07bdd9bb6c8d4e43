"""The other processes that serve the same database, and volatile words to them, over a wire that may lose any of it."""

import asyncio
import json
import logging
import re
import secrets
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

ALIVE = 3.0  # seconds between two signs of life
SILENT = 10.0  # seconds without any word until a process is taken for gone
LOOK = 1.0  # seconds between two looks at who is silent
SOON = 0.05  # seconds for which those who come are gathered, to be told together
AGAIN = 1.0  # seconds between two tellings of everything at least
BURST, PAUSE = 8, 0.01  # data put on the wire at once, and seconds until the next: a socket's queue may be 10 long
MAX_WORDS = 4 << 20  # bytes that can be said at once
MAX_WAITING = 8 << 20  # bytes that may wait for the wire; what is said then is lost
MAX_PARTED = 16 << 20  # bytes of words of which parts are missing; the oldest are given up
MAX_PEERS = 1000  # processes; further ones are not heard, nor more that said goodbye remembered
NAME_BYTES = 8
HEAD_MAX = 64  # bytes before the words
HEAD = re.compile(rb"([0-9a-f]{%d}) ([0-9]{1,15}) ([0-9]{1,6}) ([0-9]{1,6}) " % (2 * NAME_BYTES))

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


@dataclass(slots=True)
class _Parted:
    """Words of which parts are missing."""

    of: int
    since: float  # loop time, seconds
    parts: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Peers:
    """The other processes.

    1. Words may be lost, doubled or late, never garbled: whoever listens heals what was lost, and numbers what must not
       come twice or out of order.
    2. Whoever begins to know this process is told everything: a new one, one that took this one for gone, one that was
       stopped for a while. How far two know each other is said with every sign of life, so a lost one does no harm.
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
        self._parted: dict[tuple[str, int], _Parted] = {}
        self._waiting: deque[bytes] = deque()
        self._waiting_size = self._parted_size = 0
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
        """Have `act` called with the name of whoever has gone, or has not been heard for SILENT seconds."""
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
            for datum in self._data(self._wire, "goodbye", None):
                self._wire.send(datum)
        self._wire = None
        for timer in self._timers.values():
            timer.cancel()
        for kept in (self._known, self._parted, self._waiting, self._timers):
            kept.clear()

    def say(self, subject: str, words: Any) -> None:
        """Say something that JSON has a form for, to whoever is there."""
        if self._known:
            self._put(subject, words)

    def _put(self, subject: str, words: Any) -> None:
        if self._wire is not None:
            data = self._data(self._wire, subject, words)
            size = sum(map(len, data))
            if self._waiting_size + size <= MAX_WAITING:
                self._waiting.extend(data)
                self._waiting_size += size
                if self._send not in self._timers:
                    self._send()

    def _data(self, wire: Wire, subject: str, words: Any) -> list[bytes]:
        text = json.dumps([subject, words], separators=(",", ":")).encode()
        if len(text) > MAX_WORDS:
            log.warning("Other processes are not told of %s: it would take %s bytes", subject, len(text))
            return []
        self._numbered += 1
        step = wire.limit - HEAD_MAX
        parts = [text[begin : begin + step] for begin in range(0, len(text), step)]
        head = f"{self.me} {self._numbered}"
        return [f"{head} {number} {len(parts)} ".encode() + part for number, part in enumerate(parts)]

    def _send(self) -> None:
        """Put on the wire what waits, no faster than whoever reads it can take it."""
        self._timers.pop(self._send, None)
        if self._wire is not None and self._waiting:
            for _ in range(min(BURST, len(self._waiting))):
                datum = self._waiting.popleft()
                self._waiting_size -= len(datum)
                self._wire.send(datum)
            self._later(PAUSE, self._send)

    def received(self, datum: bytes) -> None:
        """Hear what the wire brings; what is malformed, or one's own, is nothing."""
        head = HEAD.match(datum)
        if head is None or self._wire is None:
            return
        peer = head[1].decode()
        if peer == self.me or peer in self._left:
            return
        text = self._whole((peer, int(head[2])), int(head[3]), int(head[4]), datum[head.end() :])
        try:
            said = None if text is None else json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(said, list) and len(said) == 2 and isinstance(said[0], str):
            if self._meet(peer) and said[0] in self._heard:
                self._hear(peer, *said)
        elif peer in self._known:
            self._meet(peer)

    def _whole(self, key: tuple[str, int], part: int, of: int, text: bytes) -> bytes | None:
        """The words, when this was the last part of them that was missing."""
        if of == 1:
            return text
        now = asyncio.get_running_loop().time()
        parted = self._parted.setdefault(key, _Parted(of, now))
        if part < of == parted.of and part not in parted.parts:
            parted.parts[part] = text
            parted.size += len(text)
            self._parted_size += len(text)
        if len(parted.parts) == parted.of or parted.size > MAX_WORDS:
            self._give_up(key)
        while self._parted_size > MAX_PARTED or len(self._parted) > MAX_PEERS:
            self._give_up(next(iter(self._parted)))
        return b"".join(parted.parts[n] for n in range(parted.of)) if len(parted.parts) == parted.of else None

    def _give_up(self, key: tuple[str, int]) -> None:
        self._parted_size -= self._parted.pop(key).size

    def _hear(self, peer: str, subject: str, words: Any) -> None:
        try:
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
        for key in [key for key in self._parted if key[0] == peer]:
            self._give_up(key)
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
        for key in [key for key, parted in self._parted.items() if now - parted.since >= SILENT]:
            self._give_up(key)
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
