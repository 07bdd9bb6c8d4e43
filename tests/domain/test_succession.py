"""Boards and closed rooms keep an owner when their owners are deactivated (A8, R5)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from quart_notes.background import housekeeping
from quart_notes.domain import succession
from quart_notes.live import events
from quart_notes.models import User
from quart_notes.schemas import RoomMemberUpdate
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.inboxes import inbox, unread
from tests.support.servers.in_process import update_rows


async def _deactivate(house: House, nickname: str) -> None:
    await house.core.profiles.deactivate(house.caller("root"), house.people[nickname].id)


async def _activate(house: House, nickname: str) -> None:
    await house.core.profiles.activate(house.caller("root"), house.people[nickname].id)


async def _roles(house: House, viewer: str, *, board: int = 0, room: int = 0) -> dict[str, str]:
    caller = house.caller(viewer)
    found: Any = await (house.core.members.find(caller, board) if board else house.core.room_members.find(caller, room))
    return {one.user.nickname: one.role for one in found.items}


async def test_the_longest_member_of_a_closed_room_becomes_its_owner(house: House):
    room = await house.room(ada="owner", eve="member", bob="member")
    start = await house.core.log.newest()

    await _deactivate(house, "ada")

    assert await _roles(house, "bob", room=room) == {"ada": "owner", "bob": "member", "eve": "owner"}
    eve = house.people["eve"].id
    told = await house.events(start, events.room(room), events.user(eve))
    assert [(one["action"], one["room_member"]["user"]["id"]) for one in told if "room_member" in one] == [
        ("update", eve)
    ]
    assert [one["room_membership"]["role"] for one in told if "room_membership" in one] == ["owner"]
    assert [one["inbox"]["unread"] for one in told if "inbox" in one] == [2], "invited and become an owner"
    found, invited = await inbox(house, "eve")
    assert (found.kind, found.actor, found.room_id, found.room) == ("owner", None, room, "Committee")
    assert [one.kind for one in await inbox(house, "bob")] == [invited.kind] == ["invited"]

    await _activate(house, "ada")
    assert await _roles(house, "bob", room=room) == {"ada": "owner", "bob": "member", "eve": "owner"}
    await house.core.room_members.remove(house.caller("ada"), room, eve)
    await house.core.room_members.set(house.caller("ada"), room, eve, RoomMemberUpdate(role="member"))
    assert [one.kind for one in await inbox(house, "eve")] == ["invited"]


async def test_the_member_with_the_highest_role_becomes_the_owner_of_a_board(house: House):
    board = await house.board(ada="owner", eve="viewer", bob="editor")
    start = await house.core.log.newest()

    await _deactivate(house, "ada")

    assert await _roles(house, "bob", board=board) == {"ada": "owner", "bob": "owner", "eve": "viewer"}
    told = await house.events(start, events.board(board), events.user(house.people["bob"].id))
    assert [one["member"]["role"] for one in told if "member" in one] == ["owner"]
    assert [one["membership"]["role"] for one in told if "membership" in one] == ["owner"]
    assert [(one.kind, one.board_id) for one in await inbox(house, "bob")] == [("owner", board), ("invited", board)]


async def test_a_member_of_the_server_goes_before_a_guest_who_has_been_there_longer(house: House):
    await house.welcome("gus", board_id=await house.board(root="owner"), role="editor")
    room = await house.room(ada="owner", gus="member", bob="member")
    only_gus = await house.room(ada="owner", gus="member")

    await _deactivate(house, "ada")

    assert await _roles(house, "bob", room=room) == {"ada": "owner", "bob": "owner", "gus": "member"}
    assert await _roles(house, "gus", room=only_gus) == {"ada": "owner", "gus": "owner"}


async def test_nothing_changes_where_another_owner_is_active_or_nobody_is(house: House):
    shared = await house.room(ada="owner", bob="owner", eve="member")
    alone = await house.room(ada="owner")
    start = await house.core.log.newest()

    await _deactivate(house, "ada")

    assert await _roles(house, "bob", room=shared) == {"ada": "owner", "bob": "owner", "eve": "member"}
    told = await house.events(start, *(events.room(room) for room in (shared, alone)))
    assert [one for one in told if "room_member" in one] == []


async def test_who_comes_back_to_a_place_without_an_active_owner_becomes_it(house: House):
    room, board = await house.room(ada="owner", bob="member"), await house.board(ada="owner", bob="viewer")
    await _deactivate(house, "bob")
    await _deactivate(house, "ada")

    await _activate(house, "bob")

    assert await _roles(house, "bob", room=room) == {"ada": "owner", "bob": "owner"}
    assert await _roles(house, "bob", board=board) == {"ada": "owner", "bob": "owner"}


@pytest.mark.parametrize("place", ["room", "board"])
async def test_what_was_deleted_can_be_restored_by_the_next_owner(house: House, place: str):
    core, ada = house.core, house.caller("ada")
    if place == "room":
        made = await house.room(ada="owner", bob="member")
    else:
        made = await house.board(ada="owner", bob="editor")
    await (core.room_upkeep if place == "room" else core.boards).delete(ada, made)
    start: EventId = await core.log.newest()

    await _deactivate(house, "ada")

    told = await house.events(start, events.user(house.people["bob"].id))
    assert not [one for one in told if "membership" in one or "room_membership" in one]
    assert await unread(house, "bob") == 0
    await (core.room_upkeep if place == "room" else core.boards).restore(house.caller("bob"), made)
    assert await unread(house, "bob") == 2
    assert await _roles(house, "bob", **{place: made}) == {"ada": "owner", "bob": "owner"}


async def _deactivate_as_before(house: House, *nicknames: str) -> None:
    """Deactivate users as versions did that appointed no successors."""
    gone = {"nickname__in": nicknames}
    await update_rows(house.core, User, gone, deactivated_at=datetime.now(UTC))


async def _appointed(house: House, start: EventId, nickname: str, *topics: str) -> list[str]:
    told = await house.events(start, *topics, events.user(house.people[nickname].id))
    return [kind for one in told for kind in ("member", "room_member", "membership", "room_membership") if kind in one]


async def test_housekeeping_gives_owners_to_places_that_lost_theirs_long_ago(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(housekeeping, "YIELD_PAUSE", 0)
    monkeypatch.setattr(succession, "CHUNK", 1)
    board = await house.board(ada="owner", eve="viewer", bob="editor")
    rooms = [await house.room(ada="owner", eve="member", bob="member") for _ in range(2)]
    kept, alone = await house.room(ada="owner", bob="owner", eve="member"), await house.room(ada="owner")
    start = await house.core.log.newest()
    await _deactivate_as_before(house, "ada")

    await house.core.run_chores()

    assert await _roles(house, "bob", board=board) == {"ada": "owner", "bob": "owner", "eve": "viewer"}
    for room in rooms:
        assert await _roles(house, "bob", room=room) == {"ada": "owner", "bob": "member", "eve": "owner"}
    assert await _roles(house, "bob", room=kept) == {"ada": "owner", "bob": "owner", "eve": "member"}
    await house.core.run_chores()
    assert await _appointed(house, start, "bob", events.board(board)) == ["member", "membership"]
    assert await _appointed(house, start, "eve", *map(events.room, rooms)) == ["room_member", "room_membership"] * 2
    assert await _appointed(house, start, "root", events.room(kept), events.room(alone)) == []


async def test_concurrent_repairs_give_each_place_one_owner(house: House):
    room, board = await house.room(ada="owner", bob="member"), await house.board(ada="owner", bob="viewer")
    start = await house.core.log.newest()
    await _deactivate_as_before(house, "ada")

    await asyncio.gather(*(house.core.succession.repair() for _ in range(4)))

    told = await _appointed(house, start, "bob", events.room(room), events.board(board))
    assert sorted(told) == ["member", "membership", "room_member", "room_membership"]
