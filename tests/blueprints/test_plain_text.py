"""The plain-text websocket: each line becomes a message in the lobby, each message in the lobby a line."""

import asyncio

import httpx

from tests.support.api_fixtures import Json, got, made, newest, person, refused, room, say, tell, whole_message
from tests.support.clients.delivery_paths import shared_on_each_path
from tests.support.clients.feed_clients import LineClient, WebsocketClient, follow
from tests.support.clients.plain_text import enter, history, last_id
from tests.support.clients.raw_http import handshake, websocket_request
from tests.support.clients.wire_formats import CONTINUATION, PING, frame
from tests.support.servers.server_process import ServerProcess

shared_server = shared_on_each_path({})


# R3: lines.


async def test_a_line_is_sent_to_all_clients_and_its_sender(shared_server: ServerProcess):
    one, other, third = [await enter(shared_server, number) for number in (5, 6, 7)]

    await one.speak("hello")
    await one.hears("Client 5: hello")
    await other.speak("hi, five")

    for client in (one, other, third):
        await client.hears("Client 5: hello", "Client 6: hi, five")
        client.cut()


async def test_a_message_from_the_page_is_a_line_with_the_nickname(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
    client = await enter(shared_server)

    await say(api, {"id": 1}, ada, "Tea is ready.")

    await client.hears(f"{ada['nickname']}: Tea is ready.")
    client.cut()


async def test_a_line_is_a_message_of_a_guest(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
    before = await last_id(api)
    page = await follow(WebsocketClient, shared_server.port, topics="room:1", person=ada["id"])
    client = await enter(shared_server, 42)

    await client.speak("hello")

    await client.hears("Client 42: hello")
    (message,) = await history(api, before)
    assert message == whole_message({**message, "room_id": 1}, None, "hello", guest="Client 42")
    await page.until(lambda _: page.ids)
    (event,) = [event for event in page.events if "id" in event]
    assert event == {"id": event["id"], "topic": "room:1", "action": "create", "message": message, "by": None}
    assert await got(api, f"/api/messages/{message['id']}") == message
    page.cut()
    client.cut()


async def test_a_message_of_a_guest_cannot_be_changed(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
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
    "two\nlines", "with\r\ncarriage\tand tab", " kept as it is  ", "{\"topic\": \"room:1\"}", "Client 6: a lie",
    "<b>&amp;</b>", "\u202ex\u200b\u2028", "é 日本 🧀", "x" * 124, "x" * 125, "x" * 126, "x" * 4000, "🧀" * 4000,
]  # fmt: skip


async def test_the_text_of_a_line_is_not_changed(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
    before = await last_id(api)
    speaker, listener = await enter(shared_server, 5), await enter(shared_server, 6)

    for number, text in enumerate(TEXTS):
        await speaker.speak(text)
        await speaker.heard(2 * number + 1)
        await say(api, {"id": 1}, ada, text)

    for client in (speaker, listener):
        await client.hears(*(f"{name}: {text}" for text in TEXTS for name in ("Client 5", ada["nickname"])))
        client.cut()
    assert [message["content"] for message in await history(api, before)] == [text for text in TEXTS for _ in range(2)]


async def test_a_line_in_fragments_is_one_line(shared_server: ServerProcess):
    client = await enter(shared_server)
    data = "grüße".encode()

    await client.say(frame(data[:3], fin=False) + frame(b"", PING) + frame(data[3:], CONTINUATION))

    await client.hears("Client 5: grüße")
    client.cut()


async def test_blank_lines_are_ignored(shared_server: ServerProcess, api: httpx.AsyncClient):
    before = await newest(api)
    client = await enter(shared_server)
    for blank in ("", " ", "\n", "\t\r\n", "\u3000", "\u3164", "\u200b", "\u2800\ufe0f"):
        await client.speak(blank)
    assert await newest(api) == before

    await client.speak("something")

    await client.hears("Client 5: something")
    client.cut()


async def test_any_whole_number_is_a_client_id(shared_server: ServerProcess):
    names = {one: one for one in ("0", "-1", "9" * 18, "-" + "9" * 18)}
    for client_id, name in {**names, "-0": "0", "007": "7"}.items():
        client = await enter(shared_server, client_id)
        await client.speak("hello")
        await client.hears(f"Client {name}: hello")
        client.cut()


def test_an_address_without_a_whole_number_is_not_found(shared_server: ServerProcess):
    for client_id in (
        "x", "1.0", "1e3", "+1", "--1", "-", "0x1", "%20", "1%20", "%D9%A1", "9" * 5000, "1/", "/1", "1%00", "lobby",
    ):  # fmt: skip
        answer = handshake(shared_server.port, websocket_request(f"/ws/{client_id}"))
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json"), client_id


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


async def test_only_new_messages_in_the_lobby_become_lines(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
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


async def test_a_restored_message_is_not_sent_again(shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json):
    client = await enter(shared_server)
    message = await say(api, {"id": 1}, ada, "once")
    for _ in range(2):
        await api.delete(f"/api/messages/{message['id']}?author_id={ada['id']}")
        await api.post(f"/api/messages/{message['id']}/restore?author_id={ada['id']}")
    await say(api, {"id": 1}, ada, "last")

    await client.hears(f"{ada['nickname']}: once", f"{ada['nickname']}: last")
    client.cut()


async def test_all_clients_receive_all_lines_in_one_order(
    shared_server: ServerProcess, api: httpx.AsyncClient, ada: Json
):
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
