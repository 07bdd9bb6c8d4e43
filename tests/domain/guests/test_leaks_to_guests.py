"""Nothing that is everybody's reaches a guest: by any route, in any event, or through the assistant (A10)."""

import json

import pytest
from quart.testing import WebsocketResponseError

from quart_notes.schemas import MessageCreate, RoomCreate, RoomQuery, UserOut
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.assistant_questions import asked
from tests.support.routes import READS

SECRET = "xyzzy"  # part of every word that guests must not read
PART = SECRET[:-1]  # what is searched for: pages repeat it
NOT_READ = {"live.stream_events"}  # without an end


@pytest.fixture
async def secrets(house: House) -> dict[str, int]:
    """Objects of the members of the server, by the variables of the routes."""
    await house.welcome(SECRET)
    await house.core.rooms.add(house.caller("ada"), RoomCreate(name=f"Room {SECRET}"))
    hidden = await house.room(SECRET, ada="owner", bob="member")
    await house.say("ada", hidden, SECRET)
    bob = house.people["bob"].id
    sent = MessageCreate(author_id=house.people["ada"].id, recipient_id=bob, content=SECRET)
    await house.core.messages.send(house.caller("ada"), sent)
    said = await house.say("ada", 1, SECRET)
    note = await house.note("ada", 1, SECRET)
    return {"board_id": 1, "note_id": note.id, "room_id": 1, "message_id": said.id, "user_id": house.people[SECRET].id}


@pytest.fixture
async def gus(house: House, secrets: dict[str, int]) -> UserOut:
    """A guest of a board of ada's, and of a closed room."""
    board = await house.board("Garden", ada="owner", root="owner")
    await house.note("ada", board, "Water the beans")
    await house.welcome("gus", board_id=board, role="editor")
    await house.room("Shed", ada="owner", gus="member")
    return house.people["gus"]


async def test_no_route_shows_a_guest_what_is_everybodys(house: House, secrets: dict[str, int], gus: UserOut):
    board = (await house.core.boards.roles(house.caller("gus"))).keys() - {1}
    leaks, read = [], 0
    async with await house.browser("ada") as ada, await house.browser("gus") as client:
        assert SECRET in (await ada.get("/api/notes")).text  # which is now in the cache of responses
        for route in READS:
            if route.endpoint in NOT_READ:
                continue
            paths = [route.at(**secrets), *(route.at(board_id=number) for number in board)]
            for path in {*paths, f"{route.at(**secrets)}?q={PART}"}:
                answer = await client.get(path)
                read += answer.status_code == 200
                if answer.status_code >= 500 or SECRET in answer.text.casefold():
                    leaks.append(f"{answer.status_code} {path}")

    assert read > 50
    assert not leaks, "\n".join(leaks)


async def test_no_event_that_a_guest_may_get_tells_what_is_everybodys(house: House, gus: UserOut):
    grant = await house.grant(await house.cookie("gus"))
    log = house.core.log

    told = await house.events(EventId(log.epoch, 0), *grant.topics)

    assert {event["topic"].partition(":")[0] for event in told} == {"board", "room", "user"}
    assert SECRET not in json.dumps(told)


async def test_a_guest_has_unread_messages_only_where_they_read(house: House, gus: UserOut):
    unread = await house.core.read_markers.of_user(house.caller("gus"), gus.id)
    rooms = await house.core.rooms.find(house.caller("gus"), RoomQuery())

    assert [room.name for room in rooms.items] == ["Shed"]
    assert [one.room_id for one in unread.items] == [rooms.items[0].id]


@pytest.mark.parametrize("kind", ["private", "direct", "closed"])
async def test_the_assistant_tells_a_guest_nothing_of_everybodys_board(house: House, gus: UserOut, kind: str):
    core, caller = house.core, house.caller("gus")
    await core.assistant.stop()
    if kind == "private":
        room = (await core.rooms.assistant_room(caller, gus.id)).result.room.id
    elif kind == "direct":
        room = (await core.rooms.direct_conversation(caller, gus.id, house.people["ada"].id)).result.id
    else:
        (room,) = [one.id for one in (await core.rooms.find(caller, RoomQuery())).items]

    answer = await asked(core, gus, f"@assistant What do the notes say of {SECRET} and of beans?", room)

    found = await core.answers.pending(answer.id)
    assert found is not None and found.context is not None
    titles = {note.title for board in found.context.boards for note in board.notes}
    assert SECRET not in titles
    assert ("Water the beans" in titles) == (kind != "direct")


async def test_the_door_for_plain_text_is_closed_to_guests(house: House, gus: UserOut):
    for nickname, status in (("ada", None), ("gus", 403)):
        headers = {"Host": "house.example", "Authorization": f"Bearer {await house.token(nickname)}"}
        refused = None
        try:
            async with house.app.test_client().websocket("/ws/7", headers=headers) as door:
                await door.send("Hello")
                assert await door.receive() == "ada: Hello"
        except WebsocketResponseError as error:
            refused = error.response.status_code
        assert refused == status, nickname
