"""Presence on a running server: who is in a room and who types, over both transports."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from tests.support.api_fixtures import (
    MAX_ID,
    Json,
    cookie_of,
    fields_of,
    got,
    newest,
    people,
    person,
    refused,
    say,
    tell,
)
from tests.support.api_fixtures import room as new_room
from tests.support.clients.delivery_paths import shared_on_each_path
from tests.support.clients.feed_clients import (
    EDGES,
    Edge,
    EventStreamClient,
    LineClient,
    WebsocketClient,
    follow,
    named,
)
from tests.support.clients.raw_connection import RawConnection
from tests.support.presence_fixtures import nicks
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)

# All timeouts are a tenth of the default.
QUICK = {
    "quart_notes.live.presence.LEAVE_DELAY": 0.3,
    "quart_notes.live.presence.TYPING_DURATION": 0.6,
    "quart_notes.live.presence.PUBLISH_INTERVAL": 0.1,
}
shared_server = shared_on_each_path(QUICK)


@pytest.fixture
async def place(api: httpx.AsyncClient) -> AsyncIterator[Json]:
    """A new room."""
    yield await new_room(api)


def _told(client: Any) -> tuple[list[str], list[str], list[str]] | None:
    """The content of a client's newest presence event."""
    heard = [event["presence"] for event in client.events if "presence" in event]
    return (nicks(heard[-1], "here"), heard[-1]["guests"], nicks(heard[-1], "typing")) if heard else None


async def _until_told(client: Any, here: list[Json], typing: tuple[Json, ...] = ()) -> None:
    wanted: tuple[list[str], list[str], list[str]]
    wanted = (sorted(one["nickname"] for one in here), [], sorted(one["nickname"] for one in typing))
    await client.until(lambda _: _told(client) == wanted)


@on_both_edges
async def test_a_subscriber_of_a_room_is_present_in_it(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, edge: Edge
):
    ada, bob = await people(api, 2)
    topics = f"room:{place['id']}"
    async with await follow(edge, shared_server.port, topics=topics) as watcher:
        await _until_told(watcher, [])
        first = await follow(edge, shared_server.port, topics=topics, person=ada["id"])
        await _until_told(watcher, [ada])
        await _until_told(first, [ada])
        second = await follow(EventStreamClient, shared_server.port, topics=topics, person=ada["id"])
        third = await follow(WebsocketClient, shared_server.port, topics=topics, person=bob["id"])
        await _until_told(watcher, [ada, bob])
        assert (await got(api, f"/api/rooms/{place['id']}/presence")) == watcher.events[-1]["presence"]
        first.cut()
        third.cut()
        await _until_told(watcher, [ada])
        second.cut()
        await _until_told(watcher, [])

        for event in watcher.events:
            assert event.keys() == {"topic", "action", "presence"}
            assert (event["topic"], event["action"]) == (topics, "update")
        assert watcher.ids == []


@on_both_edges
async def test_the_cookie_identifies_the_present_user(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, edge: Edge
):
    ada, bob = await people(api, 2)
    topics = f"room:{place['id']}"
    cookie = {"Cookie": f"other=1; {await cookie_of(api, ada)}"}
    async with await follow(edge, shared_server.port, topics=topics, headers=cookie) as client:
        await _until_told(client, [ada])
        async with await follow(edge, shared_server.port, topics=topics, person=bob["id"], headers=cookie):
            await _until_told(client, [ada, bob])  # the query overrides the cookie


async def test_a_subscriber_of_all_rooms_is_present_in_none_and_gets_no_presence(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json
):
    ada, bob = await people(api, 2)
    everywhere = await follow(WebsocketClient, shared_server.port, person=ada["id"])
    async with await follow(WebsocketClient, shared_server.port, topics=f"room:{place['id']}") as watcher:
        there = await follow(EventStreamClient, shared_server.port, topics=f"room:{place['id']}", person=bob["id"])
        await _until_told(watcher, [bob])
        await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": bob["id"]})
        await _until_told(watcher, [bob], (bob,))

        said = await say(api, place, bob)
        await everywhere.until(lambda _: everywhere.events)

    assert [event.get("message") for event in everywhere.events] == [said]
    assert (await got(api, f"/api/rooms/{place['id']}/presence"))["here"] == [bob]
    everywhere.cut()
    there.cut()


async def test_a_subscriber_of_several_topics_is_present_in_the_named_room_only(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json
):
    ada, other = await person(api), await new_room(api)
    topics = f"board:1,users,room:*,room:{place['id']},user:{ada['id']}"
    async with await follow(WebsocketClient, shared_server.port, topics=topics, person=ada["id"]) as client:
        await _until_told(client, [ada])
        assert (await got(api, f"/api/rooms/{other['id']}/presence"))["here"] == []


async def test_a_user_can_be_present_in_several_rooms(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json
):
    ada, other = await person(api), await new_room(api)
    topics = f"room:{place['id']},room:{other['id']}"
    client = await follow(EventStreamClient, shared_server.port, topics=topics, person=ada["id"])
    await client.until(lambda _: {event["topic"] for event in client.events} == set(topics.split(",")))

    for one in (place, other):
        assert (await got(api, f"/api/rooms/{one['id']}/presence"))["here"] == [ada]

    client.cut()


async def test_presence_is_not_logged(shared_server: ServerProcess, api: httpx.AsyncClient, place: Json):
    ada = await person(api)
    before = await newest(api)
    topics = f"room:{place['id']}"
    async with await follow(EventStreamClient, shared_server.port, topics=topics, person=ada["id"]) as client:
        await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": ada["id"]})
        await _until_told(client, [ada], (ada,))
        assert client.parser.last_id is None
        assert await newest(api) == before
        said = await say(api, place, ada)
        await client.until(lambda _: client.ids)

    for edge in EDGES:
        async with await follow(edge, shared_server.port, after=before, topics=topics) as late:
            await late.count(1)
            assert late.events[0]["message"] == said


@on_both_edges
async def test_typing_is_published_and_ends_by_timeout_or_with_the_message(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, edge: Edge
):
    ada, bob = await people(api, 2)
    topics = f"room:{place['id']}"
    async with await follow(edge, shared_server.port, topics=topics, person=bob["id"]) as client:
        answer = await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": str(ada["id"])})
        assert (answer.status_code, answer.content) == (204, b"")
        await _until_told(client, [bob], (ada,))
        await _until_told(client, [bob])  # without a message: it ends by timeout

        await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": ada["id"]})
        await _until_told(client, [bob], (ada,))
        await say(api, place, ada)
        assert (await got(api, f"/api/rooms/{place['id']}/presence"))["typing"] == []
        await _until_told(client, [bob])


async def test_typing_requires_a_user_and_a_room(api: httpx.AsyncClient, place: Json):
    ada, bob, eve = await people(api, 3)
    conversation = (await tell(api, ada, bob))["room_id"]

    answer = await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": MAX_ID})
    assert fields_of(refused(answer, 422, "validation_failed")) == {"author_id"}
    for room_id, author in ((MAX_ID, ada), (conversation, eve)):
        answer = await api.post(f"/api/rooms/{room_id}/typing", json={"author_id": author["id"]})
        refused(answer, 404, "not_found")
    assert (await got(api, f"/api/rooms/{conversation}/presence"))["typing"] == []
    assert (await api.post(f"/api/rooms/{conversation}/typing", json={"author_id": ada["id"]})).status_code == 204
    assert (await got(api, f"/api/rooms/{conversation}/presence"))["typing"] == [ada]


async def test_both_users_of_a_conversation_see_each_other(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    topics = f"room:{(await tell(api, ada, bob))['room_id']}"
    one = await follow(WebsocketClient, shared_server.port, topics=topics, person=ada["id"])
    other = await follow(EventStreamClient, shared_server.port, topics=topics, person=bob["id"])

    await _until_told(one, [ada, bob])

    other.cut()
    await _until_told(one, [ada])
    one.cut()


async def test_guests_of_the_plain_text_websocket_are_in_the_lobby(
    shared_server: ServerProcess, api: httpx.AsyncClient
):
    ada = await person(api)
    async with await follow(WebsocketClient, shared_server.port, topics="room:1", person=ada["id"]) as client:
        guests = [LineClient(shared_server.port, number) for number in (5, 5, -1)]
        for guest in guests:
            await guest.open()
        await client.until(lambda _: _told(client) == ([ada["nickname"]], ["Client -1", "Client 5"], []))
        guests[0].cut()
        guests[2].cut()
        await client.until(lambda _: _told(client) == ([ada["nickname"]], ["Client 5"], []))
        guests[1].cut()
        await client.until(lambda _: _told(client) == ([ada["nickname"]], [], []))


async def test_reconnected_users_are_present_after_a_restart(tmp_path: Path):
    with ServerProcess(tmp_path / "data", constants=QUICK) as server:
        async with server.client() as api:
            ada, bob = await people(api, 2)
            before = [
                await follow(WebsocketClient, server.port, topics="room:1", person=one["id"]) for one in (ada, bob)
            ]
            client = await follow(EventStreamClient, server.port, topics="room:1")
            await _until_told(client, [ada, bob])
            await api.post("/api/rooms/1/typing", json={"author_id": ada["id"]})
            place = await newest(api)
        server.kill()
        for one in (*before, client):
            one.cut()
        server.start()
        async with server.client() as api:
            assert (await got(api, "/api/rooms/1/presence")) == {"room_id": 1, "here": [], "guests": [], "typing": []}
            back = await follow(EventStreamClient, server.port, after=place, topics="room:1", person=ada["id"])
            await _until_told(back, [ada])
            back.cut()


@pytest.mark.parametrize("end", ["the stream", "the connection"])
async def test_a_stream_of_http_2_makes_its_user_present(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, end: str
):
    ada = await person(api)
    topics = f"room:{place['id']}"
    connection = await RawConnection(shared_server.port).connect()
    h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    h2.initiate_connection()
    path = f"/events?topics={topics}&person={ada['id']}"
    h2.send_headers(
        1, [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "localhost")], end_stream=True
    )
    await connection.send(h2.data_to_send())
    async with await follow(WebsocketClient, shared_server.port, topics=topics) as watcher:
        await _until_told(watcher, [ada])
        if end == "the stream":
            h2.reset_stream(1)
            await connection.send(h2.data_to_send())
        else:
            connection.cut()
        await _until_told(watcher, [])
    connection.cut()
