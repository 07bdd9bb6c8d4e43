"""The thread of a note: opened once, with the rights of its board, and counted on the note (R9)."""

import asyncio
from typing import Any

import pytest

from quart_notes.domain.access import ANYBODY
from quart_notes.errors import ForbiddenError, NotFoundError
from quart_notes.schemas import (
    LevelUpdate,
    MemberUpdate,
    MessageUpdate,
    NoteCreate,
    NoteMove,
    NoteQuery,
    NoteUpdate,
    ReadingUpdate,
    RoomQuery,
    UnreadOut,
)
from tests.support.accounts_app import House
from tests.support.assistant_questions import asked
from tests.support.inboxes import unread
from tests.support.servers.in_process import opened


async def thread(house: House, who: str, board: int, note: int) -> int:
    return (await house.core.threads.open(house.caller(who), board, note)).result.room.id


async def counts(house: House, board: int, note: int, who: str = "ada") -> tuple[int, int | None]:
    """How many messages the note says its thread has, and the newest."""
    found, _ = await house.core.notes.get(house.caller(who), board, note)
    listed = (await house.core.notes.find(house.caller(who), board, NoteQuery())).items
    assert [one.thread for one in listed if one.id == note] == [found.thread]
    assert found.thread is not None
    return found.thread["message_count"], found.thread["last_message_id"]


async def test_two_who_open_a_thread_at_once_get_the_same_one(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board)

    opened_by = await asyncio.gather(
        *(house.core.threads.open(house.caller(who), board, note.id) for who in ("ada", "bob", "ada"))
    )

    (room,) = {one.result.room.id for one in opened_by}
    assert sorted(one.result.new for one in opened_by) == [False, False, True]
    found, _ = await house.core.rooms.get(house.caller("bob"), room)
    assert (found.kind, found.name, found.note_id, found.board_id) == ("note", "a note", note.id, board)
    after = (await house.core.notes.get(house.caller("bob"), board, note.id))[0]
    assert after == note.model_copy(update={"thread": {"room_id": room, "message_count": 0, "last_message_id": None}})


@pytest.mark.parametrize(
    ("role", "may"), [("owner", "owner"), ("editor", "member"), ("ticker", "reader"), ("viewer", "reader")]
)
async def test_who_sees_the_board_reads_the_thread_and_its_editors_write(house: House, role: Any, may: str):
    board = await house.board(ada="owner", bob=role)
    note = await house.note("ada", board)
    room = await thread(house, "ada", board, note.id)
    said = await house.say("ada", room)
    bob, me = house.caller("bob"), house.people["bob"].id
    core = house.core

    assert (await core.rooms.get(bob, room))[0].role == may
    assert (await core.messages.get(bob, said.id))[0].note_id == note.id
    await core.read_markers.mark_read(bob, room, ReadingUpdate(reader_id=me, message_id=said.id))
    writes: list[Any] = [
        lambda: house.say("bob", room),
        lambda: core.reactions.add(bob, said.id, me, "👍"),
        lambda: core.rooms.participant(bob, room, author_id=me),
        lambda: core.threads.open(bob, board, note.id),
    ]
    for write in writes:
        if may == "reader":
            with pytest.raises(ForbiddenError):
                await write()
        else:
            await write()
    if may == "member":  # what was said before stays, but is not changed by a reader
        own = await house.say("bob", room)
        await core.assistant.stop()
        answer = await asked(core, house.people["bob"], where=room)
        await core.answers.stop(bob, answer.id)
        await core.members.set(house.caller("ada"), board, me, MemberUpdate(role="viewer"))
        with pytest.raises(ForbiddenError):
            await core.messages.change(bob, own.id, MessageUpdate(author_id=me, content="x"))
        with pytest.raises(ForbiddenError):
            await core.answers.retry(bob, answer.id)
        await core.messages.delete(bob, own.id, me)


async def test_a_note_says_how_many_messages_its_thread_has_after_each_change(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board)
    room = await thread(house, "ada", board, note.id)
    first, second = await house.say("ada", room), await house.say("bob", room)
    ada, bob = house.people["ada"].id, house.people["bob"].id

    assert await counts(house, board, note.id) == (2, second.id)
    await house.core.messages.delete(house.caller("bob"), second.id, bob)
    assert await counts(house, board, note.id) == (1, first.id)
    await house.core.messages.delete(house.caller("ada"), first.id, ada)
    assert await counts(house, board, note.id) == (0, None)
    await house.core.messages.restore(house.caller("bob"), second.id, bob)
    assert await counts(house, board, note.id) == (1, second.id)
    asked = await house.say("ada", room, "@assistant hello")
    assert await counts(house, board, note.id) == (3, asked.id + 1), "the answer is a message"


async def test_messages_at_once_make_one_event_of_the_note_and_no_new_version(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board)
    room = await thread(house, "ada", board, note.id)
    await house.say("bob", room)
    await house.core.thread_events.stop()
    start, begun = await house.core.log.newest(), list[int]()
    house.core.threads.on_unsent = begun.append

    await asyncio.gather(*(house.say("ada", room, f"{n}") for n in range(5)))
    assert begun == [note.id], "one event is on its way"
    assert await house.events(start, f"board:{board}") == []
    await house.core.threads.send(note.id)

    (event,) = await house.events(start, f"board:{board}")
    assert (event["note"]["thread"]["message_count"], event["note"]["version"]) == (6, note.version)
    assert event["note"]["updated_at"] == note.model_dump(mode="json")["updated_at"]
    bobs = await house.events(start, f"user:{house.people['bob'].id}")
    (told,) = [one["unread"] for one in bobs if "unread" in one]
    assert (told["count"], told["note_id"]) == (5, note.id), "bob has written there, so he follows it"
    assert await house.core.threads.unsent() == {}


async def test_an_event_that_a_killed_process_has_not_sent_is_sent_by_the_next(house: House):
    note = await house.note("ada", 1)
    room = await thread(house, "ada", 1, note.id)
    house.core.threads.on_unsent = lambda _: None  # it is killed before the tick
    said = await house.say("ada", room)
    start = await house.core.log.newest()

    assert await house.core.threads.unsent() == {note.id: said.id}
    await house.core.threads.send(note.id, said.id - 1)
    assert await house.events(start, "board:1") == [], "another message has come since: a process lives"
    await house.core.threads.send(note.id, said.id)
    await house.core.threads.send(note.id, said.id)

    assert [event["note"]["id"] for event in await house.events(start, "board:1")] == [note.id]


async def followed(house: House, who: str) -> dict[int, UnreadOut]:
    me = house.people[who].id
    found = (await house.core.read_markers.of_user(house.caller(who), me)).items
    listed = (await house.core.rooms.find(house.caller(who), RoomQuery(person_id=me))).items
    threads = {one.room_id: one for one in found if one.note_id is not None}
    assert set(threads) == {room.id for room in listed if room.kind == "note"}
    return threads


async def test_who_writes_or_is_mentioned_follows_a_thread_and_nobody_else(house: House):
    board = await house.board(ada="owner", bob="editor", eve="editor")
    note = await house.note("ada", board)
    room = await thread(house, "ada", board, note.id)
    assert await followed(house, "ada") == {}, "opening is not following"

    await house.say("ada", room, "hello")
    said = await house.say("ada", room, "@bob look")
    await house.say("ada", room, "and there")

    assert (await followed(house, "ada"))[room].count == 0
    bobs = (await followed(house, "bob"))[room]
    assert (bobs.count, bobs.level, bobs.last_read_id) == (2, "everything", said.id - 1), "from the mention on"
    assert await followed(house, "eve") == {}
    assert await unread(house, "bob") == 3, "invited, the mention, and what was said after it"
    assert await unread(house, "eve") == 1, "invited"
    await house.say("bob", room, "seen")
    assert await unread(house, "bob") == 1, "who writes there has read what is above"
    me = house.people["bob"].id
    data = LevelUpdate(reader_id=me, level="nothing")
    await house.core.read_markers.set_level(house.caller("bob"), room, data)
    await house.say("bob", room, "bye")
    assert await followed(house, "bob") == {}, "who chose a level keeps it"


async def test_the_unread_threads_of_a_board_are_those_that_a_user_has_not_read(house: House):
    board = await house.board(ada="owner", bob="viewer")
    notes = [await house.note("ada", board) for _ in range(3)]
    rooms = [await thread(house, "ada", board, note.id) for note in notes[:2]]
    said = [await house.say("ada", room) for room in rooms]
    bob, me = house.caller("bob"), house.people["bob"].id
    await house.core.read_markers.mark_read(bob, rooms[0], ReadingUpdate(reader_id=me, message_id=said[0].id))

    of_bob = (await house.core.read_markers.of_board(bob, me, board)).items
    of_ada = (await house.core.read_markers.of_board(house.caller("ada"), house.people["ada"].id, board)).items

    assert [(one.note_id, one.room_id, one.count) for one in of_bob] == [(notes[1].id, rooms[1], 1)]
    assert of_ada == []
    with pytest.raises(NotFoundError):
        await house.core.read_markers.of_board(house.caller("eve"), house.people["eve"].id, board)
    with pytest.raises(ForbiddenError):
        await house.core.read_markers.of_board(house.caller("eve"), me, board)


async def test_a_thread_is_called_as_its_note_is_and_no_event_has_the_name(house: House):
    board = await house.board(ada="owner")
    note = await house.note("ada", board, "first secret name")
    start = await house.core.log.newest()
    room = await thread(house, "ada", board, note.id)
    ada = house.caller("ada")

    async def name() -> str | None:
        return (await house.core.rooms.get(ada, room))[0].name

    await house.core.notes.change(ada, board, note.id, NoteUpdate(title="x" * 200))
    assert await name() == "x" * 79 + "…"
    await house.core.notes.change(ada, board, note.id, NoteUpdate(title=None, description="**bold** words"))
    assert await name() == "bold words"
    await house.core.note_moves.move(ada, board, note.id, NoteMove(board_id=1))
    assert "first secret name" not in str(await house.events(start, f"room:{room}", f"user:{house.people['ada'].id}"))


async def test_who_follows_a_thread_is_told_on_their_own_topic_that_it_is_renamed(house: House):
    board = await house.board(ada="owner", bob="viewer", eve="editor")
    note = await house.note("ada", board, "a name")
    room = await thread(house, "ada", board, note.id)
    await house.say("ada", room, "@bob look")
    await house.say("eve", room, "bye")
    ada, people = house.caller("ada"), [house.people[who].id for who in ("ada", "bob", "eve", "root")]
    await house.core.members.remove(ada, board, house.people["eve"].id)

    async def told_of(**changed: Any) -> list[list[tuple[str, str | None]]]:
        start = await house.core.log.newest()
        await house.core.notes.change(ada, board, note.id, NoteUpdate(**changed))
        heard = [await house.events(start, f"user:{user_id}") for user_id in people]
        return [[(one["action"], one["room"]["name"]) for one in events if "room" in one] for events in heard]

    renamed: list[list[tuple[str, str | None]]] = [[("update", None)], [("update", None)], [], []]
    assert await told_of(title="another name") == renamed, "not who lost the board, nor who never wrote"
    assert await told_of(description="below the title", pinned=True) == [[], [], [], []]
    assert await told_of(title=None) == renamed
    assert await told_of(description="now the name") == renamed


async def test_in_open_mode_everybody_writes_in_every_thread(tmp_path: Any):
    async with opened(tmp_path / "data") as core:
        note = (await core.notes.add(ANYBODY, 1, NoteCreate(title="a note"))).result
        room = (await core.threads.open(ANYBODY, 1, note.id)).result.room

        assert (room.role, (await core.rooms.find(ANYBODY, RoomQuery())).items[-1].kind) == ("owner", "room")
        assert await core.rooms.followable([room.id], ANYBODY) == {room.id: 1}
        assert room.id in await core.rooms.apart(), "a thread is no part of room:*"
