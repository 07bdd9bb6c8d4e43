"""The plain-text websocket: invalid input, closing, and limits."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from tests.support.api_fixtures import Json, got, made, person, say
from tests.support.clients.delivery_paths import DELIVERY_PATHS, QUICK_HEARTBEAT, shared_on_each_path
from tests.support.clients.plain_text import enter, history, last_id
from tests.support.clients.raw_http import handshake, websocket_request
from tests.support.clients.wire_formats import BINARY, close_frame, frame
from tests.support.servers.server_process import ServerProcess

BURST = 200  # burst of lines of one client

shared_server = shared_on_each_path({})


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (frame(b"x", BINARY), 1003), (frame(b"", BINARY), 1003), (frame(b"x" * 4001), 1009),
        (frame("🧀".encode() * 4001), 1009), (frame(b" " * 4001), 1009), (frame(b"x" * (64 * 1024 + 1)), 1009),
        (frame(b"a\0b"), 1007), (frame(b"\xff"), 1007), (frame(b"\xed\xa0\x80"), 1007),
        (frame(b"x", reserved=4), 1002),
    ],
    ids=["binary", "nothing, binary", "4,001", "4,001 wide", "blank", "a frame", "NUL", "UTF-8", "surrogate", "bit"],
)  # fmt: skip
async def test_an_invalid_line_closes_the_connection_with_its_code(
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


async def test_a_page_of_another_origin_may_not_connect(shared_server: ServerProcess):
    data = websocket_request("/ws/5", "Origin: https://evil.example")

    assert handshake(shared_server.port, data).status == 403


def test_the_websocket_address_is_not_a_page(shared_server: ServerProcess):
    answer = httpx.get(f"{shared_server.base}/ws/5", verify=False)

    assert answer.status_code in {400, 404, 405}
    assert answer.headers["content-type"] == "application/problem+json"


# Closing.


@pytest.mark.parametrize("how", ["a close", "the end of what it sends"])
@pytest.mark.parametrize("number", [1, 10, 100])
async def test_lines_sent_before_the_close_are_delivered(
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


async def test_clients_that_disconnect_do_not_disturb_others(
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


async def test_a_client_that_does_not_read_is_disconnected_without_delaying_others(
    server_on_each_path: ServerProcess,
):
    server = server_on_each_path
    stuck = await enter(server, 1, receive_buffer=2048, deaf=True)
    listener = await enter(server, 2)
    async with server.client() as api:
        ada = await person(api)
        for turn in range(8):
            await asyncio.gather(*(say(api, {"id": 1}, ada, "🧀" * 4000) for _ in range(20)))
            await listener.heard(20 * (turn + 1))
        assert len(listener.lines) == 160
        # 2.5 MB: more than the limit of a reader and the kernel's buffers.
        await stuck.to_the_end()
        assert len(stuck.lines) < 160
        assert stuck.close_code in {1013, None}  # None: disconnected before the close frame
    stuck.cut()
    listener.cut()


SLOW_EAR: dict[str, float] = {f"quart_notes.blueprints.plain_text.{name}": 20 for name in ("BURST", "RATE")}


@pytest.mark.parametrize("road", DELIVERY_PATHS)
async def test_a_client_whose_lines_wait_long_is_not_dropped(tmp_path: Path, road: str):
    constants = {**QUICK_HEARTBEAT, **SLOW_EAR}
    with ServerProcess(tmp_path / "data", "--stream-road", road, constants=constants) as server:
        client = await enter(server, 5)
        lines = [f"line {n}" for n in range(60)]  # they take two seconds, in which no pong is read

        await client.speak(*lines)

        await client.hears(*(f"Client 5: {line}" for line in lines))
        client.cut()


async def test_only_the_client_that_sends_too_much_is_throttled(tmp_path: Path):
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


async def test_an_endless_flood_uses_bounded_memory(tmp_path: Path):
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
async def test_connections_are_refused_while_the_database_is_unavailable(tmp_path: Path):
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


async def test_a_stopping_server_closes_connections_with_code_1012(tmp_path: Path):
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
            await back.hears("Client 0: after it")  # and no earlier message
            back.cut()


async def test_a_client_without_pongs_is_dropped(tmp_path: Path):
    for road in DELIVERY_PATHS:
        with ServerProcess(tmp_path / road / "data", "--stream-road", road, constants=QUICK_HEARTBEAT) as server:
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
