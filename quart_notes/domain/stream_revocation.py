"""Ends streams whose access was revoked."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from types import MappingProxyType

from quart_notes.domain.access_cache import AccessCache, Grant
from quart_notes.domain.rooms.rooms import Rooms
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.feed import Subscription
from quart_notes.storage.database import dedicated_connection

NO_THREADS: Mapping[str, int] = MappingProxyType({})
MAX_TIMER = 7 * 24 * 3600.0  # seconds: a stream that lives longer is checked again

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Stream:
    """An open stream: what it needs, and how to end it.

    all_closed   it follows all closed rooms of its caller, without having named each
    threads      the boards of the threads that it has named, by topic
    checks       of its access, that are under way; it is held until the last one is done
    """

    grant: Grant
    topics: frozenset[str]
    all_closed: bool
    subscription: Subscription
    end: Callable[[], None]
    threads: Mapping[str, int]
    checks: int = 0
    timer: asyncio.TimerHandle | None = None
    ended: bool = False  # by itself


class StreamRevocation:
    """Ends a stream immediately when its session or token has ended, or when its caller may no longer see its topics.

    A stream of a thread ends when its caller does not see the board that the note is on by now.
    A stream of all closed rooms also ends when its caller joins another one: its client then resumes with that one.

    1. A stream is held from the event of a change of access on, until it is known that the access is still there: of
       what is published after the event, a stream that ends has sent nothing, and another one misses nothing.
    2. The cache is made first: it learns of a change before the streams are checked.
    """

    def __init__(self, broadcaster: Broadcaster, cache: AccessCache, rooms: Rooms) -> None:
        self._cache = cache
        self._rooms = rooms
        self._separate_topics = broadcaster.separate_topics
        self._streams: dict[int, set[_Stream]] = {}
        self._empty_context = Context()
        self._recheck_tasks: set[asyncio.Task[None]] = set()
        broadcaster.add_listener(events.ACCESS, self._on_access_change)

    def watch_stream(
        self,
        grant: Grant,
        topics: frozenset[str],
        subscription: Subscription,
        end: Callable[[], None],
        *,
        all_closed: bool = False,
        threads: Mapping[str, int] = NO_THREADS,
    ) -> Callable[[], None]:
        """Call `end`, which closes the subscription, when the stream must end.

        all_closed   it must also end when its caller joins a closed room that is not among the topics
        threads      the boards of the threads among the topics, by topic
        returns      the function to call when it has ended by itself
        """
        stream = _Stream(grant, topics, all_closed, subscription, end, threads)
        user = grant.caller.id or 0
        self._streams.setdefault(user, set()).add(stream)
        self._set_timer(stream)
        if grant.generation != self._cache.generation:
            self._recheck_soon([stream])

        def leave() -> None:
            stream.ended = True
            self._stop_timer(stream)
            streams = self._streams.get(user, set())
            streams.discard(stream)
            if not streams:
                self._streams.pop(user, None)

        return leave

    @staticmethod
    def _stop_timer(stream: _Stream) -> None:
        if stream.timer is not None:
            stream.timer.cancel()
            stream.timer = None

    def _set_timer(self, stream: _Stream) -> None:
        self._stop_timer(stream)
        if stream.grant.expires is not None:
            loop = asyncio.get_running_loop()
            due = min(stream.grant.expires, loop.time() + MAX_TIMER)
            # The context of the request would keep the request and its connection's buffers as long as the timer.
            stream.timer = loop.call_at(due, self._recheck_soon, [stream], context=self._empty_context)

    def _on_access_change(self, message: FeedMessage) -> None:
        access = events.AccessEvent.model_validate_json(message.data).access
        if access.user_id is not None:
            self._recheck_soon(list(self._streams.get(access.user_id, ())))
        if access.room_id is not None:
            topic = events.room(access.room_id)
            streams = (stream for of_user in self._streams.values() for stream in of_user)
            self._recheck_soon([stream for stream in streams if topic in stream.topics])

    def _recheck_soon(self, streams: list[_Stream]) -> None:
        for stream in streams:
            stream.checks += 1
            stream.subscription.hold()
        if streams:
            task = asyncio.get_running_loop().create_task(self._recheck(streams))
            self._recheck_tasks.add(task)
            task.add_done_callback(self._recheck_tasks.discard)

    async def _recheck(self, streams: list[_Stream]) -> None:
        for stream in streams:
            try:
                with dedicated_connection():  # streams must end within a second, however busy the other connections are
                    allowed = await self._still_allowed(stream)
            except Exception:
                log.exception("A stream could not be checked; it ends, and its client reconnects")
                allowed = False
            stream.checks -= 1
            if stream.ended:
                continue
            if not allowed:
                stream.end()
            elif not stream.checks:
                self._set_timer(stream)
                stream.subscription.release()

    async def _still_allowed(self, stream: _Stream) -> bool:
        before = stream.grant
        if before.kind == "token":
            grant = await self._cache.token(before.secret)
        else:
            grant = await self._cache.session(before.secret, trusted=before.caller.trusted)
        if grant is None or (grant.caller.id, grant.caller.guest) != (before.caller.id, before.caller.guest):
            return False
        if grant.expires is not None and grant.expires <= asyncio.get_running_loop().time():
            return False
        stream.grant = grant
        if grant.caller.trusted:
            return True
        if stream.all_closed and not grant.rooms <= stream.topics:
            return False
        if stream.threads and not await self._still_sees_threads(stream, before):
            return False
        others = stream.topics - stream.threads.keys()
        of_members = {topic for topic in others if events.is_board(topic) or topic in self._separate_topics}
        if grant.caller.guest:
            of_members |= before.rooms & stream.topics  # one that was opened for everybody is no guest's
        # A member who was removed and added again must not get what was published between.
        return of_members <= grant.topics and all(
            grant.starts.get(topic) == before.starts.get(topic) for topic in of_members
        )

    async def _still_sees_threads(self, stream: _Stream, before: Grant) -> bool:
        """Whether the caller still sees the threads; a thread that was moved is of its new board from now on."""
        rooms = await self._rooms.followable([events.number_of(topic) for topic in stream.threads], stream.grant.caller)
        now = {events.room(room_id): board_id for room_id, board_id in rooms.items() if board_id is not None}
        if now.keys() != stream.threads.keys():
            return False
        former, stream.threads = stream.threads, now
        # As for boards: a member who was removed and added again must not get what was published between.
        boards = {events.board(board_id) for topic, board_id in now.items() if former[topic] == board_id}
        return all(stream.grant.starts.get(board) == before.starts.get(board) for board in boards)

    def close(self) -> None:
        """Stop checking."""
        for task in self._recheck_tasks:
            task.cancel()
