"""Responses that are read once for all callers who wait for them.

A read knows no caller: each is checked before they join it, and again when it is done, by the grants that the access
cache has after all events that its rows include.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.access_cache import Grant
from quart_notes.live.response_cache import CachedResponse, ReadResponse, RunningRead
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.raw_headers import fields_in
from quart_notes.web.security.authentication import cached_grant

SCOPE_CURRENT = "quart_notes.current"  # in a scope: whether this process has published what the sender may know

# The response as that caller may see it, and the newest event that it includes.
ReadFor = Callable[[Caller], Awaitable[tuple[CachedResponse, EventId]]]


class JoinedRead(NamedTuple):
    """The response of a shared read, the newest event that it includes, and the grant of a caller who may have it."""

    response: CachedResponse
    position: EventId
    grant: Grant


def viewer(parts: Core, scope: Any, topic: str) -> Grant | None:
    """The cached grant of the sender of a request, if they may see the responses of a topic."""
    grant = cached_grant(parts, fields_in(scope), scope["root_path"], secure=scope["scheme"] == "https")
    return grant if grant is not None and grant.may_subscribe(topic) else None


async def join(parts: Core, scope: Any, running: RunningRead) -> JoinedRead | None:
    """The response of a read; None when the caller may not have it.

    Nothing may be awaited between `running_read` and this.
    raises   what the read raises
    """
    topic = running.state.topic
    if viewer(parts, scope, topic) is None:
        return None
    newest = parts.broadcaster.newest  # as none of its topic is missing, the response includes everything up to that
    response, number = await running.result()
    grant = viewer(parts, scope, topic)
    if parts.broadcaster.newest < number or grant is None:
        return None
    return JoinedRead(response, EventId(parts.log.epoch, max(number, newest)), grant)


async def shared_read(
    parts: Core, scope: Any, topic: str, read: ReadFor, who: Caller
) -> tuple[CachedResponse, EventId]:
    """The response of a GET request that is the same for all who may subscribe to a topic.

    It is read for this caller alone when they are not known to see it, or may know of events that this process does
    not: then the read decides.
    """
    path, query = scope["path"], scope["query_string"]

    async def read_for_all() -> ReadResponse:
        response, position = await read(ANYBODY)
        await parts.follower.catch_up_with(position.number)
        return ReadResponse(response, position.number)

    if scope.get(SCOPE_CURRENT) and viewer(parts, scope, topic) is not None:
        cache = parts.response_cache
        cached = cache.get(path, query)  # since the connection looked there
        if cached is not None:
            return cached, EventId(parts.log.epoch, parts.broadcaster.newest)
        running = cache.running_read(path, query) or cache.start_read(path, query, topic, read_for_all)
        found = await join(parts, scope, running)
        if found is not None:
            return found.response, found.position
    response, position = await read(who)
    parts.response_cache.put(path, query, position.number, response)
    return response, position
