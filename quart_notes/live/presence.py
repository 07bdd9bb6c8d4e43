"""Who is in a room and types there, who edits the notes of a board: volatile, at most an event a second and topic."""

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
from quart_notes.live.events import EditingEvent, PresenceEvent
from quart_notes.schemas import EditedNote, EditingOut, PresenceOut, UserOut

PUBLISH_INTERVAL = 1.0  # seconds between two events of a topic at least
TYPING_DURATION = 5.0  # seconds that typing lasts unless it goes on
EDITING_DURATION = 150.0  # seconds that editing lasts unless it is reported again; a hidden page does so once a minute
LEAVE_DELAY = 3.0  # seconds for which a user stays present after their last connection: they may reload or reconnect
HANDOVER_DELAY = 1.5  # more seconds with other processes, until one of them reports that the user reconnected there
# A dead connection is dropped after 55 s at most (PONG_TIMEOUT and HEARTBEAT of the broadcaster), its user after 60 s.

LoadUsers = Callable[[Collection[int]], Awaitable[Mapping[int, UserOut]]]
Writing = tuple[
    int, int
]  # ids of a user, and of what they write in: the room where they type, or the note that they edit


class Attendance(NamedTuple):
    """Who follows a topic and who is writing there, by the connections of one process or of all. Users by id."""

    users: frozenset[int] = frozenset()
    guests: frozenset[str] = frozenset()
    writing: frozenset[Writing] = frozenset()

    def shown(self, topic: str) -> frozenset[int]:
        """The users whom an event of the topic may name."""
        writers = frozenset(user_id for user_id, _ in self.writing)
        return writers if events.is_board(topic) or topic == events.ONLINE else self.users | writers


class Replication(Protocol):
    """Informs other processes about this one."""

    def state_changed(self) -> None:
        """A user came, left, started or stopped writing on a connection of this process."""

    def writing_stopped(self, topic: str, writing: Writing) -> None:
        """A user stopped writing, on a connection of any process."""


@dataclass(slots=True)
class _Place:
    """A room or a board with users at any process, or with a change to publish.

    users     those with a connection to this process, and all others that its event names, once they are loaded
    leaving   users without a connection, until their LEAVE_DELAY is over
    silent    subscribers know of nobody who writes there
    """

    users: dict[int, UserOut] = field(default_factory=dict)
    connections: Counter[int] = field(default_factory=Counter)
    leaving: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    guests: Counter[str] = field(default_factory=Counter)
    writing: dict[Writing, asyncio.TimerHandle] = field(default_factory=dict)
    published_at: float = float("-inf")  # loop time, seconds
    publishing: asyncio.TimerHandle | None = None
    silent: bool = True

    def local(self) -> Attendance:
        """Who is there by the connections of this process."""
        here = self.connections.keys() | self.leaving.keys()
        return Attendance(frozenset(here), frozenset(self.guests), frozenset(self.writing))


class Presence:
    """Tracks who follows which room and which board, and who is writing there.

    1. A user is present while one of their connections follows the topic, and LEAVE_DELAY longer.
    2. Every change of a room is published within PUBLISH_INTERVAL to the subscribers that named it, new ones included.
       Of a board only editing is published, of users who are present.
    3. Each process knows its own connections; the published state combines the states of all.

    load_users    loads the users whose ids other processes report
    replication   informs other processes; it sets itself
    on_online     called after `online` has changed
    """

    def __init__(self, broadcaster: Broadcaster, load_users: LoadUsers) -> None:
        self.replication: Replication | None = None
        self.on_online: Callable[[], None] = _nothing
        self._broadcaster = broadcaster
        self._load_users = load_users
        self._places: dict[str, _Place] = {}  # topic → who is there
        self._remote: dict[str, dict[str, Attendance]] = {}  # process → topic → who is there
        self._loading: set[asyncio.Task[None]] = set()
        broadcaster.add_listener(events.USERS, self._user_changed)

    # Connections of this process.

    def join(self, room_id: int, user: UserOut) -> Callable[[], None]:
        """A user enters a room; returns a function to call once when they leave."""
        return self.follow(events.room(room_id), user)

    def follow(self, topic: str, user: UserOut | None) -> Callable[[], None]:
        """A connection starts to follow a room or a board; returns a function to call once when it ends.

        user   None: anonymous, who only gets the current state
        """
        if user is None:
            self._publish_soon(topic)
            return _nothing
        place = self._place(topic)
        leaving = place.leaving.pop(user.id, None)
        if leaving is not None:
            leaving.cancel()
        place.connections[user.id] += 1
        place.users[user.id] = user
        self._local_changed(topic)
        return partial(self._leave, topic, user.id)

    def join_as_guest(self, room_id: int, guest: str) -> Callable[[], None]:
        """A guest enters a room; returns a function to call once when they leave."""
        topic = events.room(room_id)
        self._place(topic).guests[guest] += 1
        self._local_changed(topic)

        def leave() -> None:
            guests = self._place(topic).guests
            guests[guest] -= 1
            if not guests[guest]:
                del guests[guest]
            self._local_changed(topic)

        return leave

    def typing(self, room_id: int, user: UserOut) -> None:
        """A user is typing, for TYPING_DURATION from now."""
        self._write(events.room(room_id), room_id, user, TYPING_DURATION)

    def stopped_typing(self, room_id: int, user_id: int) -> None:
        """A user has sent their message: they stopped typing, on a connection of any process."""
        self._stop_everywhere(events.room(room_id), (user_id, room_id))

    def editing(self, board_id: int, note_id: int, user: UserOut) -> None:
        """A user has an editor of a note open, for EDITING_DURATION from now."""
        self._write(events.board(board_id), note_id, user, EDITING_DURATION)

    def stopped_editing(self, board_id: int, note_id: int, user_id: int) -> None:
        """A user has closed their editor, on a connection of any process."""
        self._stop_everywhere(events.board(board_id), (user_id, note_id))

    def now(self, room_id: int) -> PresenceOut:
        """Who is in a room at this moment."""
        topic = events.room(room_id)
        everywhere, users = self._everywhere(topic), self._known(topic)
        return PresenceOut(
            room_id=room_id,
            here=_by_nickname(users[user_id] for user_id in everywhere.users if user_id in users),
            guests=sorted(everywhere.guests),
            typing=_by_nickname(users[user_id] for user_id, _ in everywhere.writing if user_id in users),
        )

    @property
    def online(self) -> frozenset[int]:
        """The ids of the users who are online, at any process."""
        return self._everywhere(events.ONLINE).users

    def edited(self, board_id: int) -> EditingOut:
        """The notes of a board that are being edited at this moment."""
        topic = events.board(board_id)
        everywhere, users = self._everywhere(topic), self._known(topic)
        editors: dict[int, list[UserOut]] = {}
        for user_id, note_id in everywhere.writing:
            if user_id in users and user_id in everywhere.users:
                editors.setdefault(note_id, []).append(users[user_id])
        notes = [EditedNote(note_id=note_id, people=_by_nickname(editors[note_id])) for note_id in sorted(editors)]
        return EditingOut(board_id=board_id, notes=notes)

    def close(self) -> None:
        """Publish nothing more."""
        self.replication = None
        for task in self._loading:
            task.cancel()
        for place in self._places.values():
            for timer in (*place.leaving.values(), *place.writing.values(), place.publishing):
                if timer is not None:
                    timer.cancel()
        self._places.clear()
        self._remote.clear()

    # States of other processes, and for them.

    @property
    def leave_delay(self) -> float:
        """Seconds for which a user stays present after their last connection."""
        return LEAVE_DELAY + (HANDOVER_DELAY if self._remote else 0)

    def local_state(self) -> dict[str, Attendance]:
        """Who is where, by topic, by the connections of this process."""
        local = {topic: place.local() for topic, place in self._places.items()}
        return {topic: here for topic, here in local.items() if any(here)}

    def set_remote(self, process: str, places: dict[str, Attendance]) -> None:
        """Apply the state of another process."""
        before = self._remote.get(process, {})
        self._remote[process] = places
        unknown: set[int] = set()
        changed: list[str] = []
        for topic in before.keys() | places.keys():
            there = places.get(topic, Attendance())
            missing = there.shown(topic) - self._place(topic).users.keys()
            unknown |= missing
            if missing or there != before.get(topic):
                changed.append(topic)
        if unknown:
            task = asyncio.get_running_loop().create_task(self._load(unknown, changed))
            self._loading.add(task)
            task.add_done_callback(self._loading.discard)
        else:
            for topic in changed:
                self._publish_soon(topic)

    def forget_remote(self, process: str) -> None:
        """Another process has ended: remove its state."""
        for topic in self._remote.pop(process, {}):
            self._publish_soon(topic)

    def stop_writing(self, topic: str, writing: Writing) -> None:
        """A user stopped writing, on a connection of any process."""
        self._local_writing_stopped(topic, writing)
        for places in self._remote.values():
            there = places.get(topic)
            if there is not None and writing in there.writing:
                places[topic] = there._replace(writing=there.writing - {writing})
                self._publish_soon(topic)

    async def _load(self, user_ids: Collection[int], topics: Iterable[str]) -> None:
        """Load the users of some topics, then publish these."""
        found: Mapping[int, UserOut] = {}
        with suppress(ProblemError):  # the next state of that process tries again
            found = await self._load_users(user_ids)
        for topic in topics:
            place = self._place(topic)
            place.users = {**found, **place.users}  # loaded users may have changed during the read
            self._publish_soon(topic)

    def _user_changed(self, message: FeedMessage) -> None:
        """A user, who may be somewhere, was renamed."""
        user = UserOut.model_validate(json.loads(message.data)["user"])
        for topic, place in self._places.items():
            if user.id in place.users or any(user.id in there.shown(topic) for there in self._there(topic)):
                place.users[user.id] = user
                self._publish_soon(topic)

    def _write(self, topic: str, thing_id: int, user: UserOut, duration: float) -> None:
        place = self._place(topic)
        writing = (user.id, thing_id)
        before = place.writing.get(writing)
        if before is not None:
            before.cancel()
        expiry = partial(self._local_writing_stopped, topic, writing)
        place.writing[writing] = asyncio.get_running_loop().call_later(duration, expiry)
        place.users[user.id] = user
        if before is None:
            self._local_changed(topic)

    def _stop_everywhere(self, topic: str, writing: Writing) -> None:
        self.stop_writing(topic, writing)
        if self.replication is not None:
            self.replication.writing_stopped(topic, writing)

    def _leave(self, topic: str, user_id: int) -> None:
        place = self._place(topic)
        place.connections[user_id] -= 1
        if place.connections[user_id] <= 0:
            del place.connections[user_id]
            later = asyncio.get_running_loop().call_later
            place.leaving[user_id] = later(self.leave_delay, self._left, topic, user_id)

    def _left(self, topic: str, user_id: int) -> None:
        self._place(topic).leaving.pop(user_id, None)
        self._local_changed(topic)

    def _local_writing_stopped(self, topic: str, writing: Writing) -> None:
        place = self._places.get(topic)
        if place is not None and writing in place.writing:
            place.writing.pop(writing).cancel()
            self._local_changed(topic)

    def _local_changed(self, topic: str) -> None:
        self._publish_soon(topic)
        if self.replication is not None:
            self.replication.state_changed()

    def _place(self, topic: str) -> _Place:
        return self._places.setdefault(topic, _Place())

    def _known(self, topic: str) -> dict[int, UserOut]:
        """The users of a topic whose names are known here."""
        return self._places[topic].users if topic in self._places else {}

    def _there(self, topic: str) -> list[Attendance]:
        """Who is where the topic is about, at each of the other processes."""
        return [places[topic] for places in self._remote.values() if topic in places]

    def _everywhere(self, topic: str) -> Attendance:
        """The same at any process."""
        parts = [self._places[topic].local() if topic in self._places else Attendance(), *self._there(topic)]
        return Attendance(
            frozenset().union(*(part.users for part in parts)),
            frozenset().union(*(part.guests for part in parts)),
            frozenset().union(*(part.writing for part in parts)),
        )

    def _publish_soon(self, topic: str) -> None:
        """Publish who is there: it has changed, or a connection without a user starts to follow the topic."""
        place = self._place(topic)
        if place.publishing is None and not self._broadcaster.closing:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), place.published_at + PUBLISH_INTERVAL)
            place.publishing = loop.call_at(due, self._publish, topic)

    def _publish(self, topic: str) -> None:
        place = self._place(topic)
        place.publishing = None
        everywhere = self._everywhere(topic)
        needed = everywhere.shown(topic) | place.local().users
        place.users = {user_id: user for user_id, user in place.users.items() if user_id in needed}
        event = self._event(topic, place)
        if event is not None:
            self._broadcaster.publish([FeedMessage(topic, None, "", events.encode(event))])
        place.published_at = asyncio.get_running_loop().time()
        if not any(everywhere):
            # Kept until the interval is over: a user who comes and goes is published once a second at most.
            place.publishing = asyncio.get_running_loop().call_later(PUBLISH_INTERVAL, self._forget, topic)

    def _event(self, topic: str, place: _Place) -> PresenceEvent | EditingEvent | None:
        """What to publish; None while nobody edits a note of a board and its subscribers know that."""
        if topic == events.ONLINE:
            self.on_online()
            return None
        number = events.number_of(topic)
        if not events.is_board(topic):
            return PresenceEvent(topic=topic, action="update", presence=self.now(number))
        editing = self.edited(number)
        was_silent, place.silent = place.silent, not editing.notes
        return None if was_silent and place.silent else EditingEvent(topic=topic, action="update", editing=editing)

    def _forget(self, topic: str) -> None:
        self._place(topic).publishing = None
        if any(self._everywhere(topic)):
            self._publish(topic)
        else:
            del self._places[topic]


def _nothing() -> None:
    """An anonymous connection leaves nothing behind, and nobody need be told who is online."""


def _by_nickname(users: Iterable[UserOut]) -> list[UserOut]:
    return sorted(users, key=lambda user: (user.nickname.casefold(), user.id))
