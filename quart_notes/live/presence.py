"""Who is in a room and who is typing there: volatile, coalesced to one event a second and room."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from quart_notes.errors import ProblemError
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import PresenceEvent
from quart_notes.schemas import PresenceOut, UserOut

PUBLISH_INTERVAL = 1.0  # seconds between two events of a room at least
TYPING_DURATION = 5.0  # seconds that typing lasts unless it goes on
LEAVE_DELAY = 3.0  # seconds for which a user stays present after their last connection: they may reload or reconnect
HANDOVER_DELAY = 1.5  # more seconds with other processes, until one of them reports that the user reconnected there
# A dead connection is dropped after 55 s at most (PONG_TIMEOUT and HEARTBEAT of the broadcaster), its user after 60 s.

LoadUsers = Callable[[Collection[int]], Awaitable[Mapping[int, UserOut]]]


class RoomPresence(NamedTuple):
    """Who is in a room, and who is typing, by the connections of one process or of all. Users by id."""

    users: frozenset[int] = frozenset()
    guests: frozenset[str] = frozenset()
    typing: frozenset[int] = frozenset()


class Replication(Protocol):
    """Informs other processes about this one."""

    def state_changed(self) -> None:
        """A user came, left, started or stopped typing on a connection of this process."""

    def typing_stopped(self, room_id: int, user_id: int) -> None:
        """A user stopped typing, on a connection of any process."""


@dataclass(slots=True)
class _RoomState:
    """A room with users at any process, or with a change to publish.

    users     all who are present or typing at any process, once they are loaded
    leaving   users without a connection, until their LEAVE_DELAY is over
    """

    users: dict[int, UserOut] = field(default_factory=dict)
    connections: Counter[int] = field(default_factory=Counter)
    leaving: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    guests: Counter[str] = field(default_factory=Counter)
    typing: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    published_at: float = float("-inf")  # loop time, seconds
    publishing: asyncio.TimerHandle | None = None

    def local(self) -> RoomPresence:
        """Who is in it by the connections of this process."""
        here = self.connections.keys() | self.leaving.keys()
        return RoomPresence(frozenset(here), frozenset(self.guests), frozenset(self.typing))


class Presence:
    """Tracks who is in which room.

    1. A user is present while one of their connections follows the room, and LEAVE_DELAY longer.
    2. Every change is published within PUBLISH_INTERVAL to the subscribers that named the room, new ones included.
    3. Each process knows its own connections; the published state combines the states of all.

    load_users    loads the users whose ids other processes report
    replication   informs other processes; it sets itself
    """

    def __init__(self, broadcaster: Broadcaster, load_users: LoadUsers) -> None:
        self.replication: Replication | None = None
        self._broadcaster = broadcaster
        self._load_users = load_users
        self._rooms: dict[int, _RoomState] = {}
        self._remote: dict[str, dict[int, RoomPresence]] = {}  # process → room → who is there
        self._loading: set[asyncio.Task[None]] = set()
        broadcaster.add_listener(events.USERS, self._user_changed)

    # Connections of this process.

    def join(self, room_id: int, user: UserOut) -> Callable[[], None]:
        """A connection of a user starts to follow a room; returns a function to call once when it ends."""
        room = self._room(room_id)
        leaving = room.leaving.pop(user.id, None)
        if leaving is not None:
            leaving.cancel()
        room.connections[user.id] += 1
        room.users[user.id] = user
        self._local_changed(room_id)
        return partial(self._leave, room_id, user.id)

    def join_as_guest(self, room_id: int, guest: str) -> Callable[[], None]:
        """A guest enters a room; returns a function to call once when they leave."""
        self._room(room_id).guests[guest] += 1
        self._local_changed(room_id)

        def leave() -> None:
            guests = self._room(room_id).guests
            guests[guest] -= 1
            if not guests[guest]:
                del guests[guest]
            self._local_changed(room_id)

        return leave

    def typing(self, room_id: int, user: UserOut) -> None:
        """A user is typing, for TYPING_DURATION from now."""
        room = self._room(room_id)
        before = room.typing.get(user.id)
        if before is not None:
            before.cancel()
        expiry = partial(self._local_typing_stopped, room_id, user.id)
        room.typing[user.id] = asyncio.get_running_loop().call_later(TYPING_DURATION, expiry)
        room.users[user.id] = user
        if before is None:
            self._local_changed(room_id)

    def stopped_typing(self, room_id: int, user_id: int) -> None:
        """A user has sent their message: they stopped typing, on a connection of any process."""
        self.clear_typing(room_id, user_id)
        if self.replication is not None:
            self.replication.typing_stopped(room_id, user_id)

    def now(self, room_id: int) -> PresenceOut:
        """Who is in a room at this moment."""
        everywhere = self._everywhere(room_id)
        users = self._rooms[room_id].users if room_id in self._rooms else {}
        return PresenceOut(
            room_id=room_id,
            here=_by_nickname(users[user_id] for user_id in everywhere.users if user_id in users),
            guests=sorted(everywhere.guests),
            typing=_by_nickname(users[user_id] for user_id in everywhere.typing if user_id in users),
        )

    def close(self) -> None:
        """Publish nothing more."""
        self.replication = None
        for task in self._loading:
            task.cancel()
        for room in self._rooms.values():
            for timer in (*room.leaving.values(), *room.typing.values(), room.publishing):
                if timer is not None:
                    timer.cancel()
        self._rooms.clear()
        self._remote.clear()

    # States of other processes, and for them.

    @property
    def leave_delay(self) -> float:
        """Seconds for which a user stays present after their last connection."""
        return LEAVE_DELAY + (HANDOVER_DELAY if self._remote else 0)

    def local_state(self) -> dict[int, RoomPresence]:
        """Who is in which room by the connections of this process."""
        local = {room_id: room.local() for room_id, room in self._rooms.items()}
        return {room_id: here for room_id, here in local.items() if any(here)}

    def set_remote(self, process: str, rooms: dict[int, RoomPresence]) -> None:
        """Apply the state of another process."""
        before = self._remote.get(process, {})
        self._remote[process] = rooms
        unknown: set[int] = set()
        changed: list[int] = []
        for room_id in before.keys() | rooms.keys():
            there = rooms.get(room_id, RoomPresence())
            missing = (there.users | there.typing) - self._room(room_id).users.keys()
            unknown |= missing
            if missing or there != before.get(room_id):
                changed.append(room_id)
        if unknown:
            task = asyncio.get_running_loop().create_task(self._load(unknown, changed))
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)
        else:
            for room_id in changed:
                self.schedule_publish(room_id)

    def forget_remote(self, process: str) -> None:
        """Another process has ended: remove its state."""
        for room_id in self._remote.pop(process, {}):
            self.schedule_publish(room_id)

    def clear_typing(self, room_id: int, user_id: int) -> None:
        """A user stopped typing, on a connection of any process."""
        self._local_typing_stopped(room_id, user_id)
        for rooms in self._remote.values():
            there = rooms.get(room_id)
            if there is not None and user_id in there.typing:
                rooms[room_id] = there._replace(typing=there.typing - {user_id})
                self.schedule_publish(room_id)

    async def _load(self, user_ids: Collection[int], room_ids: Iterable[int]) -> None:
        """Load the users of some rooms, then publish these."""
        found: Mapping[int, UserOut] = {}
        with suppress(ProblemError):  # the next state of that process tries again
            found = await self._load_users(user_ids)
        for room_id in room_ids:
            room = self._room(room_id)
            room.users = {**found, **room.users}  # loaded users may have changed during the read
            self.schedule_publish(room_id)

    def _user_changed(self, message: FeedMessage) -> None:
        """A user, who may be in a room, was renamed."""
        user = UserOut.model_validate(json.loads(message.data)["user"])
        for room_id, room in self._rooms.items():
            if user.id in room.users or any(user.id in (*there.users, *there.typing) for there in self._there(room_id)):
                room.users[user.id] = user
                self.schedule_publish(room_id)

    def _leave(self, room_id: int, user_id: int) -> None:
        room = self._room(room_id)
        room.connections[user_id] -= 1
        if room.connections[user_id] <= 0:
            del room.connections[user_id]
            later = asyncio.get_running_loop().call_later
            room.leaving[user_id] = later(self.leave_delay, self._left, room_id, user_id)

    def _left(self, room_id: int, user_id: int) -> None:
        self._room(room_id).leaving.pop(user_id, None)
        self._local_changed(room_id)

    def _local_typing_stopped(self, room_id: int, user_id: int) -> None:
        room = self._rooms.get(room_id)
        if room is not None and user_id in room.typing:
            room.typing.pop(user_id).cancel()
            self._local_changed(room_id)

    def _local_changed(self, room_id: int) -> None:
        self.schedule_publish(room_id)
        if self.replication is not None:
            self.replication.state_changed()

    def _room(self, room_id: int) -> _RoomState:
        return self._rooms.setdefault(room_id, _RoomState())

    def _there(self, room_id: int) -> list[RoomPresence]:
        """Who is in a room at each of the other processes."""
        return [rooms[room_id] for rooms in self._remote.values() if room_id in rooms]

    def _everywhere(self, room_id: int) -> RoomPresence:
        """Who is in a room at any process."""
        parts = [self._rooms[room_id].local() if room_id in self._rooms else RoomPresence(), *self._there(room_id)]
        return RoomPresence(
            frozenset().union(*(part.users for part in parts)),
            frozenset().union(*(part.guests for part in parts)),
            frozenset().union(*(part.typing for part in parts)),
        )

    def schedule_publish(self, room_id: int) -> None:
        """Publish the state of a room soon: it has changed, or a connection without a user starts to follow it."""
        room = self._room(room_id)
        if room.publishing is None and not self._broadcaster.closing:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), room.published_at + PUBLISH_INTERVAL)
            room.publishing = loop.call_at(due, self._publish, room_id)

    def _publish(self, room_id: int) -> None:
        room = self._room(room_id)
        room.publishing = None
        everywhere = self._everywhere(room_id)
        present = (everywhere.users | everywhere.typing) & room.users.keys()
        room.users = {user_id: room.users[user_id] for user_id in present}
        topic = events.room(room_id)
        event = PresenceEvent(topic=topic, action="update", presence=self.now(room_id))
        self._broadcaster.publish([FeedMessage(topic, None, "", events.encode(event))])
        room.published_at = asyncio.get_running_loop().time()
        if not any(everywhere):
            # Kept until the interval is over: a user who comes and goes is published once a second at most.
            room.publishing = asyncio.get_running_loop().call_later(PUBLISH_INTERVAL, self._forget, room_id)

    def _forget(self, room_id: int) -> None:
        self._room(room_id).publishing = None
        if any(self._everywhere(room_id)):
            self._publish(room_id)
        else:
            del self._rooms[room_id]


def _by_nickname(users: Iterable[UserOut]) -> list[UserOut]:
    return sorted(users, key=lambda user: (user.nickname.casefold(), user.id))
