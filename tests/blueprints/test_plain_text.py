"""The plain-text door: a line in is a message of the lobby, a message of the lobby is a line out."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api_fixtures import MAX_ID, NUMBERS, Json, got, made, newest, person, refused, room, say, tell
from tests.support.clients.delivery_paths import ROADS, shared_on_each_road
from tests.support.clients.feed_clients import EventStreamClient, LineClient, WebsocketClient, follow
from tests.support.clients.raw_http import handshake, websocket_request
from tests.support.clients.wire_formats import BINARY, CONTINUATION, PING, close_frame, frame
from tests.support.servers.server_process import ServerProcess

BURST = 200  # lines a client may say at once


shared_server = shared_on_each_road({})


async def enter(server: ServerProcess, client_id: object = 5, **options: Any) -> LineClient:
    """A client at the door."""
    client = LineClient(server.port, client_id, **options)
    await client.open()
    assert client.head.status == 101, client.head
    return client


async def history(api: httpx.AsyncClient, after: int = 0) -> list[Json]:
    """What was said in the lobby after a message."""
    found: list[Json] = []
    while page := await got(api, "/api/rooms/1/messages", after_id=found[-1]["id"] if found else after):
        found += page
    return found


async def last_id(api: httpx.AsyncClient) -> int:
    """The id of the newest message of the lobby, or 0."""
    found = await got(api, "/api/rooms/1/messages", before_id=MAX_ID, limit=1)
    return int(found[0]["id"]) if found else 0


# R3: lines.


async def test_what_a_client_says_comes_back_to_all_clients_and_to_itself(shared_server: ServerProcess):
    one, other, third = [await enter(shared_server, number) for number in (5, 6, 7)]

    await one.speak("hello")
    await one.hears("Client 5: hello")
    await other.speak("hi, five")

    for client in (one, other, third):
        await client.hears("Client 5: hello", "Client 6: hi, five")
        client.cut()


async def test_what_is_said_on_the_page_is_a_line_with_the_nickname(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    client = await enter(shared_server)

    await say(api, {"id": 1}, ada, "Tea is ready.")

    await client.hears(f"{ada['nickname']}: Tea is ready.")
    client.cut()


async def test_what_a_client_says_is_a_message_of_a_guest(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    before = await last_id(api)
    page = await follow(WebsocketClient, shared_server.port, topics="room:1", person=ada["id"])
    client = await enter(shared_server, 42)

    await client.speak("hello")

    await client.hears("Client 42: hello")
    (message,) = await history(api, before)
    assert message == {
        "id": message["id"],
        "room_id": 1,
        "content": "hello",
        "author_id": None,
        "author": None,
        "guest": "Client 42",
        "recipient_id": None,
        "recipient": None,
        "client_key": None,
        "version": 1,
        "date": message["date"],
        "edited_at": None,
        "answer": None,
    }
    await page.until(lambda _: page.ids)
    (event,) = [event for event in page.events if "id" in event]
    assert event == {"id": event["id"], "topic": "room:1", "action": "create", "message": message}
    assert await got(api, f"/api/messages/{message['id']}") == message
    page.cut()
    client.cut()


async def test_what_a_guest_has_said_is_nobodys_to_change(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    before = await last_id(api)
    client = await enter(shared_server)
    await client.speak("hello")
    await client.hears("Client 5: hello")
    (message,) = await history(api, before)
    path = f"/api/messages/{message['id']}"

    refused(await api.patch(path, json={"author_id": ada["id"], "content": "mine"}), 403, "not_yours")
    refused(await api.delete(f"{path}?author_id={ada['id']}"), 403, "not_yours")

    assert await history(api, before) == [message]
    client.cut()


TEXTS = [
    "two\nlines",
    "with\r\ncarriage\tand tab",
    " kept as it is  ",
    "{\"topic\": \"room:1\"}",
    "Client 6: a lie",
    "<b>&amp;</b>",
    "\u202ex\u200b\u2028",
    "é 日本 🧀",
    "x" * 124,
    "x" * 125,
    "x" * 126,
    "x" * 4000,
    "🧀" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_a_line_is_said_and_heard_as_it_is(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json, text: str
):
    before = await last_id(api)
    speaker, listener = await enter(shared_server, 5), await enter(shared_server, 6)

    await speaker.speak(text)
    await speaker.hears(f"Client 5: {text}")
    await say(api, {"id": 1}, ada, text)

    for client in (speaker, listener):
        await client.hears(f"Client 5: {text}", f"{ada['nickname']}: {text}")
        client.cut()
    assert [message["content"] for message in await history(api, before)] == [text, text]


async def test_a_line_in_fragments_is_one_line(shared_server: ServerProcess):
    client = await enter(shared_server)
    data = "grüße".encode()

    await client.say(frame(data[:3], fin=False) + frame(b"", PING) + frame(data[3:], CONTINUATION))

    await client.hears("Client 5: grüße")
    client.cut()


async def test_blank_lines_say_nothing(shared_server: ServerProcess, api: httpx.AsyncClient):
    before = await newest(api)
    client = await enter(shared_server)
    for blank in ("", " ", "\n", "\t\r\n", "\u3000", "\u3164", "\u200b", "\u2800\ufe0f"):
        await client.speak(blank)
    assert await newest(api) == before

    await client.speak("something")

    await client.hears("Client 5: something")
    client.cut()


@pytest.mark.parametrize(
    ("client_id", "name"),
    [("0", "0"), ("-1", "-1"), ("-0", "0"), ("007", "7"), ("9" * 18, "9" * 18), ("-" + "9" * 18, "-" + "9" * 18)],
)
async def test_any_whole_number_is_a_client(shared_server: ServerProcess, client_id: str, name: str):
    client = await enter(shared_server, client_id)

    await client.speak("hello")

    await client.hears(f"Client {name}: hello")
    client.cut()


@pytest.mark.parametrize(
    "client_id",
    ["x", "1.0", "1e3", "+1", "--1", "-", "0x1", "%20", "1%20", "%D9%A1", "9" * 5000, "1/", "/1", "1%00", "lobby"],
)
def test_what_is_no_number_is_nobodys_door(shared_server: ServerProcess, client_id: str):
    assert handshake(shared_server.port, websocket_request("/ws/5")).status == 101

    answer = handshake(shared_server.port, websocket_request(f"/ws/{client_id}"))

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_clients_may_have_the_same_number(shared_server: ServerProcess, api: httpx.AsyncClient):
    before = await last_id(api)
    one, other = await enter(shared_server, 5), await enter(shared_server, 5)

    await one.speak("I am five")
    await one.hears("Client 5: I am five")
    await other.speak("so am I")

    for client in (one, other):
        await client.hears("Client 5: I am five", "Client 5: so am I")
        client.cut()
    assert {message["guest"] for message in await history(api, before)} == {"Client 5"}


async def test_only_what_is_new_in_the_lobby_is_a_line(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
    old = await say(api, {"id": 1}, ada, "old")
    client = await enter(shared_server)

    await say(api, await room(api), ada, "elsewhere")
    await tell(api, ada, await person(api), "privately")
    await made(api, "/api/notes", title="a note")
    message = await say(api, {"id": 1}, ada, "first")
    path = f"/api/messages/{message['id']}"
    await api.patch(path, json={"author_id": ada["id"], "content": "edited"})
    for one in (message, old):
        await api.delete(f"/api/messages/{one['id']}?author_id={ada['id']}")
        await api.post(f"/api/messages/{one['id']}/restore?author_id={ada['id']}")
    await api.post("/api/rooms/1/typing", json={"author_id": ada["id"]})
    await api.post("/api/rooms/1/read", json={"reader_id": ada["id"], "message_id": message["id"]})
    await say(api, {"id": 1}, ada, "last")

    await client.hears(f"{ada['nickname']}: first", f"{ada['nickname']}: last")
    client.cut()


async def test_a_message_that_was_deleted_unedited_and_comes_back_is_not_said_again(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    client = await enter(shared_server)
    message = await say(api, {"id": 1}, ada, "once")
    for _ in range(2):
        await api.delete(f"/api/messages/{message['id']}?author_id={ada['id']}")
        await api.post(f"/api/messages/{message['id']}/restore?author_id={ada['id']}")
    await say(api, {"id": 1}, ada, "last")

    await client.hears(f"{ada['nickname']}: once", f"{ada['nickname']}: last")
    client.cut()


async def test_everybody_hears_everything_in_one_order(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
    before = await last_id(api)
    clients = [await enter(shared_server, number) for number in range(6)]

    async def talk(client: LineClient, number: int) -> None:
        for turn in range(20):
            await client.speak(f"{number}-{turn}")

    await asyncio.gather(
        *(talk(client, number) for number, client in enumerate(clients)),
        *(say(api, {"id": 1}, ada, f"page {n}") for n in range(20)),
    )

    for client in clients:
        await client.heard(140)
        assert client.lines == clients[0].lines
        client.cut()
    said = [f"{one['guest'] or one['author']['nickname']}: {one['content']}" for one in await history(api, before)]
    assert clients[0].lines == said
    for number in range(6):
        own = [line for line in said if line.startswith(f"Client {number}: ")]
        assert own == [f"Client {number}: {number}-{turn}" for turn in range(20)]


# What no client should say.


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (frame(b"x", BINARY), 1003),
        (frame(b"", BINARY), 1003),
        (frame(b"x" * 4001), 1009),
        (frame("🧀".encode() * 4001), 1009),
        (frame(b" " * 4001), 1009),
        (frame(b"x" * (64 * 1024 + 1)), 1009),
        (frame(b"a\0b"), 1007),
        (frame(b"\xff"), 1007),
        (frame(b"\xed\xa0\x80"), 1007),
        (frame(b"x", reserved=4), 1002),
    ],
    ids=["binary", "nothing, binary", "4,001", "4,001 wide", "blank", "a frame", "NUL", "UTF-8", "surrogate", "bit"],
)
async def test_what_is_no_line_ends_the_conversation_with_its_code(
    shared_server: ServerProcess, api: httpx.AsyncClient, said: bytes, code: int
):
    before = await last_id(api)
    bystander = await enter(shared_server, 6)
    client = await enter(shared_server, 5)
    await client.speak("well")
    await client.hears("Client 5: well")

    await client.say(said + frame(b"and more"))
    await client.to_the_end()

    assert client.close_code == code
    assert client.after_close == 0
    await bystander.speak("still here")
    await bystander.hears("Client 5: well", "Client 6: still here")
    assert [message["content"] for message in await history(api, before)] == ["well", "still here"]
    bystander.cut()
    client.cut()


async def test_a_page_of_another_origin_may_not_talk(shared_server: ServerProcess):
    data = websocket_request("/ws/5", "Origin: https://evil.example")

    assert handshake(shared_server.port, data).status == 403


def test_a_door_is_no_page(shared_server: ServerProcess):
    answer = httpx.get(f"{shared_server.base}/ws/5")

    assert answer.status_code in {400, 404, 405}
    assert answer.headers["content-type"] == "application/problem+json"


# Leaving.


@pytest.mark.parametrize("how", ["a close", "the end of what it sends"])
@pytest.mark.parametrize("number", [1, 2, 9, 10, 30, 100])
async def test_what_was_said_before_leaving_is_said(
    shared_server: ServerProcess, api: httpx.AsyncClient, how: str, number: int
):
    before = await last_id(api)
    listener, client = await enter(shared_server, 6), await enter(shared_server, 5)
    lines = [f"line {n}" for n in range(number)]

    await client.say(b"".join(frame(line.encode()) for line in lines) + (close_frame(1000) if "close" in how else b""))
    if "close" not in how:
        client.connection.socket.shutdown(socket.SHUT_WR)

    await listener.hears(*(f"Client 5: {line}" for line in lines))
    await client.to_the_end()
    assert [message["content"] for message in await history(api, before)] == lines
    listener.cut()
    client.cut()


async def test_clients_that_die_break_nobodys_conversation(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    listener = await enter(shared_server, 1)
    expected = []
    for turn in range(10):
        dying = [await enter(shared_server, 100 + n) for n in range(5)]
        await dying[0].speak(f"last words {turn}")
        expected.append(f"Client 100: last words {turn}")
        await listener.hears(*expected)
        for client in dying:
            client.cut()
        await say(api, {"id": 1}, ada, f"and {turn}")
        expected.append(f"{ada['nickname']}: and {turn}")

        await listener.hears(*expected)
    listener.cut()


async def test_a_client_that_does_not_read_is_cut_off_and_nobody_waits_for_it(
    server_on_each_road: ServerProcess,
):
    server = server_on_each_road
    stuck = await enter(server, 1, receive_buffer=2048, deaf=True)
    listener = await enter(server, 2)
    async with server.client() as api:
        ada = await person(api)
        for turn in range(30):
            await asyncio.gather(*(say(api, {"id": 1}, ada, "x" * 4000) for _ in range(20)))
            await listener.heard(20 * (turn + 1))
        assert len(listener.lines) == 600
        # 2.4 MB: more than a reader may be behind and the kernel keeps.
        await stuck.to_the_end()
        assert len(stuck.lines) < 600
        assert stuck.close_code in {1013, None}  # None: dropped before it came to the close
    stuck.cut()
    listener.cut()


QUICK_HEART: dict[str, float] = {
    "quart_notes.live.broadcaster.HEARTBEAT": 0.2,
    "quart_notes.live.outlets.PONG_TIMEOUT": 0.4,
    "quart_notes.server.transport.websocket.HEARTBEAT": 0.2,
    "quart_notes.server.transport.websocket.PONG_TIMEOUT": 0.4,
}
SLOW_EAR: dict[str, float] = {f"quart_notes.blueprints.plain_text.{name}": 20 for name in ("BURST", "RATE")}


@pytest.mark.parametrize("road", ROADS)
async def test_a_client_whose_lines_wait_long_is_not_taken_for_deaf(tmp_path: Path, road: str):
    constants = {**QUICK_HEART, **SLOW_EAR}
    with ServerProcess(tmp_path / "data", "--stream-road", road, constants=constants) as server:
        client = await enter(server, 5)
        lines = [f"line {n}" for n in range(60)]  # they take two seconds, in which no pong is heard

        await client.speak(*lines)

        await client.hears(*(f"Client 5: {line}" for line in lines))
        client.cut()


async def test_a_client_that_says_too_much_waits_and_nobody_else_does(tmp_path: Path):
    with ServerProcess(tmp_path / "data", constants=SLOW_EAR) as server:
        flooding, other = await enter(server, 1), await enter(server, 2)
        lines = [f"flood {n}" for n in range(60)]

        await flooding.speak(*lines)
        await other.speak("may I?")

        await other.until(lambda _: "Client 2: may I?" in other.lines)
        assert len(other.lines) < 61, "the flood went first"
        expected = [f"Client 1: {line}" for line in lines]
        for client in (other, flooding):
            await client.heard(61)
            assert [line for line in client.lines if line.startswith("Client 1")] == expected
            client.cut()
        assert "Traceback" not in server.log


async def test_a_flood_without_end_costs_the_server_nothing(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        async with server.client() as api:
            other, flooding = await enter(server, 2), await enter(server, 1, deaf=True)
            await other.speak("before")
            await other.hears("Client 2: before")
            memory = server.rss_kib()

            async def flood() -> None:
                line = frame(b"x" * 1000) * 50
                while await flooding.say(line):
                    pass

            task = asyncio.create_task(flood())
            await other.until(lambda _: len(other.lines) > BURST)
            for n in range(5):
                await made(api, "/api/notes", title=f"still served {n}")
                await other.speak(f"still heard {n}")
            await other.until(lambda _: "Client 2: still heard 4" in other.lines)

            assert server.rss_kib() - memory < 20 * 1024
            assert len(other.lines) < 3 * BURST
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            flooding.cut()
            other.cut()


@pytest.mark.sqlite_only("its file goes away")
async def test_without_its_database_the_door_is_shut_and_heals(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        file = server.data / "quart-notes.sqlite3"
        speaker, listener = await enter(server, 1), await enter(server, 2)
        file.rename(server.data / "away")

        assert handshake(server.port, websocket_request("/ws/3")).status == 503
        await speaker.speak("lost")
        await speaker.to_the_end()
        assert speaker.close_code == 1013

        (server.data / "away").rename(file)
        back = await enter(server, 1)
        await back.speak("kept")
        await listener.hears("Client 1: kept")
        for client in (speaker, listener, back):
            client.cut()


async def test_the_server_that_stops_says_so(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        clients = [await enter(server, number) for number in range(3)]
        await clients[0].speak("before the end")
        for client in clients:
            await client.hears("Client 0: before the end")

        assert await asyncio.to_thread(server.stop) < 5

        for client in clients:
            await client.to_the_end()
            assert client.close_code == 1012
            client.cut()
        server.start()
        async with server.client() as api:
            assert [message["content"] for message in await history(api)] == ["before the end"]
            back = await enter(server, 0)
            await back.speak("after it")
            await back.hears("Client 0: after it")  # and nothing from before
            back.cut()


async def test_a_guest_is_in_the_lobby_while_connected(shared_server: ServerProcess, api: httpx.AsyncClient):
    number = 1000 + next(NUMBERS)
    one, other = await enter(shared_server, number), await enter(shared_server, number)
    guest = f"Client {number}"
    async with await follow(EventStreamClient, shared_server.port, topics="room:1") as page:
        await page.until(lambda _: page.events and guest in page.events[-1]["presence"]["guests"])
        one.cut()
        await other.speak("still here")
        await other.hears(f"{guest}: still here")
        assert guest in (await got(api, "/api/rooms/1/presence"))["guests"]
        other.cut()
        await page.until(lambda _: guest not in page.events[-1].get("presence", {"guests": [guest]})["guests"])


async def test_a_client_is_kept_alive_and_a_deaf_one_is_gone(tmp_path: Path):
    for road in ROADS:
        with ServerProcess(tmp_path / road / "data", "--stream-road", road, constants=QUICK_HEART) as server:
            client, deaf = await enter(server, 1), await enter(server, 2, deaf=True)
            await client.pinged(5)
            await deaf.to_the_end()
            async with server.client() as api:
                while (await got(api, "/api/rooms/1/presence"))["guests"] != ["Client 1"]:
                    await client.read()
            await client.speak("alive")
            await client.hears("Client 1: alive")
            client.cut()
            deaf.cut()
