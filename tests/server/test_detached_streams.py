"""Streams that go on after their routes have returned: what is left of them, how they end, when a route has to wait."""

import asyncio
from pathlib import Path

import pytest
from quart import Quart, websocket

from quart_notes.app import create_app
from quart_notes.blueprints.live import FLOOD
from quart_notes.live.outlets import connection_of
from quart_notes.settings import Settings
from tests.server.test_fast_http1_exchange import body, exchange, start
from tests.support.clients.feed_clients import EDGES, Edge, WebsocketClient, follow
from tests.support.clients.raw_connection import until
from tests.support.clients.wire_formats import PING, frame
from tests.support.servers.served import served


class Stream:
    """A stream that records what its connection tells it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def received(self) -> None:
        self.told.append("received")

    def left(self) -> None:
        self.told.append("left")


@pytest.mark.parametrize("edge", EDGES)
async def test_a_live_reader_is_one_task_and_ends_with_its_client(edge: Edge, tmp_path: Path, unused_tcp_port: int):
    app = create_app(Settings(data=tmp_path))
    async with served(app, unused_tcp_port):
        core = app.extensions["quart_notes"]
        before = len(asyncio.all_tasks())
        clients = [await follow(edge, unused_tcp_port) for _ in range(3)]

        # One of the broadcaster's own, for the heartbeats.
        await until(lambda: len(asyncio.all_tasks()) == before + 1 + len(clients), "each connection has one task")
        for client in clients:
            client.cut()

        await until(lambda: not core.broadcaster.encoder_counts(), "nobody is subscribed")


async def test_a_detached_websocket_is_closed_after_too_many_messages(tmp_path: Path, unused_tcp_port: int):
    async with served(create_app(Settings(data=tmp_path)), unused_tcp_port):
        before = len(asyncio.all_tasks())
        async with await follow(WebsocketClient, unused_tcp_port) as client:
            await until(lambda: len(asyncio.all_tasks()) == before + 2, "its route has returned")

            await client.say(frame(b"hello") * (FLOOD - 1) + frame(b"are you there?", PING))
            await client.until(lambda _: client.pongs)
            await client.say(frame(b"hello"))

            await client.to_the_end()
            assert client.close_code == 1008


async def test_a_detached_response_ends_with_its_stream_not_with_the_application():
    one, line = exchange()
    stream = Stream()
    await one.send(start())
    await one.send(body(b"one", True))

    assert one.detach(stream)
    await one.send(body())  # the application's end
    assert len(line.writes) == 1

    await one.end(0)
    await asyncio.wait_for(one.wait_over(), 10)  # also when the stream was the faster one
    assert line.writes[1:] == [b"0\r\n\r\n"]
    assert one.done
    assert not stream.told


async def test_a_detached_response_tells_its_stream_once_that_the_client_has_left():
    one, _ = exchange()
    stream = Stream()
    await one.send(start())
    one.detach(stream)
    waiting = asyncio.create_task(one.wait_over())
    await asyncio.sleep(0)

    one.client_left()
    one.drop()
    await asyncio.wait_for(waiting, 10)

    assert stream.told == ["left"]
    assert not one.done, "its end is missing, so the connection ends too"


async def test_a_websocket_whose_client_has_sent_something_is_not_detached(unused_tcp_port: int):
    app = Quart(__name__)
    detached: list[bool] = []

    @app.websocket("/ws")
    async def listen() -> None:
        await websocket.accept()
        await websocket.receive()
        peer = connection_of(websocket.scope)
        assert peer is not None
        detached.append(peer.detach(Stream()))

    async with served(app, unused_tcp_port), await follow(WebsocketClient, unused_tcp_port) as client:
        await client.say(frame(b"a message"))
        await client.to_the_end()

    assert detached == [False]
