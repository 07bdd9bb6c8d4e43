"""Eight people drag notes at random, at two workers: one order for all, and nothing lost."""

import asyncio
import random
from functools import partial
from pathlib import Path

import httpx
import pytest

from quart_notes.schemas.ranks import RANK_MAX
from tests.support.api_fixtures import Json
from tests.support.clients.feed_clients import FeedClient, WebsocketClient
from tests.support.servers.both_databases import KINDS, Kind, find, url_of
from tests.support.servers.in_process import State, apply
from tests.support.servers.worker_processes import WorkerServer, readers

PEOPLE = 8
NOTES = 24
TURNS = 12  # of each
LONGEST = 14  # characters of a rank: twelve halvings of the room between two lead to a longer one
SQUEEZES = 30


class Person:
    """Drags notes to where they see a gap, adds some, ticks, pins, deletes and restores others."""

    def __init__(self, client: httpx.AsyncClient, number: int) -> None:
        self.client = client
        self.added: list[int] = []
        self.answers: set[tuple[int, int]] = set()  # ids and versions
        self._chance = random.Random(number)

    async def act(self) -> None:
        """Take all turns, each on the board as it is seen then."""
        for _ in range(TURNS):
            seen = in_order((await self.client.get("/api/notes")).json())
            note = self._chance.choice(seen)
            kind = self._chance.random()
            if kind < 0.06:
                answer = await self.client.post("/api/notes", json={"title": "added"})
                self.added.append(answer.json()["id"])
            elif kind < 0.2:
                change = self._chance.choice([{"done": not note["done"]}, {"pinned": not note["pinned"]}])
                answer = await self.client.patch(f"/api/notes/{note['id']}", json=change)
            elif kind < 0.26:
                await self.client.delete(f"/api/notes/{note['id']}")
                answer = await self.client.post(f"/api/notes/{note['id']}/restore")
            else:
                answer = await self._drag(note, [one for one in seen if one is not note])
            assert answer.status_code in {200, 201, 404}, answer.text
            if answer.status_code != 404:
                self._keep(answer)

    async def squeeze(self) -> None:
        """Drag two notes in turn to where the other one was, which halves the room there each time."""
        first, *pair = in_order((await self.client.get("/api/notes")).json())[:3]
        for _ in range(SQUEEZES):
            pair.reverse()
            neighbours = {"after_id": first["id"], "before_id": pair[1]["id"]}
            self._keep(await self.client.post(f"/api/notes/{pair[0]['id']}/move", json=neighbours))

    def _keep(self, answer: httpx.Response) -> None:
        self.answers.add((answer.json()["id"], answer.json()["version"]))

    async def _drag(self, note: Json, others: list[Json]) -> httpx.Response:
        # Half of all go to one place, where ranks become long.
        place = 1 if self._chance.random() < 0.5 else self._chance.randint(0, len(others))
        neighbours = {}
        if place:
            neighbours["after_id"] = others[place - 1]["id"]
        if place < len(others) and (not place or self._chance.random() < 0.8):
            neighbours["before_id"] = others[place]["id"]
        return await self.client.post(f"/api/notes/{note['id']}/move", json=neighbours)


def in_order(notes: list[Json]) -> list[Json]:
    """Notes by their ranks, byte by byte."""
    return sorted(notes, key=lambda note: str(note["rank"]).encode())


@pytest.mark.parametrize("kind", KINDS)
async def test_people_who_drag_at_random_get_one_order(kind: Kind, tmp_path: Path):
    data = tmp_path / "data"
    module = "quart_notes.domain.order.note_moves"
    shorter = {f"{module}.RANK_MAX": LONGEST, f"{module}.SHORTER": LONGEST - 1, f"{module}.REBALANCED": 2}
    with WorkerServer(data, "--database-url", url_of(kind, data), workers=2, constants=shorter) as server:
        limits = httpx.Limits(max_connections=PEOPLE + 1)
        async with (
            httpx.AsyncClient(base_url=server.base, timeout=60, trust_env=False, limits=limits, verify=False) as client,
            readers(server, WebsocketClient, 1) as found,
        ):
            first = [(await client.post("/api/notes", json={"title": f"{n}"})).json()["id"] for n in range(NOTES)]
            people = [Person(client, number) for number in range(PEOPLE)]

            await asyncio.gather(*(person.act() for person in people))
            await people[0].squeeze()

            last = await client.get("/api/notes")
            events = int(last.headers["last-event-id"].partition("-")[2])
            states: list[State] = []
            for reader, *_ in found.values():
                await reader.until(partial(_ends, events))
                states.append({})
                for event in reader.events:
                    apply(states[-1], event)
            page = (await client.get("/front/notes")).text
    notes = in_order(last.json())
    ranks = [note["rank"] for note in notes]
    assert {note["id"] for note in notes} == {*first, *(note_id for person in people for note_id in person.added)}
    assert ranks == sorted(set(ranks)), "no rank twice"
    asked = set().union(*(person.answers for person in people))
    updates = {
        (event["note"]["id"], event["note"]["version"]) for event in reader.events if event["action"] == "update"
    }
    assert updates - asked, "ranks were rebalanced"
    assert max(map(len, ranks)) <= LONGEST < RANK_MAX
    assert [state == {note["id"]: note for note in notes} for state in states] == [True, True]
    shown = [note["id"] for pinned in (True, False) for note in notes if not note["done"] and note["pinned"] == pinned]
    assert [page.index(f'id="note-{note_id}"') for note_id in shown] == sorted(
        page.index(f'id="note-{note_id}"') for note_id in shown
    )
    moved = find(url_of(kind, data), "SELECT board_id, moved_rank FROM note WHERE moved_rank IS NOT NULL")
    assert len({tuple(row) for row in moved}) == len(moved) > NOTES // 2


def _ends(newest: int, reader: FeedClient) -> bool:
    return bool(reader.events) and int(reader.events[-1]["id"].partition("-")[2]) == newest
