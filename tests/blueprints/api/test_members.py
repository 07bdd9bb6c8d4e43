"""The members of boards: added, notified, leaving, removed; a board always has an owner."""

import asyncio
import json
import random

from quart_notes.errors import ProblemError
from quart_notes.schemas import BoardCreate, BoardUpdate, MemberUpdate, PageQuery
from tests.support.accounts_app import ROLES, House
from tests.support.api_fixtures import fields_of, refused
from tests.support.servers.in_process import rows


async def test_an_owner_adds_members_and_they_get_an_event(house: House):
    board = await house.board(ada="owner")
    bob = house.people["bob"]
    before = await house.core.log.newest()
    async with await house.browser("ada") as ada, await house.browser("bob") as client:
        path = f"/api/boards/{board}/members/{bob.id}"
        refused(await client.get(f"/api/boards/{board}"), 404, "not_found")
        for role in (*ROLES, "owner"):
            answer = await ada.put(path, json={"role": role})
            assert answer.json() == {"board_id": board, "user": {**bob.model_dump(), "email": None}, "role": role}
            assert (await client.get(f"/api/boards/{board}")).json()["role"] == role
        assert [one["role"] for one in (await client.get(f"/api/boards/{board}/members")).json()] == ["owner", "owner"]

    told = await house.events(before, f"user:{bob.id}")
    assert [(event["action"], event["membership"]) for event in told if "inbox" not in event] == [
        ("create" if role == "viewer" else "update", {"board_id": board, "role": role}) for role in ROLES
    ]
    heard = await house.events(before, f"board:{board}")
    assert [(event["action"], event["member"]["role"]) for event in heard] == [
        ("create" if role == "viewer" else "update", role) for role in ROLES
    ]


async def test_a_board_always_has_an_owner(house: House):
    board = await house.board(ada="owner", bob="editor")
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        mine, his = (f"/api/boards/{board}/members/{house.people[name].id}" for name in ("ada", "bob"))
        refused(await ada.delete(mine), 409, "last_owner")
        refused(await ada.put(mine, json={"role": "editor"}), 409, "last_owner")
        assert (await ada.put(mine, json={"role": "owner"})).status_code == 200
        assert (await ada.put(his, json={"role": "owner"})).status_code == 200

        answers = await asyncio.gather(ada.delete(mine), bob.delete(his))  # both at once: one has to stay

        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert rows(house.core, f"SELECT COUNT(*) FROM membership WHERE board_id = {board}") == [(1,)]


async def test_a_member_may_leave_and_only_an_owner_removes_others(house: House):
    board = await house.board(ada="owner", bob="editor", eve="viewer")
    path = f"/api/boards/{board}/members"
    async with await house.browser("bob") as bob, await house.browser("ada") as ada:
        refused(await bob.delete(f"{path}/{house.people['eve'].id}"), 403, "forbidden")
        left = await bob.delete(f"{path}/{house.people['bob'].id}")
        assert (left.status_code, left.json()["role"]) == (200, "editor")
        refused(await bob.delete(f"{path}/{house.people['bob'].id}"), 404, "not_found")
        refused(await bob.get(path), 404, "not_found")
        refused(await ada.delete(f"{path}/{house.people['bob'].id}"), 404, "not_found")
        assert fields_of(refused(await ada.put(f"{path}/999", json={"role": "viewer"}), 422, "validation_failed")) == {
            "user_id"
        }


async def test_an_unchanged_role_sends_no_event(house: House):
    board = await house.board("Allotment", ada="owner", bob="viewer")
    ada, bob = house.caller("ada"), house.people["bob"].id
    before = await house.core.log.newest()

    await house.core.boards.change(ada, board, BoardUpdate(name="Allotment"))
    await house.core.members.set(ada, board, bob, MemberUpdate(role="viewer"))

    assert await house.core.log.newest() == before


async def test_a_users_boards_equal_the_sum_of_their_membership_events(house: House):
    chance, ada, bob = random.Random(5), house.caller("ada"), house.people["bob"]
    boards = [await house.board(ada="owner") for _ in range(3)]
    start = await house.core.log.newest()
    mine = await house.core.boards.roles(house.caller("bob"))
    for _ in range(60):
        board = chance.choice(boards)
        acts = [
            lambda board=board: house.core.members.set(ada, board, bob.id, MemberUpdate(role=chance.choice(ROLES[:3]))),
            lambda board=board: house.core.members.remove(ada, board, bob.id),
            lambda board=board: house.core.boards.delete(ada, board),
            lambda board=board: house.core.boards.restore(ada, board),
        ]
        try:
            await chance.choice(acts)()
        except ProblemError:
            continue
    await house.core.boards.add(house.caller("bob"), BoardCreate(name="Mine"))
    for event in await house.events(start, f"user:{bob.id}"):
        if "inbox" in event:
            continue
        told = event["membership"]
        mine.pop(told["board_id"], None)
        if event["action"] != "delete":
            mine[told["board_id"]] = told["role"]
        assert "name" not in json.dumps(told)

    assert mine == await house.core.boards.roles(house.caller("bob"))
    assert mine == {one.id: one.role for one in (await house.core.boards.find(house.caller("bob"), PageQuery())).items}
