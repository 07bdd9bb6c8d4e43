"""Rooms are renamed, archived, closed and opened, deleted and restored, by those who may (R5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quart_notes.domain.access import Caller
from quart_notes.live import events
from quart_notes.models import Room
from quart_notes.schemas import MessageCreate, RoomCreate, RoomUpdate
from tests.support.accounts_app import House
from tests.support.routes import Json
from tests.support.servers.in_process import rows, update_rows


async def _public(house: House, nickname: str, name: str = "Kitchen") -> int:
    return (await house.core.rooms.add(house.caller(nickname), RoomCreate(name=name))).result.id


async def test_who_opened_a_room_and_administrators_keep_it_up(house: House):
    room = await _public(house, "ada")
    path = f"/api/rooms/{room}"
    async with (
        await house.browser("ada") as ada,
        await house.browser("root") as root,
        await house.browser("bob") as bob,
    ):
        shown = [(await who.get(path)).json() for who in (ada, root, bob)]
        assert [one.pop("role") for one in shown] == ["owner", "owner", "member"]
        assert shown[0] == shown[1] == shown[2]
        start = await house.core.log.newest()

        for who, change in ((ada, {"name": "Pantry"}), (root, {"archived": True}), (ada, {"archived": False})):
            answer = await who.patch(path, json=change)
            assert answer.status_code == 200, answer.text
            assert answer.json() | change == answer.json()
        told = await house.events(start, events.ROOMS)
        assert [(one["action"], one["room"]["name"], one["room"]["archived"]) for one in told] == [
            ("update", "Pantry", False),
            ("update", "Pantry", True),
            ("update", "Pantry", False),
        ]

        before = await house.core.log.newest()
        for change in ({"name": "Bob's"}, {"archived": True}, {"closed": True}):
            assert (await bob.patch(path, json=change)).status_code == 403
        assert (await bob.delete(path)).status_code == 403
        unchanged = await ada.patch(path, json={"name": "Pantry", "archived": False, "closed": False})
        assert unchanged.status_code == 200
        assert await house.core.log.newest() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": None}, "name"),
        ({"archived": None}, "archived"),
        ({"closed": "perhaps"}, "closed"),
        ({"kind": "direct"}, "kind"),
        ({"role": "owner"}, "role"),
    ],
)
async def test_an_invalid_change_of_a_room_names_its_field(house: House, change: Json, field: str):
    room = await _public(house, "ada")
    before = await house.core.log.newest()
    async with await house.browser("ada") as ada:
        answer = await ada.patch(f"/api/rooms/{room}", json=change)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await house.core.log.newest() == before


async def test_the_lobby_and_conversations_stay_as_they_are(house: House):
    ada, bob = (house.people[name].id for name in ("ada", "bob"))
    told = MessageCreate(author_id=ada, recipient_id=bob, content="psst")
    direct = (await house.core.messages.send(house.caller("ada"), told)).result.message.room_id
    private = (await house.core.rooms.assistant_room(house.caller("ada"), ada)).result.room.id
    async with await house.browser("ada") as client, await house.browser("root") as root:
        for who, room in ((root, 1), (client, direct), (client, private)):
            path = f"/api/rooms/{room}"
            for answer in (
                *[
                    await who.patch(path, json=change)
                    for change in ({"name": "x"}, {"archived": True}, {"closed": True})
                ],
                await who.delete(path),
                await who.put(f"{path}/members/{bob}", json={"role": "member"}),
                await who.delete(f"{path}/members/{ada}"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (409, "fixed_room"), answer.text
            assert (await who.get(f"{path}/members")).json() == []
        assert (await root.patch(f"/api/rooms/{direct}", json={"name": "x"})).status_code == 404


async def test_an_archived_room_is_read_and_not_written_in(house: House):
    room = await _public(house, "ada")
    said = await house.say("bob", room, "before")
    path, me = f"/api/rooms/{room}", house.people["bob"].id
    body: dict[str, Any] = {"author_id": me, "content": "with a key", "client_key": "once-only"}
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        first = await bob.post(f"{path}/messages", json=body)
        assert (await ada.patch(path, json={"archived": True})).status_code == 200

        refused = await bob.post(f"{path}/messages", json={"author_id": me, "content": "after"})
        assert (refused.status_code, refused.json()["code"]) == (409, "room_archived")
        again = await bob.post(f"{path}/messages", json=body)
        assert (again.status_code, again.json()) == (200, first.json()), "it was posted before"
        contents = [one["content"] for one in (await bob.get(f"{path}/messages")).json()]
        assert contents == ["before", "with a key"]
        edited = await bob.patch(f"/api/messages/{said.id}", json={"author_id": me, "content": "edited"})
        assert edited.status_code == 200
        unread = (await ada.get(f"/api/users/{house.people['ada'].id}/unread")).json()
        assert room not in [one["room_id"] for one in unread], "it does not ask for attention"

        assert (await ada.patch(path, json={"archived": False})).status_code == 200
        posted = await bob.post(f"{path}/messages", json={"author_id": me, "content": "after"})
        assert posted.status_code == 201


async def test_a_deleted_room_is_gone_for_everybody_and_can_be_restored(house: House):
    room = await _public(house, "ada")
    said = await house.say("bob", room, "secret words")
    path = f"/api/rooms/{room}"
    people = [await house.browser(name) for name in ("ada", "root", "bob")]
    ada, root, bob = people
    start = await house.core.log.newest()

    assert (await ada.delete(path)).json()["name"] == "Kitchen"

    for who in people:
        for answer in (
            *[await who.get(f"{path}{rest}") for rest in ("", "/messages", "/presence", "/members")],
            await who.get(f"/api/messages/{said.id}"),
            await who.patch(path, json={"archived": True}),
            await who.delete(path),
        ):
            assert answer.status_code == 404, answer.text
        assert room not in [one["id"] for one in (await who.get("/api/rooms")).json()]
        assert (await who.get("/api/search", params={"q": "secret words"})).json()["hits"] == []
        assert (await who.head(f"/events?topics=room:{room}")).status_code == 403
    deleted = [one for one in await house.events(start, events.ROOMS) if one["action"] == "delete"]
    assert [(one["room"]["id"], one["room"]["name"]) for one in deleted] == [(room, None)]

    assert (await bob.post(f"{path}/restore")).status_code == 404
    assert (await root.post(f"{path}/restore")).status_code == 200
    assert (await root.post(f"{path}/restore")).status_code == 404
    assert [one["content"] for one in (await bob.get(f"{path}/messages")).json()] == ["secret words"]
    assert (await house.events(start, events.ROOMS))[-1]["room"]["name"] == "Kitchen"
    for who in people:
        await who.aclose()


async def test_the_name_of_a_deleted_room_is_free_until_it_is_restored(house: House):
    room = await _public(house, "ada")
    async with await house.browser("ada") as ada:
        assert (await ada.delete(f"/api/rooms/{room}")).status_code == 200
        other = (await ada.post("/api/rooms", json={"name": "KITCHEN"})).json()["id"]

        taken = await ada.post(f"/api/rooms/{room}/restore")
        assert (taken.status_code, taken.json()["code"]) == (409, "room_name_taken")
        renamed = await ada.patch(f"/api/rooms/{other}", json={"name": "Pantry"})
        assert renamed.status_code == 200
        assert (await ada.post(f"/api/rooms/{room}/restore")).status_code == 200
        back = await ada.patch(f"/api/rooms/{other}", json={"name": "kitchen", "archived": True})
        assert (back.status_code, back.json()["code"]) == (409, "room_name_taken")
        assert not (await ada.get(f"/api/rooms/{other}")).json()["archived"], "nothing half done"


async def test_a_closed_rooms_name_is_nobodys_business(house: House):
    await house.room("Surprise party", ada="owner")
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        mine = await bob.post("/api/rooms", json={"name": "surprise party"})
        assert mine.status_code == 201
        second = await ada.post("/api/rooms", json={"name": "Surprise party", "closed": True})
        assert second.status_code == 201

        opened = await ada.patch(f"/api/rooms/{second.json()['id']}", json={"closed": False})

        assert (opened.status_code, opened.json()["code"]) == (409, "room_name_taken")
        assert (await bob.get(f"/api/rooms/{second.json()['id']}")).status_code == 404, "nothing half done"


async def test_a_repeated_request_makes_one_closed_room(house: House):
    async with await house.browser("ada") as ada:
        answers = [
            await ada.post("/api/rooms", json={"name": "Once", "closed": True, "client_key": "once-only"})
            for _ in range(2)
        ]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


async def test_a_room_is_deleted_for_good_with_all_that_was_in_it(house: House):
    core = house.core
    room = await house.room("Committee", ada="owner", bob="member")
    said = [await house.say("bob", room, f"secret {n}") for n in range(3)]
    await core.messages.delete(house.caller("bob"), said[0].id, house.people["bob"].id)
    kept = await house.say("ada", 1, "in the lobby")
    await core.search_blocks.update()
    async with await house.browser("ada") as ada:
        read = {"reader_id": house.people["ada"].id, "message_id": said[1].id}
        assert (await ada.post(f"/api/rooms/{room}/read", json=read)).status_code == 200
        assert (await ada.delete(f"/api/rooms/{room}")).status_code == 200
        await core.run_chores()
        assert len(rows(core, f"SELECT id FROM message WHERE room_id = {room}")) == 3, "it can be restored"

        await update_rows(core, Room, {"id": room}, deleted_at=datetime.now(UTC) - timedelta(days=400))
        assert (await ada.post(f"/api/rooms/{room}/restore")).status_code == 404, "it is on its way out"
        assert (await core.room_upkeep.deleted(house.caller("ada"))).items == []
        await core.run_chores()

    for table in ("message", "reading", "room_membership"):
        assert rows(core, f"SELECT id FROM {table} WHERE room_id = {room}") == []
    assert rows(core, f"SELECT id FROM room WHERE id = {room}") == []
    assert [row[0] for row in rows(core, "SELECT content FROM message")] == [kept.content]
    log = " ".join(row[0] for row in rows(core, "SELECT body FROM event_log"))
    assert "secret" not in log
    assert "Committee" not in log
    words = " ".join(row[0] or "" for row in rows(core, "SELECT words FROM search_block WHERE kind = 'message'"))
    assert "secret" not in words
    assert rows(core, f"SELECT number FROM event_log WHERE topic = 'room:{room}'") == []


async def test_what_the_assistant_is_writing_in_a_deleted_room_is_stopped(house: House):
    core = house.core
    await core.assistant.stop()  # so that the answer waits
    room = await _public(house, "ada")
    question = await house.say("ada", room, "@assistant hello?")
    answer = question.id + 1
    assert await core.answers.pending(answer) is not None

    await core.room_upkeep.delete(house.caller("ada"), room)

    assert await core.answers.pending(answer) is None
    assert await core.answers.waiting() == {}


async def test_closing_a_room_hides_it_and_opening_it_shows_all(house: House):
    room = await _public(house, "ada")
    await house.say("bob", room, "said by bob")
    path = f"/api/rooms/{room}"
    async with (
        await house.browser("ada") as ada,
        await house.browser("bob") as bob,
        await house.browser("root") as root,
    ):
        closed = await root.patch(path, json={"closed": True, "name": "Hidden"})
        assert (closed.status_code, closed.json()["role"]) == (200, "owner")
        members = (await ada.get(f"{path}/members")).json()
        assert [(one["user"]["nickname"], one["role"]) for one in members] == [("root", "owner"), ("ada", "owner")]
        assert (await bob.get(path)).status_code == 404
        log = " ".join(row[0] for row in rows(house.core, "SELECT body FROM event_log WHERE topic = 'rooms'"))
        assert "Kitchen" not in log
        assert "Hidden" not in log

        added = await ada.put(f"{path}/members/{house.people['bob'].id}", json={"role": "member"})
        assert added.status_code == 200
        assert (await bob.patch(path, json={"closed": False})).status_code == 403

        assert (await ada.patch(path, json={"closed": False})).status_code == 200
        async with await house.browser("eve") as eve:
            assert [one["content"] for one in (await eve.get(f"{path}/messages")).json()] == ["said by bob"]
        assert (await ada.get(f"{path}/members")).json() == []
        assert (await bob.patch(path, json={"name": "Bob's"})).status_code == 403


async def test_in_open_mode_everybody_sees_and_keeps_up_every_room(house: House):
    """As with boards: `closed` counts once accounts are turned on."""
    room = await house.room("Committee", ada="owner")
    anybody = Caller(None, trusted=True)

    found, _ = await house.core.rooms.get(anybody, room)
    assert (found.name, found.role) == ("Committee", "owner")
    assert (await house.core.room_upkeep.change(anybody, room, RoomUpdate(name="x"))).result.name == "x"
    await house.core.room_upkeep.delete(anybody, room)
    assert [one.id for one in (await house.core.room_upkeep.deleted(anybody)).items] == [room]
    assert (await house.core.room_upkeep.restore(anybody, room)).result.closed
