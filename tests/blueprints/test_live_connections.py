"""The live feed over other versions of HTTP, unusual requests, and heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from tests.support.clients.delivery_paths import DELIVERY_PATHS, QUICK_HEARTBEAT, add, position, shared_on_each_path
from tests.support.clients.feed_clients import EDGES, Edge, EventStreamClient, WebsocketClient, follow
from tests.support.clients.raw_connection import Head, RawConnection, exchange
from tests.support.servers.server_process import ServerProcess

live = shared_on_each_path()


@pytest.fixture
async def http(live: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with live.client() as client:
        yield client


async def test_a_head_request_gets_headers_and_ends(live: ServerProcess):
    connection = await RawConnection(live.port).connect()
    await connection.send(b"HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await connection.head()
    assert head.status == 200
    assert head.headers["content-type"].startswith("text/event-stream")

    await connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head = await connection.head()
    assert (head.status, head.headers["content-type"]) == (200, "application/json")
    assert b"healthy" in await connection.rest()
    connection.close()


async def test_a_head_request_shows_the_newest_event_of_its_topics(http: httpx.AsyncClient):
    async def newest(topics: str) -> str:
        return (await http.head("/events", params={"topics": topics})).headers["Last-Event-ID"]

    note = position(await add(http))
    assert await newest("board:1") == note
    room = position(await http.post("/api/rooms", json={"name": "A room"}))

    assert room != note
    assert await newest("board:1") == await newest("board:*") == note
    assert await newest("board:1,rooms") == room


async def test_a_personal_board_does_not_move_the_newest_event_of_all_boards(http: httpx.AsyncClient):
    ada = (await http.post("/api/users", json={"name": "Ada", "nickname": "ada", "email": None})).json()
    boards = (await http.get("/api/boards", params={"person_id": ada["id"]})).json()
    personal = next(board["id"] for board in boards if board["kind"] == "personal")
    note = position(await add(http))

    own = position(await http.post(f"/api/boards/{personal}/notes", json={"title": "Mine"}))

    for topics, newest in (("board:*", note), (f"board:{personal}", own)):
        answer = await http.head("/events", params={"topics": topics, "person": ada["id"]})
        assert position(answer) == newest


async def test_a_client_of_http_1_0_gets_its_events_without_chunks(live: ServerProcess, http: httpx.AsyncClient):
    client = EventStreamClient(live.port)
    await client.connection.connect()
    await client.connection.send(b"GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n")
    client.head = await client.connection.head()
    await client.until(lambda _: client.parser.comments)
    assert "transfer-encoding" not in client.head.headers

    added = [await add(http), await add(http)]

    await client.count(2)
    assert client.ids == [position(answer) for answer in added]
    client.cut()


async def test_a_client_of_http_2_gets_its_events_on_a_stream(live: ServerProcess, http: httpx.AsyncClient):
    after = position(await add(http))
    missed = await add(http)
    connection = await RawConnection(live.port).connect()
    h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    h2.initiate_connection()
    headers = [
        (":method", "GET"), (":path", f"/events?after={after}"), (":scheme", "http"), (":authority", "localhost"),
    ]  # fmt: skip
    h2.send_headers(1, headers, end_stream=True)
    client = EventStreamClient(live.port)
    client.cut()  # only its parser is used
    client.head = Head(200, "HTTP/2", {})
    status = b""
    later: list[httpx.Response] = []
    async with asyncio.timeout(20):
        while len(client.events) < 2:
            await connection.send(h2.data_to_send())
            for event in h2.receive_data(await connection.receive()):
                if isinstance(event, ResponseReceived):
                    status = dict(event.headers)[b":status"]
                elif isinstance(event, DataReceived):
                    client.feed(event.data)
                    h2.acknowledge_received_data(event.flow_controlled_length, 1)
                assert not isinstance(event, StreamEnded)
            if client.events and not later:
                later.append(await add(http))
    assert status == b"200"
    assert client.ids == [position(missed), position(later[0])]
    connection.cut()


async def test_an_incomplete_request_head_does_not_affect_other_clients(live: ServerProcess, http: httpx.AsyncClient):
    half = await RawConnection(live.port).connect()
    await half.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event")

    async with await follow(EventStreamClient, live.port) as client:
        await add(http)
        await client.count(1)
    half.cut()


async def test_refused_streams_leave_the_connection_usable(live: ServerProcess):
    request = b"GET /events?topics=nope HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    head, rest = await exchange(live.port, request + request + last)

    assert head.status == 403
    assert rest.count(b"HTTP/1.1 403") == 1
    assert rest.count(b"HTTP/1.1 200") == 1


# L8: heartbeats


@pytest.fixture(scope="module", params=DELIVERY_PATHS)
def fast_heartbeats(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server whose heartbeats are a hundred times as frequent."""
    folder = tmp_path_factory.mktemp("fast_heartbeats") / "data"
    with ServerProcess(folder, "--stream-road", request.param, constants=QUICK_HEARTBEAT) as server:
        yield server


@pytest.mark.parametrize("edge", EDGES)
async def test_a_silent_stream_is_kept_alive_by_comments_or_pings(fast_heartbeats: ServerProcess, edge: Edge):
    async with await follow(edge, fast_heartbeats.port) as client:
        await (client.pinged(5) if edge is WebsocketClient else client.beaten(5))  # more than twice the pong timeout
        async with fast_heartbeats.client() as http:
            added = await add(http)
        await client.count(1)
        assert client.ids == [position(added)]


async def test_a_websocket_without_pongs_is_dropped(fast_heartbeats: ServerProcess):
    async with WebsocketClient(fast_heartbeats.port, deaf=True) as client:
        await client.open()
        assert client.head.status == 101

        await client.to_the_end()

        assert client.pings >= 1
