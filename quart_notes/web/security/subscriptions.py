"""The topics of a subscriber, authorised in one place."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.access_cache import Grant, topics_of
from quart_notes.errors import BadRequestError, UnknownTopicError
from quart_notes.live import events
from quart_notes.live.feed import Subscription
from quart_notes.schemas import MAX_ID, FeedQuery, UserOut
from quart_notes.web.context import core
from quart_notes.web.error_handlers import validation_problem
from quart_notes.web.security.authentication import acting_as, identify

PLACE = re.compile(r"(board|room):[0-9]+", re.ASCII)
NUMBERED_TOPIC = re.compile(r"(board|room|user):([1-9][0-9]{0,18})", re.ASCII)
MAX_TOPICS = 200  # of one subscription


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """An authorised subscription.

    user     of the subscriber, or None: anonymous
    places   topics of the rooms and boards that it names one by one; the user is present there. With their own topic
             ONLINE
    grant    of the session or token; None: nobody signed in
    all_closed   it has named all closed rooms at once; these are among its topics
    threads  the boards of the threads among its topics, by topic
    """

    topics: frozenset[str]
    user: UserOut | None
    places: tuple[str, ...]
    grant: Grant | None
    all_closed: bool = False
    threads: Mapping[str, int] = field(default_factory=dict)

    @property
    def starts(self) -> Mapping[str, int]:
        """The event after which a replay may begin, by topic."""
        if self.grant is None:
            return {}
        return self.grant.starts if not self.threads else self.grant.starts_with(self.threads)

    def on_revoked(self, subscription: Subscription, end: Callable[[], None]) -> Callable[[], None]:
        """Call `end`, which closes the subscription, when the access is revoked.

        returns   the function to call when the stream has ended by itself
        """
        if self.grant is None:
            return _nothing
        return core().stream_revocation.watch_stream(
            self.grant, self.topics, subscription, end, all_closed=self.all_closed, threads=self.threads
        )


def _nothing() -> None:
    """Nothing is revoked without a grant."""


def feed_query(arguments: MultiDict[str, str]) -> FeedQuery:
    """A websocket's query, validated as quart-schema does it for the event stream: repeated values are refused."""
    values = {name: found if len(found) > 1 else found[0] for name, found in arguments.lists()}
    try:
        return FeedQuery.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error) from None


async def _visible(who: Caller, grant: Grant | None) -> frozenset[str]:
    """The topics of a subscription that names none: one object for many streams, since each stores it."""
    if who is ANYBODY:
        return core().access_cache.anybody.topics
    if grant is not None and who is grant.caller:
        return grant.topics
    return topics_of(who, await core().boards.roles(who))


async def authorise_feed(query: FeedQuery) -> FeedAccess:
    """The subscription that a query describes: to the topics that it names, or to all visible ones.

    In open mode callers choose who they are, so they may name the topic of any user; only its two users may subscribe
    to a direct conversation.

    raises   UnknownTopicError for a topic that does not exist or is not visible
    """
    grant = await identify()
    who = await acting_as(query.person)
    visible = await _visible(who, grant)
    if query.topics is None:
        return FeedAccess(visible, who.user, (), grant)
    topics = frozenset(topic.strip() for topic in query.topics.split(","))
    if len(topics) > MAX_TOPICS:
        raise BadRequestError(f"A subscription has at most {MAX_TOPICS} topics.")
    numbered: dict[str, list[int]] = {"board": [], "room": [], "user": []}
    for topic in topics - visible - {events.CLOSED_ROOMS}:
        if (match := NUMBERED_TOPIC.fullmatch(topic)) and int(match[2]) <= MAX_ID:
            numbered[match[1]].append(int(match[2]))
    rooms = await core().rooms.followable(numbered["room"], who)
    threads = {events.room(room_id): board_id for room_id, board_id in rooms.items() if board_id is not None}
    visible |= {*map(events.room, rooms)} | await _extra_topics(who, numbered) | {events.CLOSED_ROOMS}
    if topics - visible:
        unknown = ", ".join(sorted(topics - visible))
        raise UnknownTopicError(f"There is no topic {unknown or '(empty)'} for you.")
    places = tuple(sorted(topic for topic in topics if PLACE.fullmatch(topic)))
    if who.user is not None and events.user(who.user.id) in topics:
        places += (events.ONLINE,)
    if events.CLOSED_ROOMS not in topics:
        return FeedAccess(topics, who.user, places, grant, threads=threads)
    closed = frozenset() if grant is None or who is not grant.caller else grant.rooms
    topics = topics - {events.CLOSED_ROOMS} | closed
    return FeedAccess(topics, who.user, places, grant, all_closed=True, threads=threads)


async def _extra_topics(who: Caller, numbered: Mapping[str, Collection[int]]) -> set[str]:
    """The topics of users and boards that may be named beside the visible ones."""
    further: set[str] = set()
    if who.trusted:
        further |= {events.user(user_id) for user_id in await core().users.existing_users(numbered["user"])}
        further |= {events.board(board_id) for board_id in await core().boards.existing_ids(numbered["board"])}
    return further
