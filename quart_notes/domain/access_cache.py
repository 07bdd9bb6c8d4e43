"""Caches the caller behind each session or token, and closes streams whose access was revoked."""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.domain.api_tokens import Tokens
from quart_notes.domain.boards import Boards
from quart_notes.domain.sessions import Sessions
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Message
from quart_notes.schemas import Role
from quart_notes.storage.database import aside

KEPT = 60.0  # seconds that an entry is valid, unless something changes
MAX_KEPT = 20_000  # sessions and tokens
LONGEST_TIMER = 7 * 24 * 3600.0  # seconds: a stream that lives longer is checked again

PUBLIC = frozenset({events.SHARED_BOARD, events.USERS, events.ROOMS, events.EVERY_ROOM})
Kind = Literal["session", "token"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """The grant of a session or token.

    board     the board that is open in the browser
    roles     the caller's roles, by board that they see
    starts    the event after which a replay may begin, by topic; see `Boards.replay_starts`
    expires   loop time, seconds; None: never
    made      the cache's count of changes when the grant was made
    topics    the topics of a subscription that names none
    """

    caller: Caller
    board: int
    roles: Mapping[int, Role]
    starts: Mapping[str, int]
    expires: float | None
    made: int
    kind: Kind
    secret: str = field(repr=False)
    topics: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", topics_of(self.caller, self.roles))

    def hears(self, topic: str) -> bool:
        """Whether this caller may subscribe to a topic."""
        return topic in self.topics or (events.is_board(topic) and events.EVERY_BOARD in self.topics)


def topics_of(caller: Caller, roles: Mapping[int, Role]) -> frozenset[str]:
    """The topics of a caller's subscription that names none; `roles`: the caller's roles, by board that they see."""
    own = {events.user(caller.id)} if caller.id else set()
    boards = {events.board(board_id) for board_id in roles}
    return PUBLIC | boards | own | ({events.EVERY_BOARD} if caller.trusted else set())


@dataclass(slots=True, eq=False)
class _Stream:
    """An open stream: what it needs, and how to end it."""

    passed: Pass
    topics: frozenset[str]
    end: Callable[[], None]
    timer: asyncio.TimerHandle | None = None
    left: bool = False  # it has ended by itself


class Gate:
    """Caches callers.

    1. A session or token is looked up in the database once in KEPT seconds, and again after each change of its access.
       The change is an event like any other, so it reaches every process that follows the log.
    2. A stream ends immediately when its session or token has ended, or when its caller may no longer see its topics.
    """

    def __init__(self, broadcaster: Broadcaster, sessions: Sessions, tokens: Tokens, boards: Boards) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._boards = boards
        self._changes = 0
        self._kept: OrderedDict[tuple[Kind, str], tuple[float, Pass]] = OrderedDict()
        self._streams: dict[int, set[_Stream]] = {}
        self._judging: set[asyncio.Task[None]] = set()
        self.anybody = Pass(ANYBODY, SHARED_BOARD, {}, {}, None, 0, "session", "")  # for callers without a session
        self._broadcaster = broadcaster
        broadcaster.watch(events.ACCESS, self._changed)

    async def open(self) -> None:
        """Load the personal boards: in open mode a feed hears them only if it names them or belongs to their owner."""
        self._broadcaster.apart.update(map(events.board, await self._boards.personal()))

    def known(self, kind: Kind, secret: str) -> Pass | None:
        """The cached grant of a secret, without a query."""
        kept = self._kept.get((kind, secret))
        if kept is None:
            return None
        until, passed = kept
        if asyncio.get_running_loop().time() > until:
            del self._kept[kind, secret]
            return None
        return passed

    async def session(self, secret: str, *, trusted: bool) -> Pass | None:
        """The grant of a browser's session; a session without sign-in counts in open mode only."""
        passed = self.known("session", secret)
        if passed is not None:
            return passed
        changes = self._changes
        found = await self._sessions.find(secret)
        if found is None or not (trusted or (found.proven and found.person)):
            return None
        caller = Caller(found.person, trusted, found.admin, session=found.id)
        rights = await self._rights(caller)
        return self._keep(
            Pass(caller, found.board_id, *rights, _loop_time(found.expires_at), changes, "session", secret)
        )

    async def token(self, secret: str) -> Pass | None:
        """The grant of a program's token."""
        passed = self.known("token", secret)
        if passed is not None:
            return passed
        changes = self._changes
        found = await self._tokens.find(secret)
        if found is None:
            return None
        caller = Caller(found.person, scope=found.scope, token=found.id)
        rights = await self._rights(caller)
        expires = None if found.expires_at is None else _loop_time(found.expires_at)
        return self._keep(Pass(caller, SHARED_BOARD, *rights, expires, changes, "token", secret))

    async def _rights(self, caller: Caller) -> tuple[dict[int, Role], dict[str, int]]:
        roles = await self._boards.roles(caller)
        starts = await self._boards.replay_starts(caller)
        return roles, {events.board(board_id): number for board_id, number in starts.items()}

    def _keep(self, passed: Pass) -> Pass:
        now = asyncio.get_running_loop().time()
        if passed.made == self._changes:  # otherwise it may have been read just before the change
            self._kept[passed.kind, passed.secret] = min(now + KEPT, passed.expires or now + KEPT), passed
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return passed

    def follow(self, passed: Pass, topics: frozenset[str], end: Callable[[], None]) -> Callable[[], None]:
        """Call `end` when the stream must end; returns the function to call when it has ended by itself."""
        stream = _Stream(passed, topics, end)
        person = passed.caller.id or 0
        self._streams.setdefault(person, set()).add(stream)
        self._set_timer(stream)
        if passed.made != self._changes:
            self._judge_soon([stream])

        def leave() -> None:
            stream.left = True
            self._stop_timer(stream)
            streams = self._streams.get(person, set())
            streams.discard(stream)
            if not streams:
                self._streams.pop(person, None)

        return leave

    @staticmethod
    def _stop_timer(stream: _Stream) -> None:
        if stream.timer is not None:
            stream.timer.cancel()
            stream.timer = None

    def _set_timer(self, stream: _Stream) -> None:
        self._stop_timer(stream)
        if stream.passed.expires is not None:
            loop = asyncio.get_running_loop()
            due = min(stream.passed.expires, loop.time() + LONGEST_TIMER)
            stream.timer = loop.call_at(due, self._judge_soon, [stream])

    def _changed(self, message: Message) -> None:
        self._changes += 1
        access = json.loads(message.data)["access"]
        user_id, session_id = access["user_id"], access["session_id"]
        if access.get("board_id") is not None:
            self._broadcaster.apart.add(events.board(access["board_id"]))
        for key in [key for key, (_, passed) in self._kept.items() if _is_of(passed.caller, user_id, session_id)]:
            del self._kept[key]
        self._judge_soon(list(self._streams.get(user_id, ())) if user_id is not None else [])

    def _judge_soon(self, streams: list[_Stream]) -> None:
        if streams:
            task = asyncio.get_running_loop().create_task(self._judge(streams))
            self._judging.add(task)
            task.add_done_callback(self._judging.discard)

    async def _judge(self, streams: list[_Stream]) -> None:
        for stream in streams:
            try:
                with aside():  # streams must end within a second, however busy the other connections are
                    goes_on = await self._may_go_on(stream)
            except Exception:
                log.exception("A stream could not be judged; it ends, and its client asks again")
                goes_on = False
            if stream.left:
                continue
            if goes_on:
                self._set_timer(stream)
            else:
                stream.end()

    async def _may_go_on(self, stream: _Stream) -> bool:
        before = stream.passed
        if before.kind == "token":
            passed = await self.token(before.secret)
        else:
            passed = await self.session(before.secret, trusted=before.caller.trusted)
        if passed is None or passed.caller.id != before.caller.id:
            return False
        if passed.expires is not None and passed.expires <= asyncio.get_running_loop().time():
            return False
        stream.passed = passed
        boards = {topic for topic in stream.topics if events.is_board(topic)}
        return passed.caller.trusted or boards <= passed.topics

    def close(self) -> None:
        """Stop checking."""
        for task in self._judging:
            task.cancel()


def _is_of(caller: Caller, user_id: int | None, session_id: int | None) -> bool:
    if user_id is not None:
        return caller.id == user_id
    return session_id is not None and caller.session == session_id


def _loop_time(moment: datetime) -> float:
    return asyncio.get_running_loop().time() + (moment - datetime.now(UTC)).total_seconds()
