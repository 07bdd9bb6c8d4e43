"""Who is in a room and who is typing there: volatile, coalesced to one event a second and room."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Message
from quart_notes.live.events import PresenceEvent
from quart_notes.schemas import PresenceOut, UserOut

INTERVAL = 1.0  # seconds between two events of a room at least
TYPING = 5.0  # seconds that typing lasts unless it goes on
LINGER = 3.0  # seconds a person is still here after their last connection: a reload or a reconnect is no leaving
# A dead connection is dropped after 55 s at most (broadcaster.DEAF and its heartbeat): gone within 60 s in all.


class RemoteRoom(Protocol):
    """Who is in a room at another process."""

    @property
    def people(self) -> Sequence[UserOut]:
        """The people there."""

    @property
    def guests(self) -> Sequence[str]:
        """The guests there."""

    @property
    def typing(self) -> Mapping[int, tuple[UserOut, asyncio.TimerHandle]]:
        """Who is typing there, by id."""

    @property
    def anybody(self) -> bool:
        """Whether it is not empty."""


class OtherProcesses(Protocol):
    """What presence asks of the other processes that share the database."""

    delay: float  # seconds until it is heard here of somebody who came there

    @property
    def exists(self) -> bool:
        """Whether there is another process."""

    def of(self, room_id: int) -> Iterable[RemoteRoom]:
        """Who is in a room, by process."""

    def say(self, room_id: int) -> None:
        """Tell the other processes who is in a room here."""

    def stop(self, room_id: int, person_id: int) -> None:
        """A person is not typing any more, wherever they began."""

    def close(self) -> None:
        """Say and hear nothing more."""


class NoOtherProcesses:
    """The others of a process that is alone."""

    delay = 0.0
    exists = False

    def of(self, room_id: int) -> Iterable[RemoteRoom]:
        """Nobody is anywhere else."""
        del room_id
        return ()

    def say(self, room_id: int) -> None:
        """Nobody hears it."""

    def stop(self, room_id: int, person_id: int) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(slots=True)
class _Place:
    """What is known of one room at this process; forgotten when nobody is anywhere and nothing is to be told."""

    connections: Counter[int] = field(default_factory=Counter)
    people: dict[int, UserOut] = field(default_factory=dict)
    guests: Counter[str] = field(default_factory=Counter)
    typing: dict[int, tuple[UserOut, asyncio.TimerHandle]] = field(default_factory=dict)
    leaving: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    told_at: float = float("-inf")  # loop time, seconds
    telling: asyncio.TimerHandle | None = None


class Presence:
    """Who is where.

    1. A person is here while at least one of their connections follows the room, and LINGER seconds longer.
    2. Every change is told within INTERVAL, to the readers that named the room; those who come hear it as well.
    3. Each process says who is here by its own connections; what all of them say is told together.
    """

    def __init__(
        self, broadcaster: Broadcaster, replicate: Callable[["Presence"], OtherProcesses] | None = None
    ) -> None:
        self._broadcaster = broadcaster
        self._places: dict[int, _Place] = {}
        self._elsewhere: OtherProcesses = replicate(self) if replicate else NoOtherProcesses()
        broadcaster.watch(events.USERS, self._person_changed)

    def join(self, room_id: int, person: UserOut) -> Callable[[], None]:
        """A connection of a person begins to follow a room; returns what to call, once, when it ends."""
        place = self._place(room_id)
        leaving = place.leaving.pop(person.id, None)
        if leaving is not None:
            leaving.cancel()
        place.connections[person.id] += 1
        place.people[person.id] = person
        self._changed_here(room_id)
        return lambda: self._leave(room_id, person.id)

    def join_as_guest(self, room_id: int, guest: str) -> Callable[[], None]:
        """A guest comes to a room; returns what to call, once, when they go."""
        self._place(room_id).guests[guest] += 1
        self._changed_here(room_id)

        def leave() -> None:
            guests = self._place(room_id).guests
            guests[guest] -= 1
            if not guests[guest]:
                del guests[guest]
            self._changed_here(room_id)

        return leave

    def follow(self, room_id: int) -> None:
        """Somebody who is nobody yet begins to follow a room: have them told who is there."""
        self.changed(room_id)

    def typing(self, room_id: int, person: UserOut) -> None:
        """A person is typing, for TYPING seconds from now."""
        place = self._place(room_id)
        before = place.typing.get(person.id)
        if before is not None:
            before[1].cancel()
        expiry = asyncio.get_running_loop().call_later(TYPING, self.has_stopped, room_id, person.id)
        place.typing[person.id] = person, expiry
        if before is None:
            self.changed(room_id)
        self._elsewhere.say(room_id)  # that it goes on as well: otherwise it ends there

    def stopped_typing(self, room_id: int, person_id: int) -> None:
        """A person has said it, or thought better of it, wherever they began."""
        self.has_stopped(room_id, person_id)
        self._elsewhere.stop(room_id, person_id)

    def now(self, room_id: int) -> PresenceOut:
        """Who is in a room at this moment."""
        people, guests, typing = self.own(room_id)
        here, typists = _by_id(people), _by_id(person for person, _ in typing)
        for part in self._elsewhere.of(room_id):
            here = _by_id(part.people) | here
            guests = [*guests, *part.guests]
            typists = _by_id(person for person, _ in part.typing.values()) | typists
        return PresenceOut(
            room_id=room_id, here=_by_nickname(here), guests=sorted(set(guests)), typing=_by_nickname(typists)
        )

    def _person_changed(self, message: Message) -> None:
        """Somebody who is here goes by another name from now on."""
        person = UserOut.model_validate(json.loads(message.data)["user"])
        for room_id, place in self._places.items():
            if person.id in place.people:
                place.people[person.id] = person
            if person.id in place.typing:
                place.typing[person.id] = person, place.typing[person.id][1]
            if person.id in place.people or person.id in place.typing:
                self._changed_here(room_id)

    # What the other processes are told, and do.

    def own(self, room_id: int) -> tuple[list[UserOut], list[str], list[tuple[UserOut, float]]]:
        """Who is in a room by the connections of this process, and for how many seconds somebody is typing."""
        place = self._places.get(room_id) or _Place()
        now = asyncio.get_running_loop().time() if place.typing else 0
        typing = [(person, max(expiry.when() - now, 0)) for person, expiry in place.typing.values()]
        return list(place.people.values()), list(place.guests), typing

    def rooms(self) -> Iterable[int]:
        """The rooms with somebody in them by the connections of this process."""
        return [room_id for room_id, place in self._places.items() if place.people or place.guests or place.typing]

    def has_stopped(self, room_id: int, person_id: int) -> None:
        """A person who may be typing by a connection of this process is not any more."""
        place = self._places.get(room_id)
        if place is not None and person_id in place.typing:
            place.typing.pop(person_id)[1].cancel()
            self._changed_here(room_id)

    def changed(self, room_id: int) -> None:
        """Have the readers of a room told who is there."""
        place = self._place(room_id)
        if place.telling is None and not self._broadcaster.closing:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), place.told_at + INTERVAL)
            place.telling = loop.call_at(due, self._tell, room_id)

    def close(self) -> None:
        """Tell nothing more."""
        self._elsewhere.close()
        for place in self._places.values():
            timers = [*place.leaving.values(), *(timer for _, timer in place.typing.values()), place.telling]
            for timer in timers:
                if timer is not None:
                    timer.cancel()
        self._places.clear()

    def _place(self, room_id: int) -> _Place:
        return self._places.setdefault(room_id, _Place())

    def _leave(self, room_id: int, person_id: int) -> None:
        place = self._place(room_id)
        place.connections[person_id] -= 1
        if place.connections[person_id] <= 0:
            del place.connections[person_id]
            linger = LINGER + (self._elsewhere.delay if self._elsewhere.exists else 0)
            place.leaving[person_id] = asyncio.get_running_loop().call_later(linger, self._left, room_id, person_id)

    def _left(self, room_id: int, person_id: int) -> None:
        place = self._place(room_id)
        place.leaving.pop(person_id, None)
        place.people.pop(person_id, None)
        self._changed_here(room_id)

    def _changed_here(self, room_id: int) -> None:
        self.changed(room_id)
        self._elsewhere.say(room_id)

    def _tell(self, room_id: int) -> None:
        place = self._place(room_id)
        place.telling = None
        topic = events.room(room_id)
        event = PresenceEvent(topic=topic, action="update", presence=self.now(room_id))
        self._broadcaster.publish([Message(topic, None, "", events.encode(event))])
        place.told_at = asyncio.get_running_loop().time()
        if not self._anybody(room_id):
            # Kept until the interval is over, lest somebody who comes and goes is told of more than once a second.
            place.telling = asyncio.get_running_loop().call_later(INTERVAL, self._forget, room_id)

    def _forget(self, room_id: int) -> None:
        place = self._place(room_id)
        place.telling = None
        if self._anybody(room_id):
            self._tell(room_id)
        else:
            del self._places[room_id]

    def _anybody(self, room_id: int) -> bool:
        place = self._place(room_id)
        return bool(place.people or place.guests or place.typing) or any(
            part.anybody for part in self._elsewhere.of(room_id)
        )


def _by_id(people: Iterable[UserOut]) -> dict[int, UserOut]:
    return {person.id: person for person in people}


def _by_nickname(people: dict[int, UserOut]) -> list[UserOut]:
    return sorted(people.values(), key=lambda person: (person.nickname.casefold(), person.id))
