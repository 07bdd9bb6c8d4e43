"""What a subscriber may hear: topics, authorised in one place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from quart_notes import events
from quart_notes.blueprints.context import core
from quart_notes.blueprints.errors import validation_problem
from quart_notes.blueprints.identity import chosen_person
from quart_notes.errors import BadRequestError, UnknownTopicError
from quart_notes.events import EVERY_ROOM, ROOMS, SHARED_BOARD, USERS
from quart_notes.schemas import MAX_ID, FeedQuery, UserOut

PUBLIC = frozenset({SHARED_BOARD, USERS, ROOMS, EVERY_ROOM})
NUMBERED = re.compile(r"(room|user):([1-9][0-9]{0,18})", re.ASCII)
MAX_TOPICS = 200  # of one subscription


@dataclass(frozen=True, slots=True)
class Listener:
    """Who subscribes to what.

    person   who listens, or None: nobody in particular
    rooms    ids of the rooms named one by one; the person is here in them
    """

    topics: frozenset[str]
    person: UserOut | None
    rooms: tuple[int, ...]


def feed_query(arguments: MultiDict[str, str]) -> FeedQuery:
    """A websocket's query, validated as quart-schema does it for the event stream: what is said twice is refused."""
    values = {name: found if len(found) > 1 else found[0] for name, found in arguments.lists()}
    try:
        return FeedQuery.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error) from None


async def listener(query: FeedQuery) -> Listener:
    """The listener that a query describes: with the topics that it names, or all that are visible.

    In open mode everybody chooses who they are, so the topic of any person may be named; a direct conversation may be
    followed by its two people only.

    raises   UnknownTopicError for a topic that does not exist or is not for this listener
    """
    person = await _person(query.person)
    if query.topics is None:
        own = {events.user(person.id)} if person else set()
        return Listener(PUBLIC | own, person, ())
    topics = frozenset(topic.strip() for topic in query.topics.split(","))
    if len(topics) > MAX_TOPICS:
        raise BadRequestError(f"A subscription has at most {MAX_TOPICS} topics.")
    numbered = {topic: match for topic in topics - PUBLIC if (match := NUMBERED.fullmatch(topic))}
    rooms = {int(match[2]) for match in numbered.values() if match[1] == "room"}
    people = {int(match[2]) for match in numbered.values() if match[1] == "user"}
    visible = {events.room(room_id) for room_id in await _open_to(person, rooms)}
    visible |= {events.user(user_id) for user_id in await core().people.those(_storable(people))}
    unknown = topics - PUBLIC - visible
    if unknown:
        raise UnknownTopicError(f"There is no topic {', '.join(sorted(unknown)) or '(empty)'} for you.")
    return Listener(topics, person, tuple(sorted(rooms)))


async def _person(person_id: int | None) -> UserOut | None:
    if person_id is None:
        return await chosen_person()
    person, _ = await core().people.get(person_id)
    return person


async def _open_to(person: UserOut | None, rooms: Iterable[int]) -> list[int]:
    found = await core().rooms.those(_storable(rooms))
    return [room.id for room in found.values() if room.kind == "room" or (person is not None and person in room.people)]


def _storable(ids: Iterable[int]) -> list[int]:
    return [number for number in ids if number <= MAX_ID]
