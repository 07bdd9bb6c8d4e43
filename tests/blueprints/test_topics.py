"""Topics: the default ones, named ones, and refused ones; direct messages stay private."""

from typing import Any

import httpx
import pytest

from quart_notes.web.security.credentials import COOKIE
from tests.support.api_fixtures import MAX_ID, Json, cookie_of, got, made, newest, people, person, say, tell
from tests.support.api_fixtures import room as new_room
from tests.support.clients.feed_clients import EDGES, Edge, follow, named
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


def _what(event: Json) -> tuple[str, str, Any]:
    """An event's topic, action, and the id of its object."""
    (thing,) = event.keys() - {"id", "topic", "action", "by"}
    return event["topic"], event["action"], event[thing].get("id", event[thing].get("room_id"))


async def _add_marker(api: httpx.AsyncClient) -> int:
    """Add a note: a client that gets its event has got every earlier event."""
    return int((await made(api, "/api/notes", title="the end"))["id"])


async def _events_before_marker(client: Any, mark: int) -> list[Json]:
    """Every event of a client before the marker."""
    await client.until(lambda _: client.events and client.events[-1].get("note", {}).get("id") == mark)
    return _without_notifications(client.events[:-1])


def _without_notifications(events: list[Json]) -> list[Json]:
    return [event for event in events if "inbox" not in event]


# Default topics.


@on_both_edges
async def test_without_a_user_the_default_is_every_public_topic(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    async with await follow(edge, shared_server.port) as client:
        eve = await person(api)
        place = await new_room(api)
        said = await say(api, place, ada)
        await tell(api, ada, bob)
        await api.post(f"/api/rooms/{place['id']}/read", json={"reader_id": bob["id"], "message_id": said["id"]})
        await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": bob["id"]})
        mark = await _add_marker(api)

        assert [_what(event) for event in await _events_before_marker(client, mark)] == [
            ("users", "create", eve["id"]),
            ("rooms", "create", place["id"]),
            (f"room:{place['id']}", "create", said["id"]),
        ]
        assert [event.get("user") or event.get("room") or event.get("message") for event in client.events[:-1]] == [
            eve,
            {name: value for name, value in place.items() if name not in {"role", "last_activity_at"}},
            said,
        ]


@on_both_edges
@pytest.mark.parametrize("how", ["by the address", "by the cookie"])
async def test_a_users_default_topics_include_their_own(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge, how: str
):
    ada, bob, eve = await people(api, 3)
    who: dict[str, Any] = {"person": ada["id"]}
    if how == "by the cookie":
        who = {"headers": {"Cookie": await cookie_of(api, ada)}}
    async with await follow(edge, shared_server.port, **who) as client:
        first = await tell(api, bob, ada)
        answer = await tell(api, ada, bob)
        await tell(api, bob, eve)
        await api.patch(f"/api/messages/{first['id']}", json={"author_id": bob["id"], "content": "edited"})
        await api.delete(f"/api/messages/{first['id']}?author_id={bob['id']}")
        await api.post(f"/api/messages/{first['id']}/restore?author_id={bob['id']}")
        mark = await _add_marker(api)

        topic = f"user:{ada['id']}"
        heard = await _events_before_marker(client, mark)
        assert [_what(event) for event in heard] == [
            (topic, "create", first["room_id"]), (topic, "create", first["id"]), (topic, "create", answer["id"]),
            (topic, "update", first["id"]), (topic, "delete", first["id"]), (topic, "create", first["id"]),
        ]  # fmt: skip
        assert heard[0]["room"]["people"] == [ada, bob]
        assert heard[1]["message"] == first
        assert [event["message"]["version"] for event in heard[3:]] == [2, 2, 3]
        assert {event["message"]["content"] for event in heard[3:]} == {"edited"}


async def test_an_invalid_cookie_is_ignored(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    cookies = ("", "x", "0", "-1", "9" * 19, "9" * 400, "1.0", "\u0661", str(MAX_ID), "1 or 1=1")
    values = [cookie.encode().decode("latin-1") for cookie in cookies]
    headers = [{"Cookie": f"{COOKIE}={value}"} for value in values]
    clients = [await follow(edge, shared_server.port, headers=one) for edge in EDGES for one in headers]

    await tell(api, ada, bob)

    mark = await _add_marker(api)
    for client in clients:
        assert await _events_before_marker(client, mark) == []
        client.cut()


@on_both_edges
async def test_both_users_of_a_direct_message_get_it_once_per_tab(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    begun = await tell(api, ada, bob)
    tabs = [await follow(edge, shared_server.port, person=one["id"]) for one in (ada, ada, bob, bob)]
    both = await follow(edge, shared_server.port, topics=f"board:1,user:{ada['id']},user:{bob['id']}")

    message = await tell(api, ada, bob)
    mark = await _add_marker(api)

    for tab, who in zip(tabs, (ada, ada, bob, bob), strict=True):
        (event,) = await _events_before_marker(tab, mark)
        assert event == {
            "id": event["id"],
            "topic": f"user:{who['id']}",
            "action": "create",
            "message": message,
            "by": ada["id"],
        }
        tab.cut()
    heard = await _events_before_marker(both, mark)
    assert sorted(event["topic"] for event in heard) == sorted([f"user:{ada['id']}", f"user:{bob['id']}"])
    assert heard[0]["id"] != heard[1]["id"]
    assert message["room_id"] == begun["room_id"]
    both.cut()


@on_both_edges
async def test_a_message_to_oneself_arrives_once(shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge):
    ada = await person(api)
    async with await follow(edge, shared_server.port, person=ada["id"]) as client:
        note = await tell(api, ada, ada)

        topic = f"user:{ada['id']}"
        heard = [_what(event) for event in await _events_before_marker(client, await _add_marker(api))]
        assert heard == [(topic, "create", note["room_id"]), (topic, "create", note["id"])]


# P9: private to the two users.


@on_both_edges
async def test_a_user_outside_a_conversation_gets_no_event_of_it_live_or_in_replay(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob, eve = await people(api, 3)
    room_id = (await tell(api, ada, bob))["room_id"]
    start = await newest(api)
    outside: list[dict[str, Any]] = [
        {"person": eve["id"]},
        {},
        {"topics": "board:1,users,rooms,room:*"},
        {"topics": f"board:1,room:*,user:{eve['id']}", "person": eve["id"]},
        {"headers": {"Cookie": await cookie_of(api, eve)}},
    ]
    live = [await follow(edge, shared_server.port, **who) for who in outside]
    inside = await follow(edge, shared_server.port, topics=f"board:1,room:{room_id}", person=ada["id"])

    messages = [await tell(api, ada, bob, "secret"), await say(api, {"id": room_id}, bob, "secret")]
    path = f"/api/messages/{messages[0]['id']}"
    await api.patch(path, json={"author_id": ada["id"], "content": "secret, edited"})
    await api.delete(f"{path}?author_id={ada['id']}")
    await api.post(f"{path}/restore?author_id={ada['id']}")
    await api.post(f"/api/rooms/{room_id}/typing", json={"author_id": ada["id"]})
    await api.post(f"/api/rooms/{room_id}/read", json={"reader_id": bob["id"], "message_id": messages[1]["id"]})
    mark = await _add_marker(api)
    later = [await follow(edge, shared_server.port, after=start, **who) for who in outside]

    for client in (*live, *later):
        assert await _events_before_marker(client, mark) == []
        client.cut()
    owner = await follow(edge, shared_server.port, after=start, person=ada["id"])
    assert len(await _events_before_marker(owner, mark)) == 5, "the positive: its own people hear it"
    owner.cut()
    inside.cut()


@on_both_edges
async def test_the_topic_of_a_conversation_is_refused_to_others(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob, eve = await people(api, 3)
    topics = f"room:{(await tell(api, ada, bob))['room_id']}"
    for who in (ada, bob):
        (await follow(edge, shared_server.port, topics=topics, person=who["id"])).cut()

    strangers: list[dict[str, Any]] = [
        {"person": eve["id"]},
        {},
        {"headers": {"Cookie": await cookie_of(api, eve)}},
        # The query overrides the cookie.
        {"person": eve["id"], "headers": {"Cookie": await cookie_of(api, ada)}},
    ]
    for stranger in strangers:
        for after in (None, await newest(api)):
            assert (await _refusal(edge, shared_server, topics=topics, after=after, **stranger)) == 403
            assert (await _refusal(edge, shared_server, topics=f"board:1,{topics}", after=after, **stranger)) == 403


async def _refusal(edge: Edge, server: ServerProcess, **options: Any) -> int:
    """The status with which a subscription is refused."""
    client = edge(server.port)
    await client.open(**options)
    assert client.head.headers["content-type"] == "application/problem+json"
    client.cut()
    return client.head.status


# Named topics.


@on_both_edges
async def test_a_named_topic_delivers_only_its_own_events(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    place, other = await new_room(api), await new_room(api)
    room_id = (await tell(api, ada, bob))["room_id"]
    board = (await made(api, "/api/boards", name="elsewhere"))["id"]
    note = (await made(api, f"/api/boards/{board}/notes", title="talked about"))["id"]
    thread = (await api.put(f"/api/boards/{board}/notes/{note}/thread")).json()
    topics = ["users", "rooms", f"room:{place['id']}", f"room:{thread['id']}", "room:*", f"user:{bob['id']}"]
    clients = {topic: await follow(edge, shared_server.port, topics=f"board:1,{topic}") for topic in topics}

    eve, garden = await person(api), await new_room(api)
    here, there, about = [await say(api, where, ada) for where in (place, other, thread)]
    told = await tell(api, ada, bob)
    mark = await _add_marker(api)

    heard = {
        topic: [_what(event)[1:] for event in await _events_before_marker(client, mark) if "id" in event]
        for topic, client in clients.items()
    }
    assert heard == {
        "users": [("create", eve["id"])],
        "rooms": [("create", garden["id"])],
        f"room:{place['id']}": [("create", here["id"])],
        f"room:{thread['id']}": [("create", about["id"])],
        "room:*": [("create", here["id"]), ("create", there["id"])],
        f"user:{bob['id']}": [("create", told["id"])],
    }
    assert told["room_id"] == room_id
    for client in clients.values():
        client.cut()


@on_both_edges
async def test_all_rooms_include_later_ones_live_and_in_replay(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada = await person(api)
    start = await newest(api)
    live = await follow(edge, shared_server.port, topics="board:1,room:*")
    said = []
    for _ in range(3):
        place = await new_room(api)
        said.append(await say(api, place, ada))
    mark = await _add_marker(api)
    later = await follow(edge, shared_server.port, after=start, topics="board:1,room:*")

    for client in (live, later):
        assert [event["message"] for event in await _events_before_marker(client, mark)] == said
        client.cut()


@on_both_edges
async def test_a_room_named_beside_all_rooms_sends_each_event_once(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, place = await person(api), await new_room(api)
    topics = f"room:*,board:1,room:{place['id']},room:{place['id']}, room:*"
    topics = topics.replace(" ", "%20")
    start = await newest(api)
    live = await follow(edge, shared_server.port, topics=topics)
    said = [await say(api, place, ada), await say(api, {"id": 1}, ada)]
    mark = await _add_marker(api)
    later = await follow(edge, shared_server.port, after=start, topics=topics)

    for client in (live, later):
        heard = [event for event in await _events_before_marker(client, mark) if "id" in event]
        assert [event["message"] for event in heard] == said
        client.cut()


UNKNOWN = [
    "", ",", "board:1,", "board:99999", "user:*", "*", "users:*", "rooms:*", "room:", "room:0", "room:-1", "room:01",
    "room:1x", f"room:{MAX_ID}", f"room:{MAX_ID + 1}", "room:" + "9" * 400, f"user:{MAX_ID}", "user:0", "user:",
    "ROOM:1", "room:%EF%BC%91", "room%3A1%00", "users;rooms", "room:1:2", "event:1", "room:%2A%2A", "room:%0A1",
    "users%20rooms",
]  # fmt: skip


@on_both_edges
async def test_a_topic_that_does_not_exist_is_refused(shared_server: ServerProcess, edge: Edge):
    (await follow(edge, shared_server.port, topics="room:1")).cut()

    for topics in (*UNKNOWN, *(f"board:1,users,{topics}" for topics in UNKNOWN if topics not in {"", ","})):
        assert await _refusal(edge, shared_server, topics=topics) == 403, topics


async def test_the_number_of_topics_is_limited(shared_server: ServerProcess, api: httpx.AsyncClient):
    known = [one["id"] for one in await people(api, 200)]
    topics = [f"user:{user_id}" for user_id in known]
    clients = [await follow(edge, shared_server.port, topics=",".join(topics)) for edge in EDGES]

    await tell(api, {"id": known[0]}, {"id": known[-1]})

    for client in clients:
        await client.until(lambda client: sum("message" in event for event in client.events) == 2)
        client.cut()
    for edge in EDGES:
        assert await _refusal(edge, shared_server, topics=",".join([*topics, "users"])) == 400
        assert await _refusal(edge, shared_server, topics=",".join(f"room:{n}" for n in range(1, 900))) == 400


@on_both_edges
async def test_a_missing_user_cannot_subscribe(shared_server: ServerProcess, edge: Edge):
    assert await _refusal(edge, shared_server, person=MAX_ID) == 404
    assert await _refusal(edge, shared_server, person=MAX_ID, topics="board:1") == 404
    for wrong in ("0", "-1", "x", "", MAX_ID + 1, "1.5"):
        assert await _refusal(edge, shared_server, person=wrong) == 422


@on_both_edges
@pytest.mark.parametrize("query", ["topics=users&topics=rooms", "person=1&person=2", "after=a-1&after=a-2"])
async def test_a_repeated_parameter_is_refused(shared_server: ServerProcess, edge: Edge, query: str):
    client = edge(shared_server.port)
    client.path += f"?unknown=1&unknown=2&{query}"

    await client.open()

    assert client.head.status == 422
    client.cut()


async def test_a_refused_subscriber_is_not_present(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada, place = await person(api), await new_room(api)
    for edge in EDGES:
        topics = f"room:{place['id']},board:99999"
        assert await _refusal(edge, shared_server, topics=topics, person=ada["id"]) == 403

    assert (await got(api, f"/api/rooms/{place['id']}/presence"))["here"] == []


async def test_a_head_request_does_not_make_its_user_present(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada, place = await person(api), await new_room(api)

    answer = await api.head("/events", params={"topics": f"room:{place['id']}", "person": ada["id"]})

    assert answer.status_code == 200
    assert (await got(api, f"/api/rooms/{place['id']}/presence"))["here"] == []


@on_both_edges
async def test_a_reader_of_all_topics_resumes_without_gap_or_duplicate(
    shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge
):
    ada, bob = await people(api, 2)
    place = await new_room(api)
    who = {"topics": f"users,rooms,room:*,room:{place['id']},user:{ada['id']},board:1", "person": ada["id"]}
    whole = await follow(edge, shared_server.port, **who)
    part = await follow(edge, shared_server.port, **who)
    heard: list[Json] = []
    for turn in range(4):
        await say(api, place, bob, f"{turn}")
        await tell(api, bob, ada, f"{turn}")
        await part.until(lambda client: sum("message" in event for event in client.events) >= 2)
        part.cut()
        heard += [event for event in part.events if "id" in event]
        await say(api, place, ada, f"missed {turn}")
        await person(api)
        part = await follow(edge, shared_server.port, after=heard[-1]["id"], **who)
        await part.until(lambda client: any("user" in event for event in client.events))
        heard += [event for event in part.events if "id" in event]
        part.events.clear()
    mark = await _add_marker(api)

    heard += [event for event in await _events_before_marker(part, mark) if "id" in event]
    assert _without_notifications(heard) == [
        event for event in await _events_before_marker(whole, mark) if "id" in event
    ]
    part.cut()
    whole.cut()
