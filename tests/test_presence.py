"""Who is here and who is typing: told at once, at most once a second and room, and never kept."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_notes.broadcaster import Broadcaster
from quart_notes.channel import Message
from quart_notes.events import EVERY_ROOM, room
from quart_notes.presence import INTERVAL, LINGER, TYPING, Presence
from quart_notes.reader import Reader
from quart_notes.schemas import UserOut
from tests.feed_clients import EDGES, Edge, EventStreamClient, LineClient, WebsocketClient, follow, named
from tests.raw_connection import RawConnection
from tests.server_process import ServerProcess
from tests.talk import MAX_ID, Json, cookie_of, fields_of, got, newest, people, person, refused, say, tell
from tests.talk import room as new_room
from tests.virtual_time import in_virtual_time

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


def _user(number: int, nickname: str = "") -> UserOut:
    return UserOut(id=number, name="x", email="x@y", nickname=nickname or f"nick{number}")


ADA, BOB, EVE = _user(1, "Ada"), _user(2, "bob"), _user(3, "eve")


class Listener:
    """Hears a topic and remembers when: `heard` is (loop time, presence) for each event."""

    def __init__(self, broadcaster: Broadcaster, topic: str = room(5)) -> None:
        self.heard: list[tuple[float, Json]] = []
        self.messages: list[Message] = []
        self._broadcaster = broadcaster
        self._reader: Reader = broadcaster.subscribe({topic}, lambda message: message.data)
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while not self._reader.ended.is_set():
            await self._broadcaster.wait(self._reader)
            for message in self._reader.take():
                self.messages.append(message)
                event = json.loads(message.data)
                assert event.keys() == {"topic", "action", "presence"}
                assert (event["topic"], event["action"]) == (room(5), "update")
                assert message.number is None
                self.heard.append((asyncio.get_running_loop().time(), event["presence"]))

    @property
    def last(self) -> tuple[list[str], list[str], list[str]]:
        """Who is here, the guests and who is typing, as it was last told."""
        presence = self.heard[-1][1]
        return _nicks(presence, "here"), presence["guests"], _nicks(presence, "typing")

    @property
    def times(self) -> list[float]:
        return [round(moment, 3) for moment, _ in self.heard]


def _nicks(presence: Json, what: str) -> list[str]:
    return [one["nickname"] for one in presence[what]]


def _parts() -> tuple[Presence, Listener]:
    broadcaster = Broadcaster()
    return Presence(broadcaster), Listener(broadcaster)


def _now(presence: Presence, room_id: int = 5) -> tuple[list[str], list[str], list[str]]:
    now = presence.now(room_id)
    assert now.room_id == room_id
    return [one.nickname for one in now.here], now.guests, [one.nickname for one in now.typing]


MOMENT = 0.01  # seconds


# By itself, with a clock of its own.


@in_virtual_time
async def test_who_comes_is_here_at_once_and_told_at_once():
    presence, listener = _parts()

    presence.join(5, ADA)

    assert _now(presence) == (["Ada"], [], [])
    await asyncio.sleep(MOMENT)
    assert listener.last == (["Ada"], [], [])
    assert listener.times[0] < MOMENT


@in_virtual_time
async def test_who_goes_is_gone_a_little_later():
    presence, listener = _parts()
    leave = presence.join(5, ADA)
    await asyncio.sleep(10)

    leave()

    await asyncio.sleep(LINGER - MOMENT)
    assert _now(presence) == (["Ada"], [], [])
    await asyncio.sleep(2 * MOMENT)
    assert _now(presence) == ([], [], [])
    assert listener.last == ([], [], [])
    assert listener.times == [0, 10 + LINGER]


@in_virtual_time
async def test_a_reload_is_no_leaving():
    presence, listener = _parts()
    leave = presence.join(5, ADA)
    await asyncio.sleep(10)

    leave()
    await asyncio.sleep(LINGER - MOMENT)
    leave_again = presence.join(5, ADA)
    await asyncio.sleep(60)

    assert all(_nicks(heard, "here") == ["Ada"] for _, heard in listener.heard)
    leave_again()
    await asyncio.sleep(LINGER + MOMENT)
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_somebody_is_here_while_one_of_their_connections_is():
    presence, listener = _parts()
    leaves = [presence.join(5, ADA) for _ in range(5)]
    for leave in random.Random(1).sample(leaves[1:], 4):
        leave()
        await asyncio.sleep(20)
        assert _now(presence) == (["Ada"], [], [])

    leaves[0]()
    await asyncio.sleep(LINGER + MOMENT)

    assert _now(presence) == ([], [], [])
    assert [_nicks(heard, "here") for _, heard in listener.heard[:-1]] == [["Ada"]] * (len(listener.heard) - 1)


@in_virtual_time
async def test_people_are_told_by_nickname_and_rooms_know_nothing_of_each_other():
    presence, listener = _parts()
    for one in (EVE, BOB, ADA):
        presence.join(5, one)
    presence.join(6, _user(4))
    await asyncio.sleep(MOMENT)

    assert listener.last == (["Ada", "bob", "eve"], [], [])
    assert _now(presence, 6) == (["nick4"], [], [])
    assert _now(presence, 7) == ([], [], [])


@in_virtual_time
async def test_a_busy_room_is_told_of_once_a_second_and_the_last_word_is_right():
    presence, listener = _parts()
    chance = random.Random(3)
    leaves: list[Any] = []
    for _ in range(400):
        await asyncio.sleep(chance.random() * 0.05)
        if leaves and chance.random() < 0.5:
            leaves.pop(chance.randrange(len(leaves)))()
        elif chance.random() < 0.5:
            leaves.append(presence.join(5, _user(chance.randint(1, 6))))
        elif chance.random() < 0.5:
            leaves.append(presence.join_as_guest(5, f"Client {chance.randint(1, 3)}"))
        else:
            presence.typing(5, _user(chance.randint(1, 6)))
    busy = asyncio.get_running_loop().time()
    await asyncio.sleep(20)

    gaps = [later - earlier for earlier, later in zip(listener.times, listener.times[1:], strict=False)]
    assert min(gaps) >= INTERVAL - MOMENT
    assert busy * 0.5 < len(listener.heard) <= busy + 20
    assert listener.last == _now(presence)


@in_virtual_time
async def test_a_change_is_told_within_a_second_of_the_last_telling():
    presence, listener = _parts()
    presence.join(5, ADA)
    await asyncio.sleep(0.4)
    presence.join(5, BOB)
    await asyncio.sleep(0.3)
    presence.join(5, EVE)
    await asyncio.sleep(5)

    assert listener.times == [0, INTERVAL]
    assert listener.last == (["Ada", "bob", "eve"], [], [])


@in_virtual_time
async def test_who_comes_into_an_empty_room_right_after_somebody_left_it_is_told():
    presence, listener = _parts()
    presence.join_as_guest(5, "Client 1")()  # comes and goes
    await asyncio.sleep(0.2)
    presence.join(5, ADA)
    await asyncio.sleep(5)

    assert listener.times == [0, INTERVAL]
    assert listener.last == (["Ada"], [], [])


@in_virtual_time
async def test_a_second_connection_of_somebody_who_is_here_hears_who_is_here():
    presence, listener = _parts()
    presence.join(5, ADA)
    await asyncio.sleep(10)

    presence.join(5, ADA)

    await asyncio.sleep(MOMENT)
    assert listener.times == [0, 10]
    presence.follow(5)
    await asyncio.sleep(2)
    assert listener.times == [0, 10, 10 + INTERVAL]
    assert listener.last == (["Ada"], [], [])


@in_virtual_time
async def test_typing_ends_after_five_seconds():
    presence, listener = _parts()
    presence.join(5, ADA)
    await asyncio.sleep(10)

    presence.typing(5, ADA)

    await asyncio.sleep(MOMENT)
    assert listener.last == (["Ada"], [], ["Ada"])
    await asyncio.sleep(TYPING - 2 * MOMENT)
    assert _now(presence) == (["Ada"], [], ["Ada"])
    await asyncio.sleep(2 * MOMENT)
    assert _now(presence) == (["Ada"], [], [])
    assert listener.last == (["Ada"], [], [])
    assert listener.times == [0, 10, 10 + TYPING]


@in_virtual_time
async def test_typing_that_goes_on_is_told_once():
    presence, listener = _parts()
    for _ in range(10):
        presence.typing(5, ADA)
        await asyncio.sleep(3)

    assert listener.times == [0]
    await asyncio.sleep(TYPING)
    assert listener.times == [0, 27 + TYPING]
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_what_is_said_ends_the_typing():
    presence, listener = _parts()
    presence.typing(5, ADA)
    presence.typing(5, BOB)
    await asyncio.sleep(2)

    presence.stopped_typing(5, ADA.id)

    await asyncio.sleep(MOMENT)
    assert listener.last == ([], [], ["bob"])
    await asyncio.sleep(60)
    assert listener.last == ([], [], [])
    assert listener.times == [0, 2, TYPING]


@in_virtual_time
async def test_who_was_not_typing_stops_without_a_word():
    presence, listener = _parts()
    presence.join(5, ADA)
    await asyncio.sleep(10)

    for room_id, person_id in ((5, ADA.id), (5, 99), (6, ADA.id)):
        presence.stopped_typing(room_id, person_id)

    await asyncio.sleep(10)
    assert listener.times == [0]


@in_virtual_time
async def test_guests_are_here_as_often_as_they_are_connected():
    presence, listener = _parts()
    first, second = presence.join_as_guest(5, "Client 5"), presence.join_as_guest(5, "Client 5")
    presence.join_as_guest(5, "Client -1")
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1", "Client 5"], [])

    first()
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1", "Client 5"], [])
    second()
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1"], [])


@in_virtual_time
async def test_an_empty_room_is_forgotten():
    presence, listener = _parts()
    for room_id in range(1, 101):
        leave, guest = presence.join(room_id, ADA), presence.join_as_guest(room_id, "Client 1")
        presence.typing(room_id, BOB)
        presence.follow(room_id)
        leave()
        guest()
        presence.follow(1000 + room_id)
    await asyncio.sleep(60)

    assert presence._places == {}
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_every_room_together_hears_nothing_of_presence():
    broadcaster = Broadcaster()
    presence, by_name, family = Presence(broadcaster), Listener(broadcaster), Listener(broadcaster, EVERY_ROOM)
    presence.join(5, ADA)
    presence.typing(5, ADA)
    await asyncio.sleep(20)

    assert by_name.heard
    assert family.messages == []


@in_virtual_time
async def test_after_the_close_nothing_is_told():
    presence, listener = _parts()
    leave, guest = presence.join(5, ADA), presence.join_as_guest(5, "Client 1")
    presence.typing(5, ADA)
    await asyncio.sleep(2)
    heard = len(listener.heard)

    presence.close()
    presence._broadcaster.close()
    leave()
    guest()
    await asyncio.sleep(60)

    assert len(listener.heard) == heard


STEPS = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "guest", "typing", "said", "wait"]), st.integers(1, 3)), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5, 4.0]))
@in_virtual_time
async def test_whatever_happens_what_was_told_is_what_is_so(steps: list[tuple[str, int]], pause: float):
    presence, listener = _parts()
    loop = asyncio.get_running_loop()
    connections: list[tuple[str, Any]] = []
    left: dict[str, float] = {}  # nickname → when their last connection went
    typed: dict[str, float] = {}
    for step, number in steps:
        nickname = f"nick{number}"
        if step == "join":
            connections.append((nickname, presence.join(5, _user(number))))
        elif step == "guest":
            connections.append((f"Client {number}", presence.join_as_guest(5, f"Client {number}")))
        elif step == "leave" and connections:
            who, leave = connections.pop(number % len(connections))
            leave()
            if who not in dict(connections):
                left[who] = loop.time()
        elif step == "typing":
            presence.typing(5, _user(number))
            typed[nickname] = loop.time()
        elif step == "said":
            presence.stopped_typing(5, number)
            typed.pop(nickname, None)
        elif step == "wait":
            await asyncio.sleep(pause)
        here = {who for who, _ in connections if who.startswith("nick")}
        here |= {who for who, when in left.items() if who.startswith("nick") and loop.time() < when + LINGER}
        guests = sorted({who for who, _ in connections if who.startswith("Client")})
        typing = sorted(who for who, when in typed.items() if loop.time() < when + TYPING)
        assert _now(presence) == (sorted(here), guests, typing)
    await asyncio.sleep(LINGER + TYPING + 2 * INTERVAL)

    gaps = [later - earlier for earlier, later in zip(listener.times, listener.times[1:], strict=False)]
    assert min(gaps, default=INTERVAL) >= INTERVAL - MOMENT
    if listener.heard:
        assert listener.last == _now(presence)
    assert bool(presence._places) == bool(connections)


# Against a real server.

QUICK = {"quart_notes.presence.LINGER": 0.3, "quart_notes.presence.TYPING": 0.6, "quart_notes.presence.INTERVAL": 0.1}


@pytest.fixture(scope="module", params=["direct", "send"])
def shared_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests here, once for each road, where all this goes ten times as fast."""
    folder = tmp_path_factory.mktemp("presence") / "data"
    with ServerProcess(folder, "--stream-road", request.param, constants=QUICK) as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture
async def place(api: httpx.AsyncClient) -> AsyncIterator[Json]:
    """A room of one's own."""
    yield await new_room(api)


def _told(client: Any) -> tuple[list[str], list[str], list[str]] | None:
    """What the last presence that came says."""
    heard = [event["presence"] for event in client.events if "presence" in event]
    return (_nicks(heard[-1], "here"), heard[-1]["guests"], _nicks(heard[-1], "typing")) if heard else None


async def _until_told(client: Any, here: list[Json], typing: tuple[Json, ...] = ()) -> None:
    wanted: tuple[list[str], list[str], list[str]]
    wanted = (sorted(one["nickname"] for one in here), [], sorted(one["nickname"] for one in typing))
    await client.until(lambda _: _told(client) == wanted)


@on_both_edges
async def test_who_follows_a_room_by_name_is_here(
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
async def test_the_cookie_says_who_is_here(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, edge: Edge
):
    ada, bob = await people(api, 2)
    topics = f"room:{place['id']}"
    cookie = {"Cookie": f"other=1; {await cookie_of(api, ada)}"}
    async with await follow(edge, shared_server.port, topics=topics, headers=cookie) as client:
        await _until_told(client, [ada])
        async with await follow(edge, shared_server.port, topics=topics, person=bob["id"], headers=cookie):
            await _until_told(client, [ada, bob])  # what the address says counts more


async def test_who_hears_all_rooms_is_in_none_and_hears_nobody_come(
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


async def test_a_named_room_among_other_topics_makes_one_present_there_only(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json
):
    ada, other = await person(api), await new_room(api)
    topics = f"board:1,users,room:*,room:{place['id']},user:{ada['id']}"
    async with await follow(WebsocketClient, shared_server.port, topics=topics, person=ada["id"]) as client:
        await _until_told(client, [ada])
        assert (await got(api, f"/api/rooms/{other['id']}/presence"))["here"] == []


async def test_one_may_be_in_several_rooms(shared_server: ServerProcess, api: httpx.AsyncClient, place: Json):
    ada, other = await person(api), await new_room(api)
    topics = f"room:{place['id']},room:{other['id']}"
    client = await follow(EventStreamClient, shared_server.port, topics=topics, person=ada["id"])
    await client.until(lambda _: {event["topic"] for event in client.events} == set(topics.split(",")))

    for one in (place, other):
        assert (await got(api, f"/api/rooms/{one['id']}/presence"))["here"] == [ada]

    client.cut()


async def test_presence_has_no_place_in_the_log(shared_server: ServerProcess, api: httpx.AsyncClient, place: Json):
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
async def test_typing_is_told_and_ends_by_itself_or_with_the_message(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, edge: Edge
):
    ada, bob = await people(api, 2)
    topics = f"room:{place['id']}"
    async with await follow(edge, shared_server.port, topics=topics, person=bob["id"]) as client:
        answer = await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": str(ada["id"])})
        assert (answer.status_code, answer.content) == (204, b"")
        await _until_told(client, [bob], (ada,))
        await _until_told(client, [bob])  # nothing was said: it ends by itself

        await api.post(f"/api/rooms/{place['id']}/typing", json={"author_id": ada["id"]})
        await _until_told(client, [bob], (ada,))
        await say(api, place, ada)
        assert (await got(api, f"/api/rooms/{place['id']}/presence"))["typing"] == []
        await _until_told(client, [bob])


async def test_nobody_types_nowhere(api: httpx.AsyncClient, place: Json):
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


async def test_the_two_of_a_conversation_see_each_other(shared_server: ServerProcess, api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    topics = f"room:{(await tell(api, ada, bob))['room_id']}"
    one = await follow(WebsocketClient, shared_server.port, topics=topics, person=ada["id"])
    other = await follow(EventStreamClient, shared_server.port, topics=topics, person=bob["id"])

    await _until_told(one, [ada, bob])

    other.cut()
    await _until_told(one, [ada])
    one.cut()


async def test_guests_of_the_plain_text_door_are_in_the_lobby(shared_server: ServerProcess, api: httpx.AsyncClient):
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


async def test_after_a_restart_those_who_come_back_are_here_again(tmp_path: Path):
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


async def test_a_deaf_client_is_gone_once_it_is_dropped(tmp_path: Path):
    quick = {
        **QUICK,
        "quart_notes.broadcaster.HEARTBEAT": 0.2,
        "quart_notes.outlets.DEAF": 0.4,
    }
    with ServerProcess(tmp_path / "data", constants=quick) as server:
        async with server.client() as api:
            ada = await person(api)
            deaf = WebsocketClient(server.port, deaf=True)
            await deaf.open(topics="room:1", person=ada["id"])
            async with await follow(WebsocketClient, server.port, topics="room:1") as watcher:
                await _until_told(watcher, [ada])
                await _until_told(watcher, [])
            deaf.cut()


@pytest.mark.parametrize("end", ["the stream", "the connection"])
async def test_a_stream_of_http_2_makes_one_present_while_it_lasts(
    shared_server: ServerProcess, api: httpx.AsyncClient, place: Json, end: str
):
    ada = await person(api)
    topics = f"room:{place['id']}"
    connection = await RawConnection(shared_server.port).connect()
    h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    h2.initiate_connection()
    path = f"/events?topics={topics}&person={ada['id']}"
    h2.send_headers(1, [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "x")], end_stream=True)
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
