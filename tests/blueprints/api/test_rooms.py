"""Rooms through the API: created, listed, written to; a direct conversation is a room of another kind."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from tests.support.api_fixtures import (
    MAX_ID,
    NUMBERS,
    fields_of,
    got,
    made,
    newest,
    people,
    person,
    position,
    refused,
    room,
    say,
    tell,
    walked,
    whole_message,
)
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


# R1: creating rooms.


async def test_the_lobby_always_exists(fresh_api: httpx.AsyncClient):
    (lobby,) = await got(fresh_api, "/api/rooms")

    assert lobby == {
        **{"id": 1, "kind": "room", "name": "lobby", "people": [], "created_at": lobby["created_at"]},
        **{"closed": False, "archived": False, "role": "member", "note_id": None, "board_id": None},
        "last_activity_at": lobby["created_at"],
    }
    assert RFC3339.fullmatch(lobby["created_at"])
    assert await got(fresh_api, "/api/rooms/1") == lobby
    assert await got(fresh_api, "/api/rooms/1/messages") == []
    assert position(await fresh_api.get("/api/rooms")) == 0


async def test_the_response_contains_the_complete_new_room(api: httpx.AsyncClient):
    before = position(await api.get("/api/rooms"))
    name = f"Kitchen table {next(NUMBERS)}"

    answer = await api.post("/api/rooms", json={"name": name})

    opened = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/rooms/{opened['id']}"
    assert opened == {**opened, "kind": "room", "name": name, "people": []}
    assert opened.keys() == {
        "id",
        "kind",
        "name",
        "people",
        "created_at",
        "closed",
        "archived",
        "note_id",
        "board_id",
        "role",
        "last_activity_at",
    }
    assert position(answer) == before + 1
    assert await got(api, answer.headers["location"]) == opened


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x" * 76 + "{n}", "x" * 76 + "{n}"),
        (" {n} trimmed\u3000", "{n} trimmed"),
        ("{n} e\u0301", "{n} é"),
        ("😀 {n} <b>'\"", "😀 {n} <b>'\""),
    ],
)
async def test_the_name_of_a_room_is_normalised(api: httpx.AsyncClient, sent: str, kept: str):
    number = f"{next(NUMBERS):04}"

    assert (await room(api, sent.replace("{n}", number)))["name"] == kept.replace("{n}", number)


@pytest.mark.parametrize("name", ["", " ", "\t", "x" * 81, "a\nb", "a\r\nb", "a\u2029b", "\x7f", 7, None, ["a"], True])
async def test_an_invalid_room_name_is_refused(api: httpx.AsyncClient, name: object):
    before = await newest(api)

    answer = await api.post("/api/rooms", json={"name": name})

    assert fields_of(refused(answer, 422, "validation_failed")) == {"name"}
    assert await newest(api) == before


@pytest.mark.parametrize("field", ["kind", "id", "people", "created_at", "Name", "archived", "role"])
async def test_a_new_room_accepts_only_a_name(api: httpx.AsyncClient, field: str):
    answer = await api.post("/api/rooms", json={"name": f"Room {next(NUMBERS)}", field: "x"})

    assert fields_of(refused(answer, 422, "validation_failed")) == {field}


async def test_a_second_lobby_is_refused(api: httpx.AsyncClient):
    refused(await api.post("/api/rooms", json={"name": "LOBBY"}), 409, "room_name_taken")


async def test_of_concurrent_rooms_of_one_name_one_is_created(api: httpx.AsyncClient):
    name = f"Wanted {next(NUMBERS)}"

    answers = await asyncio.gather(*(api.post("/api/rooms", json={"name": name}) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11


# Listing rooms.


async def test_rooms_are_listed_by_id_and_conversations_only_for_their_users(fresh_api: httpx.AsyncClient):
    ada, bob, eve = await people(fresh_api, 3)
    garden = await room(fresh_api, "garden")
    theirs = await got(fresh_api, f"/api/rooms/{(await tell(fresh_api, ada, bob))['room_id']}")
    kitchen = await room(fresh_api, "kitchen")
    alone = await got(fresh_api, f"/api/rooms/{(await tell(fresh_api, eve, eve))['room_id']}")
    public = [await got(fresh_api, "/api/rooms/1"), garden, kitchen]

    assert await got(fresh_api, "/api/rooms") == public
    assert await got(fresh_api, "/api/rooms", person_id=ada["id"]) == [*public[:2], theirs, kitchen]
    assert await got(fresh_api, "/api/rooms", person_id=bob["id"]) == [*public[:2], theirs, kitchen]
    assert await got(fresh_api, "/api/rooms", person_id=eve["id"]) == [*public, alone]
    assert await got(fresh_api, "/api/rooms", person_id=MAX_ID) == public


async def test_following_the_page_links_returns_every_room_once(fresh_api: httpx.AsyncClient):
    ada, bob = await people(fresh_api, 2)
    ids = [1, *[(await room(fresh_api))["id"] for _ in range(4)], (await tell(fresh_api, ada, bob))["room_id"]]

    assert await walked(fresh_api, "/api/rooms", limit=2) == [ids[:2], ids[2:4], ids[4:5]]
    assert await walked(fresh_api, "/api/rooms", limit=2, person_id=bob["id"]) == [ids[:2], ids[2:4], ids[4:]]
    assert await walked(fresh_api, "/api/rooms", limit=6, person_id=bob["id"]) == [ids]


@pytest.mark.parametrize("room_id", [MAX_ID, MAX_ID + 1, 0, -1, "01", "x", "lobby"])
def test_a_missing_room_is_a_404(shared_server: ServerProcess, room_id: object):
    path = f"/api/rooms/{room_id}"
    kind = "Content-Type: application/json"
    someone = {"name": "x", "email": "x@y", "nickname": f"somebody-{next(NUMBERS)}"}
    ada = httpx.post(f"{shared_server.base}/api/users", json=someone, verify=False).json()
    bodies = {
        "messages": {"author_id": ada["id"], "content": "x"},
        "typing": {"author_id": ada["id"]},
        "read": {"reader_id": ada["id"], "message_id": 1},
    }

    for read in (path, f"{path}/messages", f"{path}/presence"):
        assert_problem(exchange(shared_server.port, request(read)), 404, "not_found")
    for what, body in bodies.items():
        data = request(f"{path}/{what}", kind, method="POST", body=json.dumps(body).encode())
        assert_problem(exchange(shared_server.port, data), 404, "not_found")


# Writing in a room.


async def test_the_response_contains_the_complete_message(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    body = {"author_id": str(ada["id"]), "content": "Tea?\nMilk?", "client_key": "in-the-room"}

    answer = await api.post(f"/api/rooms/{place['id']}/messages", json=body)

    said = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/messages/{said['id']}"
    assert answer.headers["etag"] == '"1"'
    assert said == whole_message(said, ada, "Tea?\nMilk?", client_key="in-the-room")
    assert said["room_id"] == place["id"]
    assert await got(api, f"/api/rooms/{place['id']}/messages") == [said]
    assert await got(api, f"/api/users/{ada['id']}/messages") == []


async def test_one_message_route_serves_rooms_and_conversations(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    conversation = {"id": (await tell(api, ada, bob, "directly"))["room_id"]}

    there, back = await say(api, conversation, ada, "by the room"), await say(api, conversation, bob, "and back")

    assert (there["author"], there["recipient"]) == (ada, bob)
    assert (back["author"], back["recipient"]) == (bob, ada)
    said = await got(api, f"/api/users/{ada['id']}/messages")
    assert [message["content"] for message in said] == ["directly", "by the room", "and back"]
    before = await newest(api)
    for path in ("messages", "typing"):
        answer = await api.post(
            f"/api/rooms/{conversation['id']}/{path}",
            json={"author_id": eve["id"]} | ({"content": "let me in"} if path == "messages" else {}),
        )
        refused(answer, 404, "not_found")
    assert await newest(api) == before


async def test_concurrent_first_messages_create_one_conversation(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    before = position(await api.get("/api/rooms"))

    told = await asyncio.gather(*(tell(api, *((ada, bob) if n % 2 else (bob, ada)), f"{n}") for n in range(20)))

    assert len({message["room_id"] for message in told}) == 1
    # One event of the conversation and of each message, to both, and of each notification.
    assert position(await api.get("/api/rooms")) == before + 2 * (1 + 20) + 20
    said = await got(api, f"/api/users/{ada['id']}/messages")
    assert sorted(message["content"] for message in said) == sorted(f"{n}" for n in range(20))


async def test_a_missing_room_is_reported_before_a_missing_author(api: httpx.AsyncClient):
    answer = await api.post(f"/api/rooms/{MAX_ID}/messages", json={"author_id": MAX_ID, "content": "boo"})

    refused(answer, 404, "not_found")


async def test_messages_survive_a_restart(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        async with server.client() as api:
            ada, bob = await people(api, 2)
            place = await made(api, "/api/rooms", name="kitchen")
            said = [await say(api, place, ada), await tell(api, ada, bob), await say(api, place, bob)]
            read = {"reader_id": bob["id"], "message_id": said[0]["id"]}
            assert (await api.post(f"/api/rooms/{place['id']}/read", json=read)).status_code == 200
            unread = [f"/api/users/{who['id']}/unread" for who in (ada, bob)]
            lists = [await got(api, path) for path in ("/api/users", "/api/rooms", "/api/messages", *unread)]
        server.kill()
        server.start()
        async with server.client() as api:
            again = [await got(api, path) for path in ("/api/users", "/api/rooms", "/api/messages", *unread)]
            assert again == lists
            assert await got(api, f"/api/rooms/{place['id']}/messages") == [said[0], said[2]]
            assert (await say(api, place, ada))["id"] == said[-1]["id"] + 1
