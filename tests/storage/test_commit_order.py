"""Several servers on one PostgreSQL: one order of events for all readers, with any writers and slow ones."""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from tests.support.clients.feed_clients import EventStreamClient, FeedClient, WebsocketClient, follow
from tests.support.clients.wire_formats import Json
from tests.support.servers import postgres
from tests.support.servers.server_process import ServerProcess

WRITERS = 16
EVENTS = 60 * WRITERS
# After the numbers of a transaction were assigned, some of its events delay the commit.
DELAYS = """
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF random() < 0.05 THEN PERFORM pg_sleep(random() * 0.02); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER hold_up AFTER INSERT ON event_log DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION hold_up();
"""


SEEN = "SELECT count(*), coalesce(max(number), 0), (SELECT newest FROM log_head) FROM event_log"
# The ids of notes too: the first holder of the lock has the smaller one.
IDS = "SELECT (body::json -> 'note' ->> 'id')::int FROM event_log ORDER BY number"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of the tests' server."""
    return postgres.databases().url(tmp_path)


@pytest.fixture
def servers(url: str, tmp_path: Path) -> Iterator[list[ServerProcess]]:
    """Two servers on one database, some of whose commits are slow."""
    postgres.in_a_loop(_execute(url, DELAYS))
    flags = ("--database-url", url, "--log-rows", "100000")
    with ServerProcess(tmp_path / "a", *flags) as first, ServerProcess(tmp_path / "b", *flags) as second:
        yield [first, second]
        assert "Traceback" not in first.log + second.log


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()


async def test_with_sixteen_writers_every_reader_gets_every_event_once(servers: list[ServerProcess], url: str):
    chance = random.Random(7)
    acknowledged: dict[int, str] = {}

    async def write(name: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", servers[name % 2].port)
        for serial in range(EVENTS // WRITERS):
            note = await _post(reader, writer, b'{"title": "%d.%d"}' % (name, serial))
            acknowledged[note["id"]] = note["title"]
        writer.close()

    async def read(reader: FeedClient) -> FeedClient:
        return await reader.until(partial(_has, EVENTS), 120)

    async def come_and_go(server: ServerProcess, other: ServerProcess) -> list[Json]:
        """Read, disconnect after a while and resume at the other server, repeatedly."""
        events: list[Json] = []
        after = begin
        while len(events) < EVENTS:
            more = min(chance.randint(1, 150), EVENTS - len(events))
            async with await follow(chance.choice([WebsocketClient, EventStreamClient]), server.port, after) as reader:
                await reader.until(partial(_has, more), 120)
                events += [event for event in reader.events if "id" in event]
                after = events[-1]["id"]
            server, other = other, server
        return events

    begin = await _newest(servers[0])  # before the first write
    async with AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(await follow(edge, server.port))
            for server in servers
            for edge in (WebsocketClient, EventStreamClient)
        ]
        reading = asyncio.gather(*map(read, readers), *(come_and_go(*pair) for pair in (servers, servers[::-1])))
        writing = asyncio.gather(*(write(name) for name in range(WRITERS)))
        async with postgres.outsider(url) as other:
            while not writing.done():
                count, newest, head = await other.fetchrow(SEEN)
                assert count == newest == head, "an event came after one with a higher number"
                await asyncio.sleep(0.01)
        await writing
        *_, first, second = await reading

    newest = max(reader.numbers[-1] for reader in readers)
    assert newest == EVENTS
    ids = await postgres.asked(url, IDS)
    assert ids == sorted(ids)
    for events in (*(reader.events for reader in readers), first, second):
        durable = [event for event in events if "id" in event]
        assert [int(event["id"].partition("-")[2]) for event in durable] == list(range(1, EVENTS + 1))
        assert {event["note"]["id"]: event["note"]["title"] for event in durable} == acknowledged


def _has(count: int, reader: FeedClient) -> bool:
    return len(reader.ids) >= count


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> Json:
    """Add a note on a persistent connection, as raw bytes: a client library is slower than the server."""
    head = (
        b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    writer.write(head % len(body) + body)
    told = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert told.startswith(b"http/1.1 201 "), told
    length = int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    note: Json = json.loads(await reader.readexactly(length))
    return note


async def _newest(server: ServerProcess) -> str:
    async with server.client() as client:
        return str((await client.get("/api/notes?limit=1")).headers["last-event-id"])
