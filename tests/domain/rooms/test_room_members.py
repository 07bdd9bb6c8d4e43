"""The members of closed rooms: who invites, who chooses the owners, who leaves (R5)."""

from typing import Any

import httpx
import pytest

from quart_notes.live import events
from tests.support.accounts_app import House


async def _set(client: httpx.AsyncClient, room: int, user_id: int, role: str = "member") -> tuple[int, str]:
    answer = await client.put(f"/api/rooms/{room}/members/{user_id}", json={"role": role})
    return answer.status_code, answer.json().get("code", answer.json().get("role"))


async def test_members_invite_and_owners_choose_the_owners(house: House):
    room = await house.room(ada="owner", bob="member")
    ada, bob, eve, root = (house.people[name].id for name in ("ada", "bob", "eve", "root"))
    start = await house.core.log.newest()
    async with await house.browser("ada") as owner, await house.browser("bob") as member:
        assert await _set(member, room, eve) == (200, "member")
        assert await _set(member, room, eve) == (200, "member"), "again changes nothing"
        assert await _set(member, room, root, "owner") == (403, "forbidden")
        assert await _set(member, room, eve, "owner") == (403, "forbidden")
        assert await _set(member, room, bob, "owner") == (403, "forbidden")
        assert await _set(member, room, ada, "member") == (403, "forbidden")
        assert (await member.delete(f"/api/rooms/{room}/members/{eve}")).status_code == 403
        assert await _set(owner, room, eve, "owner") == (200, "owner")
        assert await _set(owner, room, 999_999) == (422, "validation_failed")
        assert await _set(owner, room, eve, "boss") == (422, "validation_failed")

        members = (await member.get(f"/api/rooms/{room}/members")).json()

    assert [(one["user"]["id"], one["role"]) for one in members] == [(ada, "owner"), (bob, "member"), (eve, "owner")]
    told = [
        one
        for one in await house.events(start, events.room(room), events.user(eve))
        if "by" in one and "inbox" not in one
    ]
    assert [(one["topic"], one["action"], *_subject(one)) for one in told] == [
        (events.user(eve), "create", "room_membership", "member"),
        (events.room(room), "create", "room_member", "member"),
        (events.room(room), "update", "room_member", "owner"),
        (events.user(eve), "update", "room_membership", "owner"),
    ]


def _subject(event: Any) -> tuple[str, str]:
    name = next(name for name in event if name.startswith("room_"))
    return name, event[name]["role"]


async def test_the_last_owner_cannot_leave(house: House):
    room = await house.room(ada="owner", bob="member")
    ada, bob = house.people["ada"].id, house.people["bob"].id
    async with await house.browser("ada") as client, await house.browser("bob") as other:
        before = await house.core.log.newest()
        answer = await client.delete(f"/api/rooms/{room}/members/{ada}")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        assert await _set(client, room, ada, "member") == (409, "last_owner")
        assert await house.core.log.newest() == before

        assert await _set(client, room, bob, "owner") == (200, "owner")
        assert (await client.delete(f"/api/rooms/{room}/members/{ada}")).status_code == 200

        assert (await client.get(f"/api/rooms/{room}")).status_code == 404
        assert (await client.delete(f"/api/rooms/{room}/members/{ada}")).status_code == 404
        assert (await other.get(f"/api/rooms/{room}")).json()["role"] == "owner"
        assert (await other.delete(f"/api/rooms/{room}/members/{ada}")).status_code == 404


async def test_a_room_that_everybody_sees_has_no_members(house: House):
    async with await house.browser("ada") as client:
        room = (await client.post("/api/rooms", json={"name": "Kitchen"})).json()["id"]

        assert (await client.get(f"/api/rooms/{room}/members")).json() == []
        assert await _set(client, room, house.people["bob"].id) == (409, "not_now")
        answer = await client.delete(f"/api/rooms/{room}/members/{house.people['ada'].id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_now")


async def test_an_administrator_keeps_up_only_the_closed_rooms_that_they_are_in(house: House):
    room = await house.room(ada="owner")
    async with await house.browser("root") as root, await house.browser("ada") as ada:
        assert (await root.patch(f"/api/rooms/{room}", json={"archived": True})).status_code == 404
        await _set(ada, room, house.people["root"].id)
        assert (await root.patch(f"/api/rooms/{room}", json={"archived": True})).status_code == 200
        assert (await root.get(f"/api/rooms/{room}")).json()["role"] == "owner"


async def test_a_membership_says_nothing_about_the_room(house: House):
    start = await house.core.log.newest()
    room = await house.room("Surprise party", ada="owner", bob="member")
    await house.core.room_members.remove(house.caller("ada"), room, house.people["bob"].id)

    told = await house.events(start, events.user(house.people["bob"].id))

    assert [(one["action"], one["room_membership"]) for one in told if "inbox" not in one] == [
        ("create", {"room_id": room, "role": "member"}),
        ("delete", {"room_id": room, "role": "member"}),
    ]


# The assistant.


@pytest.mark.parametrize("asked_by", ["ada", "bob"])
async def test_the_assistant_in_a_closed_room_knows_what_all_members_may_see(house: House, asked_by: str):
    core = house.core
    await core.assistant.stop()
    ours = await house.board("Ours", ada="owner", bob="viewer")
    hers = await house.board("Hers", ada="owner")
    for board, title in ((1, "everybody"), (ours, "ours"), (hers, "secret")):
        await house.note("ada", board, title)
    room = await house.room(ada="owner", bob="member")

    async def known() -> dict[str, list[str | None]]:
        question = await house.say(asked_by, room, "@assistant which notes are there?")
        found = await core.answers.pending(question.id + 1)
        assert found is not None
        assert found.context is not None
        return {board.name: [note.title for note in board.notes] for board in found.context.boards}

    assert await known() == {"Everybody's board": ["everybody"], "Ours": ["ours"]}
    await core.room_members.remove(house.caller("ada"), room, house.people["bob"].id)
    if asked_by == "ada":
        alone = await known()
        assert alone.keys() == {"Everybody's board", "Ours", "Hers", "Personal (ada)"}
        assert alone["Hers"] == ["secret"]
