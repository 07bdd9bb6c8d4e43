"""The live feed on both transports and both delivery paths: the promises L1 to L9."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.clients.delivery_paths import add, position, shared_on_each_path
from tests.support.clients.feed_clients import EDGES, Edge, EventStreamClient, WebsocketClient, follow, named
from tests.support.servers.in_process import apply
from tests.support.servers.server_process import ServerProcess

Json = dict[str, Any]
on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)
GARBAGE = [
    "", "-", "1", "abc", "abc-", "-5", "ABC-1", "abc--1", "abc-1.0", "abc-%EF%BC%91", "abc-1%0A", "a" * 17 + "-1",
]  # fmt: skip


live = shared_on_each_path()


@pytest.fixture
async def http(live: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with live.client() as client:
        yield client


def number(event_id: str) -> int:
    return int(event_id.partition("-")[2])


# L1–L3: events


async def test_both_transports_carry_the_same_events(live: ServerProcess, http: httpx.AsyncClient):
    clients = [await follow(edge, live.port) for edge in (*EDGES, *EDGES)]

    added = await add(http, "Milk", description="two litres")
    url = added.headers["location"]
    changed = await http.patch(url, json={"done": True})
    deleted = await http.delete(url)
    restored = await http.post(url + "/restore")

    answers = [added, changed, deleted, restored]
    expected = [
        {"id": position(answer), "topic": "board:1", "action": action, "note": answer.json(), "by": None}
        for answer, action in zip(answers, ["create", "update", "delete", "create"], strict=True)
    ]
    for client in clients:
        assert await client.count(4) == expected
        client.cut()
    first = number(position(added))
    assert [number(position(answer)) for answer in answers] == [first, first + 1, first + 2, first + 3]


@on_both_edges
async def test_a_refused_or_ineffective_write_sends_no_event(live: ServerProcess, http: httpx.AsyncClient, edge: Edge):
    url = (await add(http)).headers["location"]
    async with await follow(edge, live.port) as client:
        assert (await http.patch(url, json={"title": "x"})).json()["version"] == 1
        assert (await http.patch(url, json={"title": "y"}, headers={"If-Match": '"9"'})).status_code == 412
        assert (await http.patch(url, json={"title": ""})).status_code == 422
        last = await add(http, "last")

        await client.count(1)
        assert client.ids == [position(last)]


async def test_every_reader_gets_concurrent_writes_in_one_order(live: ServerProcess, http: httpx.AsyncClient):
    start = position(await add(http))
    clients = [await follow(edge, live.port) for edge in EDGES * 3]

    await asyncio.gather(*(add(http, f"{n}") for n in range(100)))

    for client in clients:
        await client.count(100)
        assert client.numbers == list(range(number(start) + 1, number(start) + 101))
        assert client.events == clients[0].events
        client.cut()


@on_both_edges
@pytest.mark.parametrize(
    "text",
    [
        "a\nb\n\nid: abc-1\ndata: {}\n\n",
        "next\u0085line\u2028and\u2029paragraph",
        "</script><!-- \ufeff \u202e",
        "🧀" * 20_000,
    ],
    ids=["line breaks", "odd line breaks", "markup", "80 KB"],
)
async def test_any_text_arrives_unchanged(live: ServerProcess, http: httpx.AsyncClient, edge: Edge, text: str):
    async with await follow(edge, live.port) as client:
        added = await add(http, "title", description=text)

        (event,) = await client.count(1)
        assert event["note"] == added.json()
        assert event["note"]["description"] == text


async def test_the_event_stream_is_valid_for_an_event_source(live: ServerProcess, http: httpx.AsyncClient):
    async with await follow(EventStreamClient, live.port) as client:
        added = await add(http)
        await client.count(1)

        begin, _, rest = client.body.partition(b"\n\n")
        assert re.fullmatch(rb"retry: [1-4]\d\d\d\n:", begin)
        event_id, data, *end = rest.split(b"\n")
        assert event_id == b"id: " + position(added).encode()
        assert data.startswith(b"data: {")
        assert json.loads(data[6:])["note"] == added.json()
        assert end == [b"", b""]


async def test_the_event_stream_has_headers_against_proxy_buffering(live: ServerProcess):
    async with await follow(EventStreamClient, live.port) as client:
        assert client.head.headers["content-type"].split(";")[0] == "text/event-stream"
        assert client.head.headers["cache-control"] == "no-store"
        assert client.head.headers["x-accel-buffering"] == "no"
        assert "content-length" not in client.head.headers


async def test_the_websocket_is_accepted_before_the_first_event(live: ServerProcess):
    async with await follow(WebsocketClient, live.port) as client:
        assert client.head.status == 101
        assert "sec-websocket-extensions" not in client.head.headers


# L5, L6: resume (L4, topics: test_topics.py)


@on_both_edges
async def test_resuming_sends_missed_events_once_and_then_live_ones(
    live: ServerProcess, http: httpx.AsyncClient, edge: Edge
):
    start = number(position(await add(http)))
    await asyncio.gather(*(add(http) for _ in range(10)))
    epoch = position(await add(http)).partition("-")[0]

    for place in range(start, start + 12):
        async with await follow(edge, live.port, f"{epoch}-{place}") as client:
            last = await add(http)
            newest = number(position(last))

            await client.count(newest - place)
            assert client.numbers == list(range(place + 1, newest + 1))


async def test_the_header_resumes_too_and_overrides_the_query(live: ServerProcess, http: httpx.AsyncClient):
    first, second = position(await add(http)), position(await add(http))
    newest = position(await add(http))

    async with await follow(EventStreamClient, live.port, headers={"Last-Event-ID": first}) as client:
        await client.count(2)
        assert client.ids == [second, newest]
    async with await follow(EventStreamClient, live.port, first, headers={"Last-Event-ID": second}) as client:
        await client.count(1)
        assert client.ids == [newest]


@on_both_edges
@pytest.mark.parametrize("kind", ["other epoch", "future", "far future"])
async def test_an_unknown_event_id_gets_a_reset(live: ServerProcess, http: httpx.AsyncClient, edge: Edge, kind: str):
    now = position(await add(http))
    epoch = now.partition("-")[0]
    after = {
        "other epoch": "0other0-1",
        "future": f"{epoch}-{number(now) + 1}",
        "far future": f"{epoch}-9999999999999999999",
    }
    async with await follow(edge, live.port, after[kind]) as client:
        (reset,) = await client.count(1)
        assert reset == {"id": now, "action": "reset"}

        following = await add(http)
        await client.count(2)
        assert client.ids == [now, position(following)]


async def test_an_event_id_older_than_the_log_gets_a_reset(tmp_path: Path):
    constants = {"quart_notes.background.housekeeping.INTERVAL": 0.05}
    with ServerProcess(tmp_path / "data", "--log-rows", "100", constants=constants) as server:
        async with server.client() as http:
            first = position(await add(http))
            for _ in range(2):
                newest = max(map(position, await asyncio.gather(*(add(http) for _ in range(65)))), key=number)
            for edge in EDGES:
                async with await follow(edge, server.port, newest) as resumed:
                    newest = position(await add(http))
                    await resumed.count(1)
                    assert resumed.events[0]["action"] == "create", "a young id is resumed from"
                assert await _first_event(edge, server, first, "reset") == {"id": newest, "action": "reset"}


async def _first_event(edge: Edge, server: ServerProcess, after: str, action: str) -> Json:
    """The first event after an id, once it has this action."""
    async with asyncio.timeout(20):
        while True:
            async with await follow(edge, server.port, after) as client:
                (event,) = (await client.count(1))[:1]
                if event["action"] == action:
                    return dict(event)


async def test_an_invalid_event_id_is_refused(live: ServerProcess, http: httpx.AsyncClient):
    for edge, after in product(EDGES, GARBAGE):
        async with edge(live.port) as client:
            await client.open(after)
            assert client.head.status == 400, after
            assert client.head.headers["content-type"] == "application/problem+json"
    for after in ("abc", "abc-", "-5", "ABC-1", "a b-1"):
        answer = await http.get("/events", headers={"Last-Event-ID": after})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_event_id"), after


# L7: from state to stream


READS = 12  # of each kind by each of two readers, during four writers


def printed_in(page: str) -> str:
    found = re.search(r'<main [^>]*data-last-event-id="([^"]+)"', page)
    assert found
    return found[1]


async def test_subscribing_at_the_position_of_a_response_misses_nothing(live: ServerProcess, http: httpx.AsyncClient):
    chance = random.Random(7)
    board = (await http.post("/api/boards", json={"name": "Read and written"})).json()["id"]
    notes = f"/api/boards/{board}/notes"
    urls = [await add_to(http, notes) for _ in range(8)]
    writing = True

    async def write() -> None:
        while writing:
            url = chance.choice(urls)
            act = chance.choice(["patch", "patch", "delete", "restore", "add"])
            if act == "patch":
                await http.patch(url, json={"title": f"{chance.random()}", "done": chance.random() < 0.5})
            elif act == "delete":
                await http.delete(url)
            elif act == "restore":
                await http.post(url + "/restore")
            else:
                urls.append(await add_to(http, notes))

    async def read() -> None:
        for _ in range(READS):
            answer = await http.get(f"{notes}?limit=1000")
            lists.append((position(answer), {note["id"]: note for note in answer.json()}))
            etag = answer.headers["etag"]
            again = await http.get(f"{notes}?limit=1000", headers={"If-None-Match": etag})
            if again.status_code == 304:
                lists.append((position(again), lists[-1][1]))
            item = await http.get(urls[0])
            if item.status_code == 200:
                items.append((position(item), item.json()))
            page = await http.get(f"/front/boards/{board}/notes")
            pages.append((printed_in(page.text), page.text))

    watched = int(urls[0].rpartition("/")[2])
    lists: list[tuple[str, dict[int, Json]]] = []
    items: list[tuple[str, Json]] = []
    pages: list[tuple[str, str]] = []
    writers = [asyncio.create_task(write()) for _ in range(4)]
    await asyncio.gather(read(), read())
    writing = False
    await asyncio.gather(*writers)
    end = await http.get(f"{notes}?limit=1000")
    final = {note["id"]: note for note in end.json()}

    oldest = min((place for place, _ in [*lists, *pages]), key=number)
    for edge in EDGES:
        async with await follow(edge, live.port, oldest, topics=f"board:{board}") as client:
            await client.until(lambda c: c.numbers and c.numbers[-1] >= number(position(end)))
            assert client.numbers == list(range(number(oldest) + 1, number(position(end)) + 1))
            events = client.events
        assert len({place for place, _ in lists}) > 10, "reads fell between writes"
        for place, state in lists:
            known = dict(state)
            for event in events[number(place) - number(oldest) :]:
                apply(known, event)
            assert known == final
        for place, note in items:
            known = {watched: note}
            for event in events[number(place) - number(oldest) :]:
                if event["note"]["id"] == watched:
                    apply(known, event)
            assert known.get(watched) == final.get(watched)
        for place, page_text in pages:
            later = {event["note"]["id"] for event in events[number(place) - number(oldest) :]}
            shown = {int(found) for found in re.findall(r'id="note-(\d+)"', page_text)}
            expected = {note_id for note_id in final if note_id not in later}
            assert expected <= shown or len(shown) >= 100


async def add_to(http: httpx.AsyncClient, notes: str) -> str:
    """The address of a new note on a board."""
    answer = await http.post(notes, json={"title": "x"})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize("path", ["list", "item"])
async def test_a_cached_response_has_the_current_position_too(live: ServerProcess, http: httpx.AsyncClient, path: str):
    added = await add(http)
    url = "/api/notes" if path == "list" else added.headers["location"]

    answers = [await http.get(url) for _ in range(3)]
    answers.append(await http.get(url, headers={"If-None-Match": answers[0].headers["etag"]}))

    assert [answer.status_code for answer in answers] == [200, 200, 200, 304]
    assert {position(answer) for answer in answers} == {position(added)}
