"""Long lists of messages, without a server: pages, their cost, and purging."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tortoise.connection import get_connection

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.service import DELETE_CHUNK
from quart_notes.errors import NotFoundError
from quart_notes.live.writer import Change
from quart_notes.models import Message
from quart_notes.schemas import (
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomQuery,
    UserCreate,
    UserOut,
)
from quart_notes.settings import Settings
from quart_notes.storage.database import READER
from tests.support.api_fixtures import MAX_ID, NUMBERS
from tests.support.servers.in_process import opened, rows, update_rows

DAYS = Settings().trash_days


# Without a server: long lists, and purging.


async def _people(core: Core, number: int) -> list[UserOut]:
    added = [
        await core.users.add(UserCreate(name="x", email="x@y", nickname=f"n{next(NUMBERS)}")) for _ in range(number)
    ]
    return [one.result for one in added]


async def _posted(core: Core, author: UserOut, content: str = "x", room_id: int = 1) -> MessageOut:
    data = RoomMessageCreate(author_id=author.id, content=content)
    return (await core.messages.post(ANYBODY, room_id, data)).result.message


async def _aged(core: Core, message: MessageOut, days: float) -> None:
    await update_rows(core, Message, {"id": message.id}, deleted_at=datetime.now(UTC) - timedelta(days=days))


async def test_a_message_deleted_long_ago_is_purged_and_a_recent_one_can_be_restored(core: Core):
    (ada,) = await _people(core, 1)
    kept, recent, old = [await _posted(core, ada, text) for text in ("kept", "recent", "old")]
    for message in (recent, old):
        await core.messages.delete(ANYBODY, message.id, ada.id)
    await _aged(core, recent, DAYS - 0.1)
    await _aged(core, old, DAYS + 0.1)
    before = await core.log.newest()

    await core.run_chores()

    assert rows(core, "SELECT id FROM message ORDER BY id") == [(kept.id,), (recent.id,)]
    assert await core.log.newest() == before, "it told somebody"
    with pytest.raises(NotFoundError):
        await core.messages.restore(ANYBODY, old.id, ada.id)
    assert (await core.messages.restore(ANYBODY, recent.id, ada.id)).result.id == recent.id
    assert (await _posted(core, ada)).id > old.id, "an id was used twice"


async def test_many_messages_are_purged_in_chunks(core: Core):
    (ada,) = await _people(core, 1)
    said = await asyncio.gather(*(_posted(core, ada) for _ in range(DELETE_CHUNK + 5)))
    await asyncio.gather(*(core.messages.delete(ANYBODY, message.id, ada.id) for message in said))
    await update_rows(core, Message, {}, deleted_at=datetime.now(UTC) - timedelta(days=DAYS + 1))

    assert (await core.messages.empty_trash(DAYS)).result
    assert rows(core, "SELECT count(*) FROM message") == [(5,)]
    assert not (await core.messages.empty_trash(DAYS)).result
    assert rows(core, "SELECT count(*) FROM message") == [(0,)]


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from(["a>b", "b>a", "a>a", "b>c", "room"]), st.booleans()), max_size=25),
    st.integers(1, 9),
)
def test_pages_of_any_size_contain_each_message_once_in_order_in_both_directions(
    steps: list[tuple[str, bool]], limit: int
):
    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            named = dict(zip("abc", await _people(core, 3), strict=True))
            kept: dict[str, list[int]] = {"direct": [], "of a": [], "room": []}
            for how, deleted in steps:
                author = named[how[0]] if ">" in how else named["a"]
                if ">" in how:
                    data = MessageCreate(author_id=author.id, recipient_id=named[how[2]].id, content=how)
                    message = (await core.messages.send(ANYBODY, data)).result.message
                else:
                    message = await _posted(core, author)
                if deleted:
                    await core.messages.delete(ANYBODY, message.id, author.id)
                    continue
                kept["direct" if ">" in how else "room"].append(message.id)
                if ">" in how and "a" in how:
                    kept["of a"].append(message.id)
            lists = {
                "direct": lambda query: core.messages.direct(ANYBODY, query),
                "of a": lambda query: core.messages.of_user(ANYBODY, named["a"].id, query),
                "room": lambda query: core.messages.in_room(ANYBODY, 1, query),
            }
            for name, read in lists.items():
                for backwards in (False, True):
                    found: list[int] = []
                    place, more = MAX_ID if backwards else 0, True
                    while more:
                        where = {"before_id": place} if backwards else {"after_id": place}
                        page = await read(MessageQuery(limit=limit, **where))
                        ids, more = [message.id for message in page.items], page.more
                        assert ids == sorted(ids)
                        assert len(ids) == limit or not more
                        found = ids + found if backwards else found + ids
                        place = (ids[0] if backwards else ids[-1]) if ids else 0
                    assert found == kept[name], (name, backwards)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


async def test_concurrent_changes_of_a_message_are_atomic(core: Core):
    ada, bob = await _people(core, 2)
    sent = (
        await core.messages.send(ANYBODY, MessageCreate(author_id=ada.id, recipient_id=bob.id, content="0"))
    ).result.message

    async def change(number: int) -> None:
        await core.messages.change(ANYBODY, sent.id, MessageUpdate(author_id=ada.id, content=f"{number}"))

    await asyncio.gather(*(change(number) for number in range(1, 31)))

    message, place = await core.messages.get(ANYBODY, sent.id)
    assert message.version == 31
    assert place == await core.log.newest()
    # Two users and their boards; the room, the message and its changes, to both; the recipient's notification.
    assert place.number == 2 * 2 + 2 * (1 + 1 + 30) + 1


# What a page costs.

STEP = 100  # SQLite virtual machine instructions between two counts


async def _cost(read: Callable[[], Awaitable[object]]) -> tuple[int, int]:
    """The cost of a read: SQL statements, and instructions in units of STEP. Unlike time, it is reproducible."""
    statements: list[str] = []
    steps = count()
    raw: Any = get_connection(READER)
    await raw._connection.set_trace_callback(statements.append)
    await raw._connection.set_progress_handler(lambda: next(steps) and None, STEP)
    try:
        await read()
    finally:
        await raw._connection.set_trace_callback(None)
        await raw._connection.set_progress_handler(None, 0)
    return len(statements), next(steps)


async def _fill(core: Core, authors: list[UserOut], number: int, room_id: int = 1) -> None:
    """A room full of messages, inserted directly."""

    async def work(change: Change) -> None:
        now = datetime.now(UTC)
        said = [
            Message(room_id=room_id, author_id=authors[n % len(authors)].id, content=f"message {n}", date=now)
            for n in range(number)
        ]
        await Message.bulk_create(said, using_db=change.connection)

    await core.writer(work)


@pytest.mark.sqlite_only("looks over its shoulder")
async def test_a_page_costs_the_same_queries_for_any_number_of_messages_and_users(core: Core):
    known = await _people(core, 12)
    ada = known[0]

    async def talk() -> None:
        for other in known[1:]:
            await core.messages.send(ANYBODY, MessageCreate(author_id=ada.id, recipient_id=other.id, content="hi"))
            await core.messages.send(ANYBODY, MessageCreate(author_id=other.id, recipient_id=ada.id, content="hi"))
            await _posted(core, other)

    async def costs() -> list[int]:
        query = MessageQuery()
        reads: list[Callable[[], Awaitable[object]]] = [
            lambda: core.messages.direct(ANYBODY, query),
            lambda: core.messages.of_user(ANYBODY, ada.id, query),
            lambda: core.messages.in_room(ANYBODY, 1, query),
            lambda: core.rooms.find(ANYBODY, RoomQuery(person_id=ada.id)),
            lambda: core.read_markers.of_user(ANYBODY, ada.id),
        ]
        return [(await _cost(read))[0] for read in reads]

    await core.messages.send(ANYBODY, MessageCreate(author_id=ada.id, recipient_id=ada.id, content="hi"))
    await _posted(core, ada)
    few = await costs()
    await talk()
    await talk()
    many = await costs()

    assert few == many
    assert max(many) <= 8, "begin, the position, the place, the messages, their people, and the end"


@pytest.mark.sqlite_only("looks over its shoulder")
async def test_a_page_of_ten_thousand_messages_costs_no_more_than_one_of_a_hundred(core: Core):
    authors = await _people(core, 5)
    (small, large) = [(await core.rooms.add(ANYBODY, RoomCreate(name=name))).result.id for name in ("small", "large")]
    await _fill(core, authors, 100, small)
    await _fill(core, authors, 100, large)
    _, list_before = await _cost(lambda: core.rooms.find(ANYBODY, RoomQuery()))
    await _fill(core, authors, 10_000, large)
    _, list_after = await _cost(lambda: core.rooms.find(ANYBODY, RoomQuery()))
    await _fill(core, authors, 100, small)  # so that the small room has the newest and the oldest messages
    ids = [row[0] for row in rows(core, f"SELECT id FROM message WHERE room_id = {large} ORDER BY id")]

    async def cost(room_id: int, **page: int) -> tuple[int, int]:
        return await _cost(lambda: core.messages.in_room(ANYBODY, room_id, MessageQuery(limit=50, **page)))

    page = await core.messages.in_room(ANYBODY, large, MessageQuery(before_id=MAX_ID, limit=50))
    of_small = await cost(small, before_id=MAX_ID)
    pages: list[dict[str, int]] = [{"before_id": MAX_ID}, {}, {"after_id": ids[5000]}, {"before_id": ids[5000]}]
    pages.append({"after_id": ids[-60]})
    of_large = [await cost(large, **each) for each in pages]

    assert len(page.items) == 50
    assert page.more
    assert {statements for statements, _ in of_large} == {of_small[0]}
    assert max(steps for _, steps in of_large) <= of_small[1] * 1.2 + 2, "it looks at more rows than it brings"
    assert list_after <= list_before + 2, "the list of rooms looks at more than the newest message of each"
