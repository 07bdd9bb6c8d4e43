"""Twenty people change one list at once, at several workers: every acknowledged change stays."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.domain.text.markdown import format_text
from tests.support.servers.worker_processes import WorkerServer

PEOPLE = 20
TASKS = 10  # of each
TURNS = 5
BOX = {True: "- [x] ", False: "- [ ] "}


class Person:
    """Ticks tasks of their own, adds some, and remembers what was acknowledged."""

    def __init__(self, client: httpx.AsyncClient, path: str, number: int) -> None:
        self.client, self.path, self.number = client, path, number
        self.ticks = {f"task {number}.{task}": False for task in range(TASKS)}
        self._chance = random.Random(number)

    async def act(self) -> None:
        """Do something to the list, as it was when it was last seen."""
        for turn in range(TURNS):
            if self._chance.random() < 0.2:
                await self._add(f"added {self.number}.{turn}")
            else:
                await self._tick(self._chance.choice(list(self.ticks)))

    async def _tick(self, task: str) -> None:
        lines = (await self.client.get(self.path)).json()["description"].split("\n")
        seen = [number for number, line in enumerate(lines, 1) if line.endswith(f"] {task}")]
        done = not self.ticks[task]
        sent = {"line": seen[0], "source": lines[seen[0] - 1], "done": done}
        answer = await self.client.patch(f"{self.path}/tasks", json=sent)
        assert answer.status_code == 200, answer.text
        self.ticks[task] = done

    async def _add(self, task: str) -> None:
        answer = await self.client.post(
            f"{self.path}/tasks", json={"text": task, "after_line": self._chance.randint(2, 50)}
        )
        assert answer.status_code == 200, answer.text
        self.ticks[task] = False


async def _edit(client: httpx.AsyncClient, path: str, headings: list[str]) -> None:
    """Save a whole text, as an editor does, with the version that it began with."""
    for heading in headings:
        while True:
            note: dict[str, Any] = (await client.get(path)).json()
            await asyncio.sleep(0.005)  # somebody types
            text = heading + "\n" + note["description"].partition("\n")[2]
            answer = await client.patch(path, json={"description": text}, headers={"If-Match": f'"{note["version"]}"'})
            if answer.status_code == 200:
                break
            assert answer.status_code == 412, answer.text


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WorkerServer]:
    """A server with two workers."""
    with WorkerServer(tmp_path / "data", workers=2) as server:
        yield server


async def test_every_acknowledged_tick_of_many_people_stays(server: WorkerServer):
    limits = httpx.Limits(max_connections=PEOPLE + 1)
    async with httpx.AsyncClient(
        base_url=server.base, timeout=60, trust_env=False, limits=limits, verify=False
    ) as client:
        begin = "\n".join(
            ["# list", *(f"- [ ] task {person}.{task}" for task in range(TASKS) for person in range(PEOPLE))]
        )
        note = (await client.post("/api/notes", json={"title": "for many", "description": begin})).json()
        path = f"/api/notes/{note['id']}"
        people = [Person(client, path, number) for number in range(PEOPLE)]

        await asyncio.gather(*(person.act() for person in people), _edit(client, path, ["# one", "# two", "# three"]))

        last: dict[str, Any] = (await client.get(path)).json()
    expected = {task: done for person in people for task, done in person.ticks.items()}
    lines = last["description"].split("\n")
    assert lines[0] == "# three"
    assert sorted(lines[1:]) == sorted(BOX[done] + task for task, done in expected.items())
    assert last["tasks"] == {"done": sum(expected.values()), "total": len(expected)}
    assert last["content"] == format_text(last["description"]).content
