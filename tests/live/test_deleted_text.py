"""Replays contain no deleted text, and a new member gets no events from before they joined."""

import asyncio
import json
import random
import tempfile
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live.events import SHARED_BOARD, board, room, user
from quart_notes.schemas import (
    MemberUpdate,
    MessageCreate,
    MessageOut,
    NoteCreate,
    NoteOut,
    NoteUpdate,
    RoomMessageCreate,
    UserCreate,
    UserOut,
)
from quart_notes.schemas.deleted_text import TEXT, subject_of
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.clients.fake_outlet import plain
from tests.support.clients.log_follower import Follower
from tests.support.servers.in_process import Json, apply, fresh, mutate, opened, rows

EDITOR = MemberUpdate(role="editor")
IN_THE_LOG = "SELECT body FROM event_log ORDER BY number"


async def _replayed(core: Core, *topics: str, starts: dict[str, int] | None = None) -> list[Json]:
    """The replay of a reader from the start of the log."""
    subscription = core.feed.subscribe(topics, EventId(core.log.epoch, 0), plain, starts or {})
    found = [json.loads(message.data) async for page in subscription.history() for message in page]
    subscription.close()
    return found


def _logged(core: Core) -> list[Json]:
    """The events in the database itself."""
    return [json.loads(body) for (body,) in rows(core, IN_THE_LOG)]


def _without_id(event: Json) -> Json:
    return {name: value for name, value in event.items() if name != "id"}


async def _ada(core: Core) -> UserOut:
    return (await core.users.add(UserCreate(name="x", email="x@y", nickname="ada"))).result


def test_every_text_field_is_listed():
    for name, shape, made_of_text in (("note", NoteOut, {"content"}), ("message", MessageOut, {"formatted"})):
        words = {
            field for field, info in shape.model_fields.items() if str in (info.annotation, *get_args(info.annotation))
        }
        assert words - {"guest", "client_key", "rank"} == set(TEXT[name]) - made_of_text


@settings(max_examples=8)
@given(st.integers(0, 1 << 32), st.integers(1, 60), st.integers(1, 8))
def test_after_any_changes_only_deleted_notes_lose_their_text(seed: int, turns: int, at_once: int):
    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            chance = random.Random(seed)
            live = Follower(core, 0)
            for _ in range(turns):
                await asyncio.gather(*(mutate(core, chance) for _ in range(at_once)))
            await live.reached(core.broadcaster.newest)
            await live.close()
            replayed = await _replayed(core, SHARED_BOARD)
            assert [_without_id(event) for event in replayed] == _about_notes(core)

            deleted = {
                event["note"]["id"]: number for number, event in enumerate(replayed) if event["action"] == "delete"
            }
            for number, (heard, later) in enumerate(zip(live.events, replayed, strict=True)):
                blank = number <= deleted.get(heard["note"]["id"], -1)
                assert later == (heard | {"note": heard["note"] | TEXT["note"]} if blank else heard)
            state: dict[int, Json] = {}
            for event in replayed:
                apply(state, event)
            assert state == (await fresh(core))[0]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


def _about_notes(core: Core) -> list[Json]:
    return [event for event in _logged(core) if "note" in event]


async def test_a_live_reader_gets_the_complete_last_state_at_every_process(core: Core):
    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="Ärger", description="line\n2"))).result
    before = core.broadcaster.newest
    live = Follower(core, before)

    await core.notes.delete(ANYBODY, 1, note.id)

    await live.reached(before + 1)
    await live.close()
    elsewhere = await core.log.read_after(before)  # what another process on the same database publishes
    assert [json.loads(message.data) for message in elsewhere.messages] == live.events
    assert live.events[0]["note"] == note.model_dump(mode="json")


async def test_a_live_reader_gets_the_complete_last_state_of_a_message_at_every_process(core: Core):
    ada = await _ada(core)
    data = RoomMessageCreate(author_id=ada.id, content="**Ärger**\n- [ ] 2")
    message = (await core.messages.post(ANYBODY, 1, data)).result.message
    before = core.broadcaster.newest

    await core.messages.delete(ANYBODY, message.id, ada.id)

    found = [json.loads(one.data)["message"] for one in (await core.log.read_after(before)).messages]
    assert message.formatted
    assert found == [message.model_dump(mode="json")]


async def test_events_of_purged_notes_stay_without_text_at_other_processes(core: Core):
    note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="secret"))).result
    await core.notes.delete(ANYBODY, 1, note.id)
    await core.trash.delete(ANYBODY, 1, note.id)

    found = (await core.log.read_after(0)).messages

    assert found
    assert b"secret" not in b"".join(message.data for message in found)


async def test_a_note_created_changed_and_deleted_in_one_transaction_has_no_text(core: Core):
    added = core.notes.add(ANYBODY, 1, NoteCreate(title="secret one"))
    changed = core.notes.change(ANYBODY, 1, 1, NoteUpdate(title="secret two"))
    deleted, restored = core.notes.delete(ANYBODY, 1, 1), core.notes.restore(ANYBODY, 1, 1)
    other = core.notes.add(ANYBODY, 1, NoteCreate(title="another"))

    await asyncio.gather(added, changed, deleted, restored, other)

    titles = [event["note"]["title"] for event in _about_notes(core)]
    assert titles == [None, None, None, "secret two", "another"]
    assert [event["note"]["title"] for event in await _replayed(core, SHARED_BOARD)] == titles


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "in a room"])
async def test_the_text_of_a_deleted_message_is_in_no_replay(core: Core, direct: bool):
    ada = await _ada(core)
    text, other = 'se\u2028cret "quoted" and **bold**', "kept"
    for content in (text, other):
        if direct:
            await core.messages.send(ANYBODY, MessageCreate(author_id=ada.id, recipient_id=ada.id, content=content))
        else:
            await core.messages.post(ANYBODY, 1, RoomMessageCreate(author_id=ada.id, content=content))

    await core.messages.delete(ANYBODY, 1, ada.id)

    for found in (await _replayed(core, room(1), user(ada.id)), _logged(core)):
        said = [
            (event["action"], event["message"]["id"], event["message"]["content"], event["message"]["formatted"])
            for event in found
            if "message" in event
        ]
        assert said == [("create", 1, "", None), ("create", 2, other, None), ("delete", 1, "", None)]
        assert "bold" not in json.dumps(found)


@pytest.mark.sqlite_only("how it plans a query")
async def test_events_of_a_deleted_object_are_found_by_an_index(core: Core):
    plan = rows(core, "EXPLAIN QUERY PLAN SELECT number, body FROM event_log WHERE subject IN ('note:1', 'note:2')")

    assert "event_by_subject" in str(plan)


def test_other_events_refer_to_no_object_with_text():
    for body in (b"{}", b'{"topic":"board:1"}', b'{"topic":"users","action":"create","user":{"id":1,"name":"note"}}'):
        assert subject_of(body) == (None, False)


async def _heard(house: House, nickname: str, *topics: str) -> list[Any]:
    """The titles of the notes in a user's replay from the start, in a browser and in an API client."""
    core = house.core
    secret = await core.sessions.start(house.people[nickname].id, "a browser", "192.0.2.1", proven=True)
    browser, program = (
        await core.access_cache.session(secret, trusted=False),
        await core.access_cache.token(await house.token(nickname)),
    )
    assert browser is not None
    assert program is not None
    found = [await _replayed(core, *topics, starts=dict(passed.starts)) for passed in (browser, program)]
    assert found[0] == found[1]
    return [event["note"]["title"] for event in found[0] if "note" in event]


async def test_a_new_member_gets_no_earlier_events_of_a_board(house: House):
    shared = await house.board(ada="owner", bob="editor")
    for title in ("one", "two"):
        await house.note("ada", shared, title)

    await house.core.members.set(house.caller("ada"), shared, house.people["eve"].id, EDITOR)
    await house.note("ada", shared, "three")

    assert await _heard(house, "bob", board(shared)) == ["one", "two", "three"]
    assert await _heard(house, "ada", board(shared)) == ["one", "two", "three"]
    assert await _heard(house, "eve", board(shared)) == ["three"]
    await house.core.members.remove(house.caller("ada"), shared, house.people["bob"].id)
    await house.core.members.set(house.caller("ada"), shared, house.people["bob"].id, EDITOR)
    await house.note("ada", shared, "four")
    assert await _heard(house, "bob", board(shared)) == ["four"]


async def test_a_new_user_gets_no_earlier_events_on_any_topic(house: House):
    await house.note("ada", 1, "before")
    ada = house.people["ada"]
    await house.core.messages.post(house.caller("ada"), 1, RoomMessageCreate(author_id=ada.id, content="before"))

    await house.welcome("zoe")
    await house.note("ada", 1, "after")
    await house.core.messages.post(house.caller("ada"), 1, RoomMessageCreate(author_id=ada.id, content="after"))

    assert await _heard(house, "zoe", SHARED_BOARD) == ["after"]
    assert await _heard(house, "ada", SHARED_BOARD) == ["before", "after"]
    secret = await house.core.sessions.start(house.people["zoe"].id, "a browser", "192.0.2.1", proven=True)
    passed = await house.core.access_cache.session(secret, trusted=False)
    assert passed is not None
    everything = await _replayed(house.core, *passed.topics, starts=dict(passed.starts))
    kinds = {name for event in everything for name in event if name not in {"id", "topic", "action", "by"}}
    assert kinds == {"note", "message", "user"}
    assert [event["user"]["nickname"] for event in everything if "user" in event] == ["zoe"]
    assert "before" not in json.dumps(everything)
