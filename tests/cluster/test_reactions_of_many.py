"""Fifty people react at once, at two workers that are killed: nothing is lost, and an event a tick tells it."""

import asyncio
import os
import signal
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import httpx
import pytest

from quart_notes.background.batched_events import TICK
from tests.support.api_fixtures import Json, people, say
from tests.support.clients.feed_clients import WebsocketClient
from tests.support.servers.both_databases import KINDS, Kind, url_of
from tests.support.servers.server_process import wait_for
from tests.support.servers.worker_processes import WorkerServer, readers

PEOPLE = 50
EMOJIS = ("👍", "❤️", "🎉")


async def _react(client: httpx.AsyncClient, message: Json, person: Json) -> None:
    path = f"/api/messages/{message['id']}/reactions/{quote(EMOJIS[person['id'] % 3])}"
    answer = await client.put(path, params={"author_id": person["id"]})
    assert answer.status_code == 200, answer.text


def _users(events: list[Json]) -> set[int]:
    """Who has reacted, as of the last event."""
    return {user for event in events[-1:] for one in event["message"]["reactions"] for user in one["user_ids"]}


@pytest.mark.parametrize("kind", KINDS)
async def test_reactions_of_many_people_cost_an_event_a_tick_and_outlive_the_workers(kind: Kind, tmp_path: Path):
    data = tmp_path / "data"
    with WorkerServer(data, "--database-url", url_of(kind, data), workers=2) as server:
        limits = httpx.Limits(max_connections=PEOPLE)
        async with httpx.AsyncClient(
            base_url=server.base, timeout=60, trust_env=False, limits=limits, verify=False
        ) as client:
            first, *others = await people(client, PEOPLE)
            message = await say(client, {"id": 1}, first)
            async with readers(server, WebsocketClient, 1) as found:
                began = monotonic()
                await asyncio.gather(*(_react(client, message, person) for person in others))
                for reader, *_ in found.values():
                    await reader.until(lambda one: _users(one.events) == {person["id"] for person in others})
                most = (monotonic() - began) / TICK + 1

            changes = [event["message"]["version"] for event in reader.events]
            assert changes == list(range(2, len(changes) + 2))
            assert len(changes) <= most
            await _react(client, message, first)
        former = set(server.workers())
        for worker in former:
            os.kill(worker, signal.SIGKILL)  # most often before the tick
        wait_for(lambda: len(set(server.workers()) - former) == 2, "other workers are started")
        async with readers(server, WebsocketClient, 1, after=reader.ids[-1]) as found:
            for again, *_ in found.values():
                await again.until(lambda one: _users(one.events) == {person["id"] for person in (first, *others)})
                assert again.events[0]["message"]["version"] == changes[-1] + 1
