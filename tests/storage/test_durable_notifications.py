"""Killed servers: no notification without its cause, no cause without its notification, and none twice (R8)."""

import asyncio
import json
import random
from pathlib import Path

import httpx

from tests.support.acknowledged_notes import progress, writers
from tests.support.api_fixtures import people
from tests.support.servers.server_process import ServerProcess

KILLS = 6
EVENTS = "SELECT number, body FROM event_log ORDER BY number"


async def test_kills_during_writes_separate_no_notification_from_its_message(tmp_path: Path):
    chance = random.Random(3)
    with ServerProcess(tmp_path / "data", earnest=True) as server:
        async with server.client() as http:
            ada, bob = await people(http, 2)

        async def mention(http: httpx.AsyncClient, text: str) -> httpx.Response:
            said = {"author_id": ada["id"], "content": f"@{bob['nickname']} {text}"}
            return await http.post("/api/rooms/1/messages", json=said)

        async with writers(server, 6, add=mention) as acknowledged:
            for _ in range(KILLS):
                await progress(acknowledged, chance.randint(1, 25))
                await asyncio.sleep(chance.random() * 0.01)
                server.kill()
                await asyncio.to_thread(server.start)
            await progress(acknowledged, 5)

        said = dict(server.stored("SELECT id, content FROM message"))
        told = server.stored("SELECT message_id, user_id, kind, count FROM notification ORDER BY message_id")
        log = [(number, json.loads(body)) for number, body in server.stored(EVENTS)]
        async with server.client() as http:
            unread = (await http.get(f"/api/me/notifications?person_id={bob['id']}")).json()["unread"]

    assert {number: f"@{bob['nickname']} {text}" for number, text in acknowledged.items()}.items() <= said.items()
    assert told == [(number, bob["id"], "mention", 1) for number in sorted(said)]
    assert sorted(event["message"]["id"] for _, event in log if "message" in event) == sorted(said)
    # Each event of the inbox says one more than the one before, and stands before its message.
    assert [event["inbox"]["unread"] for _, event in log if "inbox" in event] == list(range(1, len(said) + 1))
    places = {kind: [number for number, event in log if kind in event] for kind in ("inbox", "message")}
    assert [number + 1 for number in places["inbox"]] == places["message"]
    assert unread == len(said)
