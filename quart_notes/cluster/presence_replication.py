"""Telling other processes who is in the rooms here, and hearing who is there."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from quart_notes.cluster.peers import Peers
from quart_notes.cluster.remote_presence import Part, Parts
from quart_notes.schemas import RoomNumbers, RoomPart, Stopped, TypingPart, UserOut, Wanted

T = TypeVar("T")
PACE = 1.0  # seconds between two words of one room at least
GATHER = 0.02  # seconds for which words are gathered, to leave together
REPEAT = 5.0  # seconds between two words of which rooms have somebody in them: what was lost is healed by them
SLICE = 400  # rooms in one of those
TOGETHER = 100  # people and guests from which on a word of several rooms is long enough
PEOPLE_MAX = 5000  # of one room at one process, and so many guests; further ones are not said
WANTED_MAX = 1000  # rooms that are asked for at once

PARTS = TypeAdapter(list[RoomPart])
NUMBERS, WANTED, STOPPED = TypeAdapter(RoomNumbers), TypeAdapter(Wanted), TypeAdapter(Stopped)


class Here(Protocol):
    """Who is in the rooms at this process."""

    def own(self, room_id: int) -> tuple[list[UserOut], list[str], list[tuple[UserOut, float]]]:
        """The people, the guests, and who is typing, with the seconds for which that lasts."""

    def rooms(self) -> Iterable[int]:
        """All rooms with somebody in them."""

    def changed(self, room_id: int) -> None:
        """Tell the readers of a room who is there."""

    def has_stopped(self, room_id: int, person_id: int) -> None:
        """A person who may be typing has said it."""


@dataclass(slots=True)
class _Said:
    """What was last said of a room."""

    number: int
    at: float  # loop time, seconds
    anybody: bool


class Elsewhere:
    """What other processes say of the rooms, each with authority for its own connections.

    1. A process that comes is told all parts. A part that was lost is missed within REPEAT seconds and said again.
    2. A process that has gone has nobody in any room.
    """

    delay = PACE + 0.5

    def __init__(self, peers: Peers, here: Here) -> None:
        self._peers = peers
        self._here = here
        self._parts = Parts(here.changed)
        self._number = 0
        self._said: dict[int, _Said] = {}
        self._unsaid: dict[int, None] = {}  # rooms, in order
        self._stopped: dict[tuple[int, int], None] = {}
        self._saying: asyncio.TimerHandle | None = None
        self._stopping: asyncio.TimerHandle | None = None
        self._repeating: asyncio.TimerHandle | None = None
        self._closed = False
        peers.listen("parts", self._hearing(PARTS, self._hear_parts))
        peers.listen("rooms", self._hearing(NUMBERS, self._hear_numbers))
        peers.listen("wanted", self._hearing(WANTED, self._hear_wanted))
        peers.listen("stopped", self._hearing(STOPPED, self._hear_stopped))
        peers.when_new(self._tell)
        peers.when_gone(self._parts.forget)

    @property
    def exists(self) -> bool:
        """Whether there is another process."""
        return bool(self._peers.others)

    def of(self, room_id: int) -> Iterator[Part]:
        """The parts of a room."""
        return self._parts.of(room_id)

    def say(self, room_id: int) -> None:
        """Tell the other processes, within PACE, who is in a room here."""
        if self._peers.others and not self._closed:
            self._unsaid[room_id] = None
            self._say_at(max(self._due(room_id), asyncio.get_running_loop().time() + GATHER))

    def stop(self, room_id: int, person_id: int) -> None:
        """A person has said it: wherever they were typing, it is over."""
        self._parts.stop(room_id, person_id)
        if self._peers.others and not self._closed:
            self._stopped[room_id, person_id] = None
            if self._stopping is None:
                self._stopping = asyncio.get_running_loop().call_later(GATHER, self._say_stopped)

    def close(self) -> None:
        """Say and hear nothing more."""
        self._closed = True
        self._parts.close()
        for timer in (self._saying, self._stopping, self._repeating):
            if timer is not None:
                timer.cancel()

    # Saying.

    def _due(self, room_id: int) -> float:
        return self._said[room_id].at + PACE if room_id in self._said else float("-inf")

    def _say_at(self, due: float) -> None:
        if self._saying is None or self._saying.when() > due:
            if self._saying is not None:
                self._saying.cancel()
            self._saying = asyncio.get_running_loop().call_at(due, self._say)

    def _say(self) -> None:
        self._saying = None
        now = asyncio.get_running_loop().time()
        due = [room for room in self._unsaid if self._due(room) <= now + GATHER]
        parts: list[RoomPart] = []
        for room_id in due:
            del self._unsaid[room_id]
            parts.append(self._part(room_id, now))
            if sum(len(part.people) + len(part.guests) + 1 for part in parts) >= TOGETHER or room_id == due[-1]:
                self._peers.say("parts", PARTS.dump_python(parts, mode="json"))
                parts = []
        if self._unsaid:
            self._say_at(min(map(self._due, self._unsaid)))

    def _part(self, room_id: int, now: float) -> RoomPart:
        people, guests, typing = self._here.own(room_id)
        self._number += 1
        self._said[room_id] = _Said(self._number, now, bool(people or guests or typing))
        return RoomPart(
            room=room_id,
            number=self._number,
            people=people[:PEOPLE_MAX],
            guests=guests[:PEOPLE_MAX],
            typing=[TypingPart(person=person, seconds=seconds) for person, seconds in typing[:PEOPLE_MAX]],
        )

    def _say_stopped(self) -> None:
        self._stopping = None
        stopped, self._stopped = list(self._stopped), {}
        self._peers.say("stopped", {"people": stopped})

    def _tell(self) -> None:
        """Somebody came."""
        if not self._closed:
            for room_id in self._here.rooms():
                self.say(room_id)
            if self._repeating is None:
                self._repeating = asyncio.get_running_loop().call_later(REPEAT, self._repeat)

    def _repeat(self) -> None:
        self._repeating = None
        if not self._peers.others:
            self._said.clear()
            return
        now = asyncio.get_running_loop().time()
        self._said = {room: said for room, said in self._said.items() if said.anybody or said.at + PACE > now}
        rooms = sorted((room, said.number) for room, said in self._said.items() if said.anybody)
        for begin in range(0, len(rooms) or 1, SLICE):
            first = rooms[begin][0] if begin else 0
            end = rooms[begin + SLICE][0] if begin + SLICE < len(rooms) else None
            words = {"newest": self._number, "first": first, "end": end, "rooms": rooms[begin : begin + SLICE]}
            self._peers.say("rooms", words)
        self._repeating = asyncio.get_running_loop().call_later(REPEAT, self._repeat)

    # Hearing.

    def _hearing(self, shape: TypeAdapter[T], hear: Callable[[str, T], None]) -> Callable[[str, Any], None]:
        def heard(peer: str, words: Any) -> None:
            try:
                checked = shape.validate_python(words)
            except ValidationError:
                return  # of another version, which says it otherwise
            if not self._closed:
                hear(peer, checked)

        return heard

    def _hear_parts(self, peer: str, parts: list[RoomPart]) -> None:
        for part in parts:
            self._parts.take(peer, part)

    def _hear_numbers(self, peer: str, said: RoomNumbers) -> None:
        lacking = self._parts.lacking(peer, said)
        if lacking:
            self._peers.say("wanted", {"peer": peer, "rooms": lacking[:WANTED_MAX]})

    def _hear_wanted(self, _: str, wanted: Wanted) -> None:
        if wanted.peer == self._peers.me:
            for room_id in wanted.rooms[:WANTED_MAX]:
                self.say(room_id)

    def _hear_stopped(self, _: str, stopped: Stopped) -> None:
        for room_id, person_id in stopped.people:
            self._here.has_stopped(room_id, person_id)
            self._parts.stop(room_id, person_id)
