"""Unread messages: counted for each user and room, cleared by reading, published to the user's own clients only."""

import asyncio
import random

import httpx
import pytest

from quart_notes.schemas import MAX_ID
from tests.support.api_fixtures import Json, fields_of, got, newest, people, person, position, refused, room, say, tell
from tests.support.clients.feed_clients import EDGES, Edge, LineClient, follow, named
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


async def _unread(api: httpx.AsyncClient, who: Json, where: Json) -> tuple[int, int]:
    """The number of a user's unread messages in a room, and the id of the last one that they have read."""
    found = {one["room_id"]: one for one in await got(api, f"/api/users/{who['id']}/unread")}
    one = found[where["id"]]
    assert one.keys() == {"room_id", "note_id", "count", "last_read_id", "level"}
    return one["count"], one["last_read_id"]


async def _read(api: httpx.AsyncClient, who: Json, where: Json, message_id: object) -> httpx.Response:
    body = {"reader_id": who["id"], "message_id": message_id}
    return await api.post(f"/api/rooms/{where['id']}/read", json=body)


# R4: what counts.


async def test_messages_of_others_are_unread_until_they_are_read(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    said = [await say(api, place, bob) for _ in range(3)]
    assert (await _unread(api, ada, place))[0] == 3

    answer = await _read(api, ada, place, said[1]["id"])

    assert answer.status_code == 200
    assert answer.json() == {
        "room_id": place["id"],
        "count": 1,
        "last_read_id": said[1]["id"],
        "level": "mentions",
        "note_id": None,
    }
    assert answer.headers["last-event-id"] == await newest(api)
    assert await _unread(api, ada, place) == (1, said[1]["id"])
    assert (await _read(api, ada, place, said[2]["id"])).json()["count"] == 0
    await say(api, place, bob)
    assert await _unread(api, ada, place) == (1, said[2]["id"])


async def test_own_messages_never_count(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    await say(api, place, ada)
    await say(api, place, bob)
    last = await say(api, place, ada)

    assert (await _unread(api, ada, place))[0] == 1
    assert (await _unread(api, bob, place))[0] == 2
    assert (await _read(api, bob, place, last["id"])).json()["count"] == 0


async def test_a_new_user_has_no_unread_messages(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    for _ in range(3):
        await say(api, place, ada)

    late = await person(api)

    unread = await got(api, f"/api/users/{late['id']}/unread")
    assert {one["count"] for one in unread} == {0}
    await say(api, place, ada)
    assert (await _unread(api, late, place))[0] == 1
    other = await room(api)
    assert (await _unread(api, late, other))[0] == 0
    await tell(api, ada, late)
    assert sum(one["count"] for one in await got(api, f"/api/users/{late['id']}/unread")) == 2


async def test_all_rooms_and_the_users_own_conversations_are_listed(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    theirs = (await tell(api, ada, bob))["room_id"]
    alone = (await tell(api, eve, eve))["room_id"]
    public = [one["id"] for one in await got(api, "/api/rooms")]

    ids = {
        who["nickname"]: [one["room_id"] for one in await got(api, f"/api/users/{who['id']}/unread")]
        for who in (ada, bob, eve)
    }

    assert ids == {
        ada["nickname"]: sorted([*public, theirs]),
        bob["nickname"]: sorted([*public, theirs]),
        eve["nickname"]: sorted([*public, alone]),
    }
    assert (await _unread(api, bob, {"id": theirs}))[0] == 1
    assert (await _unread(api, ada, {"id": theirs}))[0] == 0
    assert (await _unread(api, eve, {"id": alone}))[0] == 0


async def test_a_read_marker_never_moves_back(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    said = [await say(api, place, bob) for _ in range(3)]
    await _read(api, ada, place, said[2]["id"])
    before = await newest(api)

    for earlier in (said[2], said[1], said[0], {"id": 1}):
        answer = await _read(api, ada, place, earlier["id"])

        assert answer.status_code == 200
        assert answer.json() == {
            "room_id": place["id"],
            "count": 0,
            "last_read_id": said[2]["id"],
            "level": "mentions",
            "note_id": None,
        }

    assert await newest(api) == before, "it told somebody"


@pytest.mark.parametrize("message_id", [MAX_ID, str(MAX_ID), "above"])
async def test_a_future_id_does_not_mark_later_messages_as_read(api: httpx.AsyncClient, message_id: object):
    ada, bob = await people(api, 2)
    place = await room(api)
    said = await say(api, place, bob)

    answer = await _read(api, ada, place, said["id"] + 5 if message_id == "above" else message_id)

    assert answer.json() == {
        "room_id": place["id"],
        "count": 0,
        "last_read_id": said["id"],
        "level": "mentions",
        "note_id": None,
    }
    for _ in range(8):
        await say(api, place, bob)
    assert (await _unread(api, ada, place))[0] == 8


async def test_an_id_of_another_room_marks_older_messages_as_read(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place, other = await room(api), await room(api)
    first, elsewhere = await say(api, place, bob), await say(api, other, bob)
    await say(api, place, bob)

    answer = await _read(api, ada, place, elsewhere["id"])

    assert answer.json() == {
        "room_id": place["id"],
        "count": 1,
        "last_read_id": first["id"],
        "level": "mentions",
        "note_id": None,
    }
    assert (await _unread(api, ada, other))[0] == 1


async def test_reading_an_empty_room_sends_no_event(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    before, unread = await newest(api), await _unread(api, ada, place)

    answer = await _read(api, ada, place, MAX_ID)

    assert (answer.json()["count"], answer.json()["last_read_id"]) == unread
    assert unread[0] == 0
    assert await newest(api) == before


async def test_deleted_messages_are_not_unread_and_restored_ones_are(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    read, unread = await say(api, place, bob), await say(api, place, bob)
    await _read(api, ada, place, read["id"])

    for message in (read, unread):
        await api.delete(f"/api/messages/{message['id']}?author_id={bob['id']}")
    assert (await _unread(api, ada, place))[0] == 0
    await api.post(f"/api/messages/{read['id']}/restore?author_id={bob['id']}")
    assert (await _unread(api, ada, place))[0] == 0, "it was read before"
    await api.post(f"/api/messages/{unread['id']}/restore?author_id={bob['id']}")
    assert (await _unread(api, ada, place))[0] == 1


async def test_an_edit_does_not_change_whether_a_message_is_unread(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    read, unread = await say(api, place, bob), await say(api, place, bob)
    await _read(api, ada, place, read["id"])

    for message in (read, unread):
        await api.patch(f"/api/messages/{message['id']}", json={"author_id": bob["id"], "content": "edited"})

    assert (await _unread(api, ada, place))[0] == 1


async def test_a_guests_message_is_unread_for_everybody(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada = await person(api)
    before = (await _unread(api, ada, {"id": 1}))[0]
    async with LineClient(shared_server.port, 7) as guest:
        await guest.open()
        await guest.speak("hello")
        await guest.hears("Client 7: hello")

    assert (await _unread(api, ada, {"id": 1}))[0] == before + 1


async def test_only_its_two_users_read_a_conversation(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    said = await tell(api, ada, bob)
    where = {"id": said["room_id"]}

    refused(await _read(api, eve, where, said["id"]), 404, "not_found")
    assert (await _read(api, {"id": str(bob["id"])}, where, str(said["id"]))).json()["count"] == 0
    assert (await _unread(api, bob, where))[0] == 0


async def test_reading_requires_a_user(api: httpx.AsyncClient):
    before = await newest(api)

    answer = await _read(api, {"id": MAX_ID}, {"id": 1}, 1)

    assert fields_of(refused(answer, 422, "validation_failed")) == {"reader_id"}
    assert await newest(api) == before


async def test_of_concurrent_reads_the_newest_message_counts(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    said = [(await say(api, place, bob))["id"] for _ in range(10)]
    before = position(await api.get("/api/rooms"))

    answers = await asyncio.gather(*(_read(api, ada, place, one) for one in random.Random(2).sample(said, 10) * 2))

    assert {answer.status_code for answer in answers} == {200}
    assert await _unread(api, ada, place) == (0, said[-1])
    assert position(await api.get("/api/rooms")) - before <= 10


# Events.


@on_both_edges
async def test_a_read_marker_is_published_to_its_user_only(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    place = await room(api)
    said = await say(api, place, bob)
    own, other = [await follow(edge, shared_server.port, person=one["id"]) for one in (ada, bob)]
    nobody = await follow(edge, shared_server.port)
    by_name = await follow(edge, shared_server.port, topics=f"user:{ada['id']}")

    answer = await _read(api, ada, place, said["id"])
    last = await say(api, place, bob)

    event = {
        "id": answer.headers["last-event-id"],
        "topic": f"user:{ada['id']}",
        "action": "update",
        "unread": answer.json(),
        "by": ada["id"],
    }
    assert (await own.count(2))[0] == event
    assert await by_name.count(1) == [event]
    for client in (other, nobody):
        assert [one.get("message") for one in await client.count(1)] == [last]
    for client in (own, other, nobody, by_name):
        client.cut()
