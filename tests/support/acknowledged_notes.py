"""Notes and messages that are added during kills and restarts, and checks that none is lost."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from tests.support.clients.raw_connection import until
from tests.support.servers import postgres
from tests.support.servers.server_process import ServerProcess


def check_rows_and_events(server: ServerProcess, acknowledged: dict[int, str]) -> None:
    """Every acknowledged note is stored, each row has exactly one event, and numbers are contiguous from 1."""
    notes = dict(server.stored("SELECT id, title FROM note"))
    bodies = server.stored("SELECT number, body FROM event_log ORDER BY number")
    created = [(event["note"]["id"], event["note"]["title"]) for event in (json.loads(body) for _, body in bodies)]
    assert acknowledged.items() <= notes.items()
    assert dict(created) == notes
    assert max(Counter(note_id for note_id, _ in created).values(), default=1) == 1
    assert [number for number, _ in bodies] == list(range(1, len(notes) + 1))
    assert server.stored("SELECT newest FROM log_head") == [(len(notes),)]
    if not postgres.chosen():
        assert server.stored("PRAGMA integrity_check") == [("ok",)]


Add = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


async def add_note(http: httpx.AsyncClient, title: str) -> httpx.Response:
    """Add a note with that title."""
    return await http.post("/api/notes", json={"title": title})


@asynccontextmanager
async def writers(
    server: ServerProcess, count: int, pause: float = 0, add: Add = add_note
) -> AsyncIterator[dict[int, str]]:
    """Clients that add things in sequence, and continue after a restart; collects the texts of what is acknowledged.

    pause   seconds between two things of a client
    add     adds a thing with that text
    """
    acknowledged: dict[int, str] = {}
    writing = True

    async def write(name: int) -> None:
        serial = 0
        while writing:
            async with server.client() as http:
                with suppress(httpx.TransportError):
                    while writing:
                        serial += 1
                        text = f"{name}.{serial}"
                        answer = await add(http, text)
                        if answer.status_code == 201:
                            acknowledged[answer.json()["id"]] = text
                        else:
                            assert answer.status_code == 503, answer.text
                        await asyncio.sleep(pause)
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(write(name)) for name in range(count)]
    try:
        yield acknowledged
    finally:
        writing = False
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def progress(acknowledged: dict[int, str], more: int) -> None:
    """Return once this many more writes have been acknowledged."""
    goal = len(acknowledged) + more
    await until(lambda: len(acknowledged) >= goal, f"{more} more writes are acknowledged")
