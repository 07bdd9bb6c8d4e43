"""What a subscriber may hear: topics, authorised in one place."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.access_cache import Grant, topics_of
from quart_notes.errors import BadRequestError, UnknownTopicError
from quart_notes.live import events
from quart_notes.schemas import MAX_ID, FeedQuery, UserOut
from quart_notes.web.context import core
from quart_notes.web.error_handlers import validation_problem
from quart_notes.web.security.authentication import acting_as, identify

NUMBERED_TOPIC = re.compile(r"(board|room|user):([1-9][0-9]{0,18})", re.ASCII)
MAX_TOPICS = 200  # of one subscription
ANONYMOUS_TOPICS = topics_of(ANYBODY, {})


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """Who subscribes to what.

    person   who listens, or None: nobody in particular
    rooms    ids of the rooms named one by one; the person is here in them
    passed   what let them in, when something did
    """

    topics: frozenset[str]
    person: UserOut | None
    rooms: tuple[int, ...]
    passed: Grant | None

    @property
    def starts(self) -> Mapping[str, int]:
        """After which event a replay to them may begin, by topic."""
        return {} if self.passed is None else self.passed.starts

    def on_revoked(self, end: Callable[[], None]) -> Callable[[], None]:
        """Have `end` called when they may listen no longer; returns what to call when they have left by themselves."""
        return _nothing if self.passed is None else core().stream_revocation.watch_stream(self.passed, self.topics, end)


def _nothing() -> None:
    """Nobody watches in open mode."""


def feed_query(arguments: MultiDict[str, str]) -> FeedQuery:
    """A websocket's query, validated as quart-schema does it for the event stream: what is said twice is refused."""
    values = {name: found if len(found) > 1 else found[0] for name, found in arguments.lists()}
    try:
        return FeedQuery.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error) from None


async def _visible(who: Caller, passed: Grant | None) -> frozenset[str]:
    """What they hear when they name nothing: the same object for many, since each stream keeps it."""
    if who is ANYBODY:
        return ANONYMOUS_TOPICS
    if passed is not None and who is passed.caller:
        return passed.topics
    return topics_of(who, await core().boards.roles(who))


async def authorise_feed(query: FeedQuery) -> FeedAccess:
    """The listener that a query describes: with the topics that it names, or all that are visible.

    In open mode everybody chooses who they are, so the topic of any person may be named; a direct conversation may be
    followed by its two people only.

    raises   UnknownTopicError for a topic that does not exist or is not for this listener
    """
    passed = await identify()
    who = await acting_as(query.person)
    visible = await _visible(who, passed)
    if query.topics is None:
        return FeedAccess(visible, who.person, (), passed)
    topics = frozenset(topic.strip() for topic in query.topics.split(","))
    if len(topics) > MAX_TOPICS:
        raise BadRequestError(f"A subscription has at most {MAX_TOPICS} topics.")
    numbered: dict[str, list[int]] = {"board": [], "room": [], "user": []}
    for topic in topics - visible:
        if (match := NUMBERED_TOPIC.fullmatch(topic)) and int(match[2]) <= MAX_ID:
            numbered[match[1]].append(int(match[2]))
    visible |= await _extra_topics(who, numbered)
    if topics - visible:
        unknown = ", ".join(sorted(topics - visible))
        raise UnknownTopicError(f"There is no topic {unknown or '(empty)'} for you.")
    return FeedAccess(topics, who.person, tuple(sorted(numbered["room"])), passed)


async def _extra_topics(who: Caller, numbered: Mapping[str, Collection[int]]) -> set[str]:
    """The topics that may be named beside those that are heard anyway."""
    further = {events.room(room_id) for room_id in await core().rooms.existing_rooms(numbered["room"], who.id)}
    if who.trusted:
        further |= {events.user(user_id) for user_id in await core().users.existing_users(numbered["user"])}
        further |= {events.board(board_id) for board_id in await core().boards.existing_ids(numbered["board"])}
    return further
