"""A thread goes where its note goes: into the bin, back, away for good, and to another board (R9, O5, H1)."""

from typing import Any

import pytest

from quart_notes.schemas import Arrival, InvitationCreate, MemberUpdate, NoteCreate, NoteMove, NoteOut, SearchQuery
from tests.support.accounts_app import House
from tests.support.inboxes import told, unread
from tests.support.room_listeners import Listeners
from tests.support.routes import PASSWORD
from tests.support.servers.in_process import rows
from tests.support.watched_streams import EventStream, Websocket

WORD = "aubergine"  # what is said in the thread, and nowhere else


@pytest.fixture
async def board(house: House) -> int:
    """A board of ada's, where bob is an editor; eve and root are no members."""
    house.core.threads.on_unsent = lambda _: None  # its event would come among those that a test compares
    return await house.board(ada="owner", bob="editor")


@pytest.fixture
async def note(house: House, board: int) -> NoteOut:
    """A note there; ada and bob have written in its thread."""
    note = await house.note("ada", board, "Surprise party")
    room = (await house.core.threads.open(house.caller("ada"), board, note.id)).result.room.id
    await house.say("bob", room, WORD)
    await house.say("ada", room, f"@bob {WORD}")
    return (await house.core.notes.get(house.caller("ada"), board, note.id))[0]


def room_of(note: NoteOut) -> int:
    assert note.thread is not None
    return note.thread["room_id"]


async def sees(house: House, who: str, note: NoteOut) -> bool:
    """Whether a user sees the thread; everything that could show it says the same."""
    room, me = room_of(note), house.people[who].id
    assert note.thread is not None
    message = note.thread["last_message_id"]
    async with await house.browser(who) as client:
        answers = {
            address: await client.get(address)
            for address in (
                f"/api/rooms/{room}",
                f"/api/rooms/{room}/messages",
                f"/api/rooms/{room}/presence",
                f"/api/messages/{message}",
                f"/front/rooms/{room}",
                f"/front/rooms/{room}/{message}",
            )
        }
        posted = await client.post(f"/api/rooms/{room}/read", json={"reader_id": me, "message_id": message})
        topic = await client.head(f"/events?topics=room:{room}")
        lists = [
            await client.get(address)
            for address in (f"/api/rooms?person_id={me}", f"/api/users/{me}/unread", "/front/rooms", "/front/notes")
        ]
        found = (await client.get(f"/api/search?q={WORD}&in=messages")).json()["hits"]
    statuses = {answer.status_code for answer in (*answers.values(), posted)}
    assert statuses in ({200}, {404})
    assert topic.status_code == (200 if statuses == {200} else 403)
    assert bool(found) == (statuses == {200})
    if statuses == {404}:
        assert {answer.status_code for answer in lists} == {200}
        assert "Surprise party" not in "".join(answer.text for answer in (*lists, *answers.values()))
        assert not [one for one in lists[1].json() if one["room_id"] == room]
    return statuses == {200}


async def test_only_who_sees_the_board_sees_the_thread(house: House, note: NoteOut):
    assert [who for who in house.people if await sees(house, who, note)] == ["ada", "bob"]
    async with await house.browser("bob") as client:
        found = (await client.get(f"/front/search?q={WORD}")).text
    assert "Surprise party" in found
    assert f"/front/rooms/{room_of(note)}/" in found, "a message that is found leads to the thread"
    link = InvitationCreate(board_id=note.board_id, role="viewer", joins_as="guest")
    secret = (await house.core.invitations.add(house.caller("ada"), link)).result.secret
    arrival = Arrival(name="Gus", email=None, nickname="gus", password=PASSWORD)
    house.people["gus"] = await house.core.accounts.register(secret, arrival)
    assert await sees(house, "gus", note)


async def test_a_guest_loses_the_threads_of_everybodys_board_and_a_member_sees_them_again(house: House, note: NoteOut):
    root, bob = house.caller("root"), house.people["bob"].id
    shared = await house.note("ada", 1)
    room = (await house.core.threads.open(house.caller("ada"), 1, shared.id)).result.room.id
    await house.say("bob", room)
    for guest, action in ((True, "delete"), (False, "update")):
        start = await house.core.log.newest()

        house.people["bob"] = (await house.core.profiles.set_guest(root, bob, guest=guest)).result

        events = [event for event in await house.events(start, f"user:{bob}") if "unread" in event]
        assert [(event["action"], event["unread"]["room_id"]) for event in events] == [(action, room)]
        listed = (await house.core.read_markers.of_user(house.caller("bob"), bob)).items
        assert {one.room_id for one in listed if one.note_id} == {room_of(note)} | (set() if guest else {room})


async def test_a_removed_member_loses_the_threads_of_the_board_until_they_are_back(
    house: House, board: int, note: NoteOut
):
    ada, bob, room = house.caller("ada"), house.people["bob"].id, room_of(note)
    await house.say("bob", room)
    for action in ("delete", "update"):
        start = await house.core.log.newest()

        if action == "delete":
            await house.core.members.remove(ada, board, bob)
        else:
            await house.core.members.set(ada, board, bob, MemberUpdate(role="viewer"))

        events = [event for event in await house.events(start, f"user:{bob}") if "unread" in event]
        assert [(event["action"], event["unread"]["room_id"]) for event in events] == [(action, room)]


async def test_a_deleted_note_hides_its_thread_until_it_is_restored(house: House, board: int, note: NoteOut):
    assert await unread(house, "bob") == 2, "invited and mentioned"
    start = await house.core.log.newest()

    await house.core.notes.delete(house.caller("ada"), board, note.id)
    assert not [who for who in house.people if await sees(house, who, note)]
    assert (await unread(house, "bob"), [kind for kind, *_ in await told(house, "bob")]) == (1, ["invited"])
    restored = (await house.core.notes.restore(house.caller("bob"), board, note.id)).result

    assert restored.thread == note.thread
    assert await unread(house, "bob") == 2
    assert [who for who in house.people if await sees(house, who, note)] == ["ada", "bob"]
    events = await house.events(start, f"room:{room_of(note)}")
    assert [(event["action"], event["room"]["name"]) for event in events] == [("delete", None), ("create", None)]
    bobs = await house.events(start, f"user:{house.people['bob'].id}")
    actions = [event["action"] for event in bobs if "unread" in event]
    assert actions[:2] == ["delete", "update"], "his list of rooms follows"


async def test_a_note_deleted_for_good_leaves_nothing_of_its_thread(house: House, board: int, note: NoteOut):
    core, room = house.core, room_of(note)
    other = await house.note("ada", board)
    kept = (await core.threads.open(house.caller("ada"), board, other.id)).result.room.id
    await house.say("ada", kept, "kept")
    await core.notes.delete(house.caller("ada"), board, note.id)
    texts = "SELECT content FROM message UNION ALL SELECT body FROM event_log"
    assert WORD in str(rows(core, texts))

    await core.trash.delete(house.caller("ada"), board, note.id)

    assert WORD not in str(rows(core, texts))
    assert rows(core, f"SELECT id FROM room WHERE id = {room}") == []
    assert "kept" in str(rows(core, texts))


@pytest.mark.parametrize("how", ["empty", "housekeeping", "board"])
async def test_threads_are_deleted_for_good_with_their_notes_however_that_happens(
    house: House, board: int, note: NoteOut, how: str
):
    core, ada = house.core, house.caller("ada")
    if how == "board":
        await core.boards.delete(ada, board)
        assert not [who for who in house.people if await sees(house, who, note)]
        await core.boards.restore(ada, board)
        assert await sees(house, "bob", note), "a restored board has its threads"
        await core.boards.delete(ada, board)
        await core.trash.delete_board(ada, board)
    else:
        await core.notes.delete(ada, board, note.id)
        if how == "empty":
            await core.trash.empty(ada, board)
        else:
            core.trash.days = core.room_upkeep.days = -1
            while (await core.room_upkeep.delete_old()).result:
                pass
            assert rows(core, f"SELECT id FROM room WHERE id = {room_of(note)}"), "not before its note"
            await core.run_chores()

    assert rows(core, f"SELECT id FROM room WHERE id = {room_of(note)}") == []
    assert WORD not in str(rows(core, "SELECT content FROM message UNION ALL SELECT body FROM event_log"))


async def test_a_moved_note_takes_its_thread_to_the_readers_of_its_new_board(house: House, board: int, note: NoteOut):
    elsewhere = await house.board(ada="owner", eve="editor")
    start = await house.core.log.newest()

    await house.core.note_moves.move(house.caller("ada"), board, note.id, NoteMove(board_id=elsewhere))

    assert [who for who in house.people if await sees(house, who, note)] == ["ada", "eve"]
    assert (await unread(house, "bob"), [kind for kind, *_ in await told(house, "bob")]) == (1, ["invited"])
    bobs = [event for event in await house.events(start, f"user:{house.people['bob'].id}") if "unread" in event]
    assert [event["action"] for event in bobs] == ["delete"], "it leaves his list of rooms"
    assert await house.say("eve", room_of(note), f"more {WORD}")
    found = await house.core.search.find(house.caller("bob"), SearchQuery(q=WORD))
    assert found[0].hits == []


async def test_the_assistant_stops_when_the_note_is_deleted(house: House, board: int):
    await house.core.assistant.stop()
    note = (await house.core.notes.add(house.caller("ada"), board, NoteCreate(title="x"))).result
    room = (await house.core.threads.open(house.caller("ada"), board, note.id)).result.room.id
    asked = await house.say("ada", room, "@assistant hello")

    await house.core.notes.delete(house.caller("ada"), board, note.id)
    await house.core.notes.restore(house.caller("ada"), board, note.id)

    answer, _ = await house.core.messages.get(house.caller("ada"), asked.id + 1)
    assert answer.answer is not None
    assert answer.answer.state == "stopped"


async def _moved(house: House, board: int, note: NoteOut) -> Any:
    await house.core.note_moves.move(house.caller("ada"), board, note.id, NoteMove(board_id=1))  # bob sees that
    elsewhere = await house.board(ada="owner")
    return await house.core.note_moves.move(house.caller("ada"), 1, note.id, NoteMove(board_id=elsewhere))


async def _removed(house: House, board: int, note: NoteOut) -> Any:
    return await house.core.members.remove(house.caller("ada"), board, house.people["bob"].id)


async def _deleted(house: House, board: int, note: NoteOut) -> Any:
    await house.core.notes.delete(house.caller("ada"), board, note.id)
    return await house.core.notes.restore(house.caller("ada"), board, note.id)


@pytest.mark.parametrize("listeners", [Websocket, EventStream], ids=lambda kind: kind.__name__, indirect=True)
@pytest.mark.parametrize("lose", [_moved, _removed, _deleted], ids=lambda act: act.__name__)
async def test_streams_of_a_thread_end_with_the_right_to_it_and_nothing_is_replayed(
    house: House, board: int, note: NoteOut, listeners: Listeners, lose: Any
):
    room = room_of(note)
    start = str(await house.core.log.newest())
    await listeners.add(f"ada room:{room}", f"bob room:{room}", "bob", "bob room:*", "eve")
    await house.say("bob", room, "before")

    await lose(house, board, note)

    ending = {f"bob room:{room}"} | ({f"ada room:{room}"} if lose is _deleted else set())
    if lose is _removed:  # a stream of all topics had his board
        ending.add("bob")
    await listeners.ended(*ending)
    await house.say("ada", room, "after")
    said = await listeners.said()
    assert said == {
        name: (["before", "after"] if name == f"ada room:{room}" and lose is not _deleted else ["before"])
        if name.endswith(f"room:{room}")
        else []
        for name in said
    }
    if lose is not _deleted:
        async with await house.browser("bob") as client:
            assert (await client.head(f"/events?topics=room:{room}&after={start}")).status_code == 403


@pytest.mark.parametrize("listeners", [Websocket], ids=["Websocket"], indirect=True)
async def test_a_new_member_of_the_board_gets_no_replay_of_what_was_said_before(
    house: House, board: int, note: NoteOut, listeners: Listeners
):
    start, room = str(await house.core.log.newest()), room_of(note)
    await house.say("bob", room, "before")
    update = MemberUpdate(role="viewer")
    await house.core.members.set(house.caller("ada"), board, house.people["eve"].id, update)
    await house.say("bob", room, "after")

    await listeners.add(f"eve room:{room}", f"bob room:{room}", after=start)

    assert await listeners.said() == {f"eve room:{room}": ["after"], f"bob room:{room}": ["before", "after"]}
