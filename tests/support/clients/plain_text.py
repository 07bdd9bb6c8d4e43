"""The plain-text websocket, and the messages posted there."""

from typing import Any

import httpx

from tests.support.api_fixtures import MAX_ID, Json, got
from tests.support.clients.feed_clients import LineClient
from tests.support.servers.server_process import ServerProcess


async def enter(server: ServerProcess, client_id: object = 5, **options: Any) -> LineClient:
    """A connected client."""
    client = LineClient(server.port, client_id, **options)
    await client.open()
    assert client.head.status == 101, client.head
    return client


async def history(api: httpx.AsyncClient, after: int = 0) -> list[Json]:
    """The messages in the lobby after a message."""
    found: list[Json] = []
    while page := await got(api, "/api/rooms/1/messages", after_id=found[-1]["id"] if found else after):
        found += page
    return found


async def last_id(api: httpx.AsyncClient) -> int:
    """The id of the newest message of the lobby, or 0."""
    found = await got(api, "/api/rooms/1/messages", before_id=MAX_ID, limit=1)
    return int(found[0]["id"]) if found else 0
