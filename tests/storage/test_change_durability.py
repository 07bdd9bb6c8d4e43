"""Durability of changes: cut requests and killed servers lose and duplicate no acknowledged change of a note."""

import asyncio
import json
import random
from pathlib import Path

import httpx

from tests.support.servers.server_process import PATIENCE, ServerProcess

CLIENTS = 8
KILLS = 2
BETWEEN = 25  # acknowledged changes between two kills


async def test_cut_changes_and_kills_lose_no_acknowledged_change(tmp_path: Path):
    """Every second client changes the title of its note, the others tick a task of theirs."""
    chance = random.Random(3)
    acknowledged: dict[int, tuple[int, object]] = {}  # the version and the state of each note
    changed = asyncio.Semaphore(0)

    async def change(note_id: int) -> None:
        number = 0
        async with server.client() as http:
            while True:
                number += 1
                body: dict[str, object] = {"title": f"number {number}"}
                path = f"/api/notes/{note_id}"
                if note_id % 2:
                    path, body = f"{path}/tasks", {"line": 1, "source": "- [ ] milk", "done": bool(number % 2)}
                try:
                    async with asyncio.timeout(chance.choice([0.002, 0.01, PATIENCE])):
                        answer = await http.patch(path, json=body)
                except (httpx.HTTPError, TimeoutError):
                    await asyncio.sleep(0.02)  # the server may be down
                    continue
                assert answer.status_code == 200
                note = answer.json()
                acknowledged[note_id] = (note["version"], _state(note))
                changed.release()

    with ServerProcess(tmp_path / "data", earnest=True) as server:
        async with server.client() as http:
            made = [
                (await http.post("/api/notes", json={"title": "number 0", "description": "- [ ] milk"})).json()
                for _ in range(CLIENTS)
            ]
        clients = [asyncio.create_task(change(note["id"])) for note in made]
        for _ in range(KILLS):
            async with asyncio.timeout(PATIENCE):
                for _ in range(BETWEEN):
                    await changed.acquire()
            await asyncio.sleep(chance.random() * 0.01)
            server.kill()
            await asyncio.to_thread(server.start)
        for client in clients:
            client.cancel()
        ended = await asyncio.gather(*clients, return_exceptions=True)
        assert [error for error in ended if not isinstance(error, asyncio.CancelledError)] == []
        await asyncio.to_thread(server.stop)  # the last change of a client that was cancelled may still be under way
        rows = server.stored("SELECT id, version, title, tasks_done FROM note ORDER BY id")
        bodies = [json.loads(body)["note"] for (body,) in server.stored("SELECT body FROM event_log ORDER BY number")]

    assert len(acknowledged) == CLIENTS
    for note_id, version, title, done in rows:
        events = [note for note in bodies if note["id"] == note_id]
        assert [note["version"] for note in events] == list(range(1, version + 1))  # each once, in order
        assert _state(events[-1]) == (title, done)
        seen, state = acknowledged[note_id]
        assert seen <= version
        assert _state(events[seen - 1]) == state


def _state(note: dict[str, object]) -> tuple[object, object]:
    tasks = note["tasks"]
    assert isinstance(tasks, dict)
    return note["title"], tasks["done"]
