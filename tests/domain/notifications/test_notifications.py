"""Notifications: written with their cause, read on all screens, and only of what their user may see."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quart_notes.domain import message_queries, messages
from quart_notes.live.events import user
from quart_notes.models import Notification
from quart_notes.schemas import (
    LevelUpdate,
    MessageCreate,
    MessageOut,
    NoteCreate,
    NoteMove,
    NotificationsRead,
    ReadingUpdate,
    RoomMessageCreate,
)
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.inboxes import inbox, told, unread
from tests.support.servers.in_process import update_rows

LOBBY = 1


async def counts(house: House, nickname: str, after: EventId) -> list[int]:
    """The numbers of unread ones in the events of a user."""
    events = await house.events(after, user(house.people[nickname].id))
    return [event["inbox"]["unread"] for event in events if "inbox" in event]


async def reply(house: House, who: str, to: MessageOut, content: str) -> MessageOut:
    data = RoomMessageCreate(author_id=house.people[who].id, content=content, reply_to=to.id)
    return (await house.core.messages.post(house.caller(who), to.room_id, data)).result.message


async def write_to(house: House, who: str, recipient: str, content: str) -> MessageOut:
    ids = {"author_id": house.people[who].id, "recipient_id": house.people[recipient].id}
    return (
        await house.core.messages.send(house.caller(who), MessageCreate.model_validate({**ids, "content": content}))
    ).result.message


async def level(house: House, who: str, room_id: int, wanted: Any) -> None:
    data = LevelUpdate(reader_id=house.people[who].id, level=wanted)
    await house.core.read_markers.set_level(house.caller(who), room_id, data)


async def test_a_message_tells_each_user_once_by_the_most_that_it_is(house: House):
    start = await house.core.log.newest()
    first = await house.say("bob", LOBBY, "is there tea?")

    await reply(house, "ada", first, "@bob @eve yes")
    await reply(house, "eve", first, "soon")
    await reply(house, "bob", first, "I see @bob")

    assert await told(house, "bob") == [("mention", "ada", "@bob @eve yes"), ("reply", "eve", "soon")]
    assert await told(house, "eve") == [("mention", "ada", "@bob @eve yes")]
    assert await counts(house, "bob", start) == [1, 2]
    (one,) = await inbox(house, "eve")
    assert (one.room_id, one.room, one.read_at, one.board_id, one.count) == (LOBBY, "lobby", None, None, 1)


async def test_direct_messages_are_one_row_for_a_conversation(house: House):
    start = await house.core.log.newest()
    for text in ("one", "two", "three"):
        said = await write_to(house, "ada", "bob", text)
    await write_to(house, "bob", "bob", "to myself")

    (row,) = await inbox(house, "bob")
    assert (row.kind, row.text, row.count, row.message_id, row.room) == ("message", "three", 3, said.id, None)
    assert await counts(house, "bob", start) == [1, 1, 1]
    assert await told(house, "ada") == []


async def test_the_level_of_a_room_says_what_one_is_notified_of(house: House):
    await level(house, "bob", LOBBY, "nothing")
    await level(house, "eve", LOBBY, "everything")

    first = await house.say("bob", LOBBY, "hello")
    await house.say("ada", LOBBY, "@bob hello")
    await reply(house, "ada", first, "hello again")
    await house.core.reactions.add(house.caller("ada"), first.id, house.people["ada"].id, "👍")

    assert await told(house, "bob") == []
    (row,) = await inbox(house, "eve")
    assert (row.kind, row.count, row.text) == ("message", 3, "hello again")
    room = (await write_to(house, "ada", "bob", "direct")).room_id
    await level(house, "bob", room, "mentions")
    await write_to(house, "ada", "bob", "and again")
    assert [one.text for one in await inbox(house, "bob")] == ["direct"]


async def test_reactions_are_one_row_that_grows_and_shrinks(house: House):
    said = await house.say("bob", LOBBY, "tea is ready")
    react, take_back = house.core.reactions.add, house.core.reactions.remove

    async def by(name: str, act: Any, emoji: str) -> tuple[str | None, int, bool]:
        await act(house.caller(name), said.id, house.people[name].id, emoji)
        (row,) = await inbox(house, "bob")
        return row.actor.nickname if row.actor else None, row.count, row.read_at is None

    assert await by("ada", react, "👍") == ("ada", 1, True)
    assert await by("ada", react, "🎉") == ("ada", 1, True)
    await house.core.notifications.mark_read(house.caller("bob"), NotificationsRead(up_to_id=10**6))
    assert await by("eve", react, "👍") == ("eve", 2, True)
    assert await by("bob", react, "👍") == ("eve", 2, True)
    assert await by("eve", take_back, "👍") == ("ada", 1, True)
    await take_back(house.caller("ada"), said.id, house.people["ada"].id, "👍")
    await take_back(house.caller("ada"), said.id, house.people["ada"].id, "🎉")
    assert await inbox(house, "bob") == []


async def test_an_invitation_is_told_until_its_user_is_removed(house: House):
    board, room = await house.board(ada="owner", bob="viewer"), await house.room(ada="owner", bob="member")

    assert [(one.board, one.room) for one in await inbox(house, "bob")] == [(None, "Committee"), ("Allotment", None)]
    start = await house.core.log.newest()
    await house.core.members.remove(house.caller("ada"), board, house.people["bob"].id)
    await house.core.room_members.remove(house.caller("ada"), room, house.people["bob"].id)
    assert await inbox(house, "bob") == []
    assert await counts(house, "bob", start) == [1, 0] or await unread(house, "bob") == 0


async def test_what_one_may_not_see_any_more_is_in_no_list(house: House):
    board, room = await house.board(ada="owner", bob="viewer"), await house.room(ada="owner", bob="member")
    note = (await house.core.notes.add(house.caller("ada"), board, NoteCreate(description="@bob secret"))).result
    said = await house.say("ada", room, "@bob secret")
    await house.core.notifications.mark_read(house.caller("bob"), NotificationsRead(up_to_id=2))
    ada, bob = house.people["ada"].id, house.people["bob"].id
    mentions = {note.id, said.id}

    async def seen() -> set[int | None]:
        rows = await inbox(house, "bob", unread="true")
        assert await unread(house, "bob") == len(rows)
        return {one.note_id or one.message_id for one in rows if one.kind == "mention"}

    async def last_count() -> int:
        return (await counts(house, "bob", EventId(house.core.log.epoch, 0)))[-1]

    assert await seen() == mentions
    await house.core.notes.delete(house.caller("ada"), board, note.id)
    assert (await seen(), await last_count()) == ({said.id}, 1)
    await house.core.notes.restore(house.caller("ada"), board, note.id)
    await house.core.messages.delete(house.caller("ada"), said.id, ada)
    assert (await seen(), await last_count()) == ({note.id}, 1)
    await house.core.messages.restore(house.caller("ada"), said.id, ada)
    own = next(one for one in (await house.core.boards.roles(house.caller("ada"))) if one not in {1, board})
    await house.core.note_moves.move(house.caller("ada"), board, note.id, NoteMove(board_id=own))
    assert (await seen(), await last_count()) == ({said.id}, 1)
    await house.core.note_moves.move(house.caller("ada"), own, note.id, NoteMove(board_id=board))
    await house.core.boards.delete(house.caller("ada"), board)
    assert (await seen(), await last_count()) == ({said.id}, 1)
    await house.core.boards.restore(house.caller("ada"), board)
    await house.core.room_upkeep.delete(house.caller("ada"), room)
    assert (await seen(), await last_count()) == ({note.id}, 1)
    await house.core.room_upkeep.restore(house.caller("ada"), room)
    assert (await seen(), await last_count()) == (mentions, 2)
    await house.core.room_members.remove(house.caller("ada"), room, bob)
    await house.core.members.remove(house.caller("ada"), board, bob)
    assert (await seen(), await last_count()) == (set(), 0)


async def test_what_is_read_on_one_screen_is_read_on_all(house: House):
    first = await house.say("ada", LOBBY, "@bob one")
    await house.say("ada", LOBBY, "@bob two")
    note = (await house.core.notes.add(house.caller("ada"), 1, NoteCreate(description="@bob three"))).result
    start = await house.core.log.newest()
    mark = house.core.notifications.mark_read

    reading = ReadingUpdate(reader_id=house.people["bob"].id, message_id=first.id)
    await house.core.read_markers.mark_read(house.caller("bob"), LOBBY, reading)
    of_note = next(one for one in await inbox(house, "bob") if one.note_id == note.id)
    left, _ = await mark(house.caller("bob"), NotificationsRead(ids=[of_note.id]))
    again, _ = await mark(house.caller("bob"), NotificationsRead(ids=[of_note.id]))
    foreign, _ = await mark(house.caller("eve"), NotificationsRead(up_to_id=10**9))
    await mark(house.caller("bob"), NotificationsRead(up_to_id=10**9))

    assert (left.unread, again.unread, foreign.unread) == (1, 1, 0)
    assert await counts(house, "bob", start) == [2, 1, 0]
    assert await inbox(house, "bob", unread="true") == []
    assert len(await inbox(house, "bob", unread="false")) == 3


async def test_a_list_comes_in_pages(house: House):
    for number in range(5):
        await house.say("ada", LOBBY, f"@bob {number}")

    async with await house.browser("bob") as client:
        answer = await client.get("/api/me/notifications?limit=2")
        pages = [answer.json()]
        while "next" in answer.links:
            answer = await client.get(answer.links["next"]["url"])
            pages.append(answer.json())
        read = await client.post("/api/me/notifications/read", json={"up_to_id": pages[0]["notifications"][0]["id"]})

    texts = [one["text"] for page in pages for one in page["notifications"]]
    assert texts == [f"@bob {number}" for number in range(4, -1, -1)]
    assert {page["unread"] for page in pages} == {5}
    assert read.json()["unread"] == 0


async def test_old_ones_and_those_of_what_is_deleted_for_good_are_deleted(house: House):
    await house.say("ada", LOBBY, "@bob long ago")
    await update_rows(house.core, Notification, {}, created_at=datetime.now(UTC) - timedelta(days=90, seconds=1))
    said = await house.say("ada", LOBBY, "@bob deleted")
    note = (await house.core.notes.add(house.caller("ada"), 1, NoteCreate(description="@bob deleted"))).result

    await house.core.run_chores()
    assert [one.text for one in await inbox(house, "bob")] == ["@bob deleted"] * 2
    await house.core.messages.delete(house.caller("ada"), said.id, house.people["ada"].id)
    await house.core.notes.delete(house.caller("ada"), 1, note.id)
    await house.core.trash.delete(house.caller("root"), 1, note.id)
    await house.core.messages.empty_trash(-1)
    async with house.core.database.snapshot() as connection:
        assert await Notification.all().using_db(connection).count() == 0


@pytest.mark.parametrize("body", [{"ids": [0]}, {"ids": 1}, {"up_to_id": 0}, {"up_to_id": None}, {"all": True}])
async def test_what_was_read_is_named_by_valid_ids(house: House, body: dict[str, Any]):
    async with await house.browser("bob") as client:
        assert (await client.post("/api/me/notifications/read", json=body)).status_code == 422


async def test_each_message_is_told_once_whatever_fails_beside_it(house: House, monkeypatch: pytest.MonkeyPatch):
    """All are in one transaction: a failure after the notification was written takes it back with its message."""
    record = message_queries.record_message_event

    def record_some(change: Any, action: Any, room: Any, message: MessageOut) -> None:
        if "fails" in message.content:
            raise RuntimeError("the process dies")
        record(change, action, room, message)

    monkeypatch.setattr(messages, "record_message_event", record_some)
    texts = [f"@bob {number}{' fails' * (number % 3 == 0)}" for number in range(30)]

    outcomes = await asyncio.gather(*(house.say("ada", LOBBY, text) for text in texts), return_exceptions=True)

    posted = [one.content for one in outcomes if isinstance(one, MessageOut)]
    assert sorted(posted) == sorted(text for text in texts if "fails" not in text)
    assert sorted(text for _, _, text in await told(house, "bob")) == sorted(posted)
    assert (await counts(house, "bob", EventId(house.core.log.epoch, 0)))[-1] == await unread(house, "bob") == 20


async def test_a_guest_is_mentioned_and_notified_where_they_are_a_member(house: House):
    board = await house.board("Shared", root="owner", ada="editor")
    other = await house.board("Other", ada="owner")
    await house.welcome("gus", board_id=board, role="viewer")

    for place in (1, other, board):
        await house.core.notes.add(house.caller("ada"), place, NoteCreate(description=f"@gus on {place}"))

    assert await told(house, "gus") == [("mention", "ada", f"@gus on {board}")]
