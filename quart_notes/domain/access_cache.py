"""Caches the caller behind each session or token."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.domain.api_tokens import ApiTokens
from quart_notes.domain.boards import Boards
from quart_notes.domain.rooms.rooms import Rooms
from quart_notes.domain.sessions import Sessions
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.schemas import Role

CACHE_SECONDS = 60.0  # seconds that an entry is valid, unless something changes
MAX_ENTRIES = 20_000  # sessions and tokens

PUBLIC = frozenset({events.SHARED_BOARD, events.USERS, events.ROOMS, events.ALL_ROOMS})
Kind = Literal["session", "token"]


@dataclass(frozen=True, slots=True)
class Grant:
    """The grant of a session or token.

    board     the board that is open in the browser
    roles     the caller's roles, by board that they see
    rooms     the topics of their closed rooms
    starts    the event after which a replay may begin, by topic; see `Boards.replay_starts`
    expires   loop time, seconds; None: never
    generation   of the cache, when the grant was made
    topics    the topics of a subscription that names none
    """

    caller: Caller
    board: int
    roles: Mapping[int, Role]
    rooms: frozenset[str]
    starts: Mapping[str, int]
    expires: float | None
    generation: int
    kind: Kind
    secret: str = field(repr=False)
    topics: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", topics_of(self.caller, self.roles, self.rooms))

    def may_subscribe(self, topic: str) -> bool:
        """Whether this caller may subscribe to a topic."""
        return topic in self.topics or (events.is_board(topic) and events.ALL_BOARDS in self.topics)

    def starts_with(self, threads: Mapping[str, int]) -> dict[str, int]:
        """`starts` with those of threads, whose replay begins where that of their board does.

        threads   their boards, by topic
        """
        of_threads = {topic: self.starts.get(events.board(board_id)) for topic, board_id in threads.items()}
        return {**self.starts, **{topic: start or 0 for topic, start in of_threads.items()}}


def topics_of(caller: Caller, roles: Mapping[int, Role], rooms: Collection[str] = ()) -> frozenset[str]:
    """The topics of a caller's subscription that names none; `roles` and `rooms` as in Grant."""
    public: frozenset[str] = frozenset() if caller.guest else PUBLIC
    own = {events.user(caller.id)} if caller.id else set()
    boards = {events.board(board_id) for board_id in roles}
    return public | boards | own | set(rooms) | ({events.ALL_BOARDS} if caller.trusted else set())


class AccessCache:
    """Caches callers.

    A session or token is looked up in the database once in CACHE_SECONDS, and again after a change of its access.
    The change is an event like any other, so it reaches every process that follows the log.

    generation   grows with each change of access: a grant of an earlier one may be out of date
    """

    def __init__(
        self, broadcaster: Broadcaster, sessions: Sessions, tokens: ApiTokens, boards: Boards, rooms: Rooms
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._boards = boards
        self._rooms = rooms
        self.generation = 0
        self._entries: OrderedDict[tuple[Kind, str], tuple[float, Grant]] = OrderedDict()
        self.anybody = Grant(  # for callers without a session
            ANYBODY, SHARED_BOARD, {}, frozenset(), {}, None, 0, "session", ""
        )
        self._broadcaster = broadcaster
        broadcaster.add_listener(events.ACCESS, self._on_access_change)

    async def open(self) -> None:
        """Load what only feeds that name it receive: the personal boards, and closed and deleted rooms."""
        self._broadcaster.separate_topics.update(map(events.board, await self._boards.personal()))
        self._broadcaster.separate_topics.update(map(events.room, await self._rooms.apart()))

    def cached(self, kind: Kind, secret: str) -> Grant | None:
        """The cached grant of a secret, without a query."""
        entry = self._entries.get((kind, secret))
        if entry is None:
            return None
        until, grant = entry
        if asyncio.get_running_loop().time() > until:
            del self._entries[kind, secret]
            return None
        return grant

    async def session(self, secret: str, *, trusted: bool) -> Grant | None:
        """The grant of a browser's session; a session without sign-in counts in open mode only."""
        grant = self.cached("session", secret)
        if grant is not None:
            return grant
        generation = self.generation
        found = await self._sessions.find(secret)
        if found is None or not (trusted or (found.proven and found.user)):
            return None
        caller = Caller(found.user, trusted, found.admin, session=found.id)
        return await self._store(("session", secret), generation, caller, found.board_id, found.expires_at)

    async def token(self, secret: str) -> Grant | None:
        """The grant of a program's token."""
        grant = self.cached("token", secret)
        if grant is not None:
            return grant
        generation = self.generation
        found = await self._tokens.find(secret)
        if found is None:
            return None
        caller = Caller(found.user, scope=found.scope, token=found.id)
        return await self._store(("token", secret), generation, caller, SHARED_BOARD, found.expires_at)

    async def _store(
        self, key: tuple[Kind, str], generation: int, caller: Caller, board_id: int, expires_at: datetime | None
    ) -> Grant:
        """The caller's grant; cached, unless access has changed since this generation."""
        roles = await self._boards.roles(caller)
        starts = await self._boards.replay_starts(caller)
        topic_starts = {events.board(number): start for number, start in starts.items()}
        rooms = {events.room(number): start for number, start in (await self._rooms.replay_starts(caller)).items()}
        topic_starts |= {topic: start for topic, start in rooms.items() if start}
        now = asyncio.get_running_loop().time()
        expires = None if expires_at is None else now + (expires_at - datetime.now(UTC)).total_seconds()
        grant = Grant(caller, board_id, roles, frozenset(rooms), topic_starts, expires, generation, *key)
        if generation == self.generation:  # otherwise it may have been read just before the change
            until = now + CACHE_SECONDS
            self._entries[key] = (until if expires is None else min(until, expires), grant)
            while len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return grant

    def _on_access_change(self, message: FeedMessage) -> None:
        self.generation += 1
        access = events.AccessEvent.model_validate_json(message.data).access
        if access.board_id is not None:
            self._broadcaster.separate_topics.add(events.board(access.board_id))
        if access.room_id is not None:
            move = self._broadcaster.separate_topics.add if access.apart else self._broadcaster.separate_topics.discard
            move(events.room(access.room_id))
        for key in [key for key, (_, grant) in self._entries.items() if _is_of(grant, access)]:
            del self._entries[key]


def _is_of(grant: Grant, access: events.AccessChange) -> bool:
    if access.user_id is not None:
        return grant.caller.id == access.user_id
    if access.room_id is not None:
        return events.room(access.room_id) in grant.rooms
    return access.session_id is not None and grant.caller.session == access.session_id
