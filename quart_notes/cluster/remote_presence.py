"""Who is in the rooms at other processes, by what they said last."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quart_notes.schemas import RoomNumbers, RoomPart, UserOut

ROOMS_MAX = 100_000  # of one process that are remembered


@dataclass(slots=True)
class Part:
    """Who is in a room at another process."""

    number: int
    people: list[UserOut]
    guests: list[str]
    typing: dict[int, tuple[UserOut, asyncio.TimerHandle]]

    @property
    def anybody(self) -> bool:
        """Whether it is not empty."""
        return bool(self.people or self.guests or self.typing)

    def differs(self, other: "Part | None") -> bool:
        """Whether somebody else is there than before."""
        if other is None:
            return self.anybody
        return (self.people, self.guests, self.typing.keys()) != (other.people, other.guests, other.typing.keys())

    def close(self) -> None:
        """Let go of its timers."""
        for _, timer in self.typing.values():
            timer.cancel()


class Parts:
    """The parts of all rooms, by process.

    1. A part never replaces a newer one of the same process and room.
    2. `changed` is called with each room in which somebody came, went, began or stopped typing.
    """

    def __init__(self, changed: Callable[[int], None]) -> None:
        self._changed = changed
        self._parts: dict[str, dict[int, Part]] = {}
        self._floors: dict[str, int] = {}  # numbers, by process: a part of a room that is not known is late below it

    def of(self, room_id: int) -> Iterator[Part]:
        """The parts of a room."""
        for parts in self._parts.values():
            if room_id in parts:
                yield parts[room_id]

    def take(self, peer: str, said: RoomPart) -> None:
        """What a process says of a room."""
        known = self._parts.setdefault(peer, {})
        before = known.get(said.room)
        late = said.number <= (self._floors.get(peer, 0) if before is None else before.number)
        if late or (before is None and len(known) >= ROOMS_MAX):
            return
        part = known[said.room] = Part(said.number, said.people, said.guests, self._typing(peer, said))
        if before is not None:
            before.close()
        if part.differs(before):
            self._changed(said.room)

    def _typing(self, peer: str, said: RoomPart) -> dict[int, tuple[UserOut, asyncio.TimerHandle]]:
        later = asyncio.get_running_loop().call_later
        return {
            one.person.id: (one.person, later(one.seconds, self._typed, peer, said.room, one.person.id))
            for one in said.typing
        }

    def _typed(self, peer: str, room_id: int, person_id: int) -> None:
        del self._parts[peer][room_id].typing[person_id]
        self._changed(room_id)

    def lacking(self, peer: str, said: RoomNumbers) -> list[int]:
        """Rooms of which something that a process said was lost; those in which nobody is any more are forgotten."""
        known, numbers = self._parts.setdefault(peer, {}), dict(said.rooms)
        self._floors[peer] = max(self._floors.get(peer, 0), said.newest)
        for room_id, part in list(known.items()):
            within = said.first <= room_id and (said.end is None or room_id < said.end)
            if within and room_id not in numbers and part.number <= said.newest:
                self._drop(known, room_id)
        return [room for room, number in numbers.items() if room not in known or known[room].number < number]

    def stop(self, room_id: int, person_id: int) -> None:
        """A person is not typing any more, at whichever process."""
        for part in self.of(room_id):
            if person_id in part.typing:
                part.typing.pop(person_id)[1].cancel()
                self._changed(room_id)

    def forget(self, peer: str) -> None:
        """A process has gone, and everybody who was there."""
        self._floors.pop(peer, None)
        parts = self._parts.pop(peer, {})
        for room_id in list(parts):
            self._drop(parts, room_id)

    def _drop(self, parts: dict[int, Part], room_id: int) -> None:
        part = parts.pop(room_id)
        part.close()
        if part.anybody:
            self._changed(room_id)

    def close(self) -> None:
        """Forget all, and tell nobody."""
        for parts in self._parts.values():
            for part in parts.values():
                part.close()
        self._parts.clear()
