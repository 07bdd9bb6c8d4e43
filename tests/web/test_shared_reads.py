"""Responses that are read once for all who wait: nobody gets an older one, or one that they may not see."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from quart_notes.domain.access import Caller
from quart_notes.domain.service import Listed
from quart_notes.errors import DatabaseUnavailableError
from quart_notes.schemas import NoteOut, NoteQuery
from tests.support.accounts_app import House

Find = Callable[[Caller, int, NoteQuery], Awaitable[Listed[NoteOut]]]


class HeldRead:
    """Reads of lists: the first one waits after its rows were read until it is released."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self.started, self.released = asyncio.Event(), asyncio.Event()
        self.count = 0
        self.error: Exception | None = None  # of the first one

    async def find(self, caller: Caller, board_id: int, query: NoteQuery) -> Listed[NoteOut]:
        """What `Notes.find` gives."""
        self.count += 1
        is_first, found = self.count == 1, await self._find(caller, board_id, query)
        if is_first:
            self.started.set()
            await self.released.wait()
            if self.error is not None:
                raise self.error
        return found


@pytest.fixture
def held(house: House, monkeypatch: pytest.MonkeyPatch) -> HeldRead:
    held = HeldRead(house.core.notes.find)
    monkeypatch.setattr(house.core.notes, "find", held.find)
    return held


async def _known(*clients: httpx.AsyncClient) -> None:
    """Have the server cache the grants of these clients."""
    for client in clients:
        assert (await client.get("/api/boards")).status_code == 200


async def _waiting(client: httpx.AsyncClient, path: str) -> asyncio.Task[httpx.Response]:
    """A request that waits for a read that runs already."""
    asked = asyncio.create_task(client.get(path))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not asked.done()
    return asked


def _titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    return [note["title"] for note in answer.json()]


async def test_readers_who_come_at_once_after_a_change_cause_one_read(house: House, held: HeldRead):
    held.released.set()
    board = await house.board(ada="owner", bob="viewer")
    path = f"/api/boards/{board}/notes?archived=false"  # which no events update
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await _known(ada, bob)
        assert _titles(await ada.get(path)) == []
        await house.note("ada", board, "new")
        before = held.count

        answers = await asyncio.gather(*(client.get(path) for client in (ada, bob) * 5))

    assert [_titles(answer) for answer in answers] == [["new"]] * 10
    assert held.count == before + 1


async def test_a_reader_who_comes_after_a_change_gets_it_while_an_older_read_runs(house: House, held: HeldRead):
    board = await house.board(ada="owner")
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as ada:
        before = asyncio.create_task(ada.get(path))
        await held.started.wait()
        await house.note("ada", board, "new")

        async with asyncio.timeout(30):  # one that joined the held read would wait for ever
            assert _titles(await ada.get(path)) == ["new"]
        held.released.set()

        assert _titles(await before) == []
        assert _titles(await ada.get(path)) == ["new"], "the older read replaces nothing in the cache"
        assert held.count == 2


async def test_a_reader_who_leaves_cancels_nobody_else(house: House, held: HeldRead):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob, await house.browser("eve") as eve:
        await _known(ada, bob, eve)
        first = asyncio.create_task(ada.get("/api/notes"))
        await held.started.wait()
        second, third = await _waiting(bob, "/api/notes"), await _waiting(eve, "/api/notes")
        for leaving in (first, second):
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
        held.released.set()

        assert _titles(await third) == []
        assert held.count == 1


async def test_an_error_is_not_cached(house: House, held: HeldRead):
    held.error = DatabaseUnavailableError("The database is away.")
    held.released.set()
    async with await house.browser("ada") as ada:
        assert (await ada.get("/api/notes")).status_code == 503
        assert _titles(await ada.get("/api/notes")) == []


async def test_only_who_sees_the_board_joins_a_read(house: House, held: HeldRead):
    board = await house.board(ada="owner", bob="viewer")
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as ada, await house.browser("bob") as bob, await house.browser("eve") as eve:
        await _known(ada, bob, eve)
        removed = asyncio.create_task(bob.get(path))
        await held.started.wait()
        joined = await _waiting(ada, path)
        assert (await eve.get(path)).status_code == 404

        await house.core.members.remove(house.caller("ada"), board, house.people["bob"].id)
        held.released.set()

        assert _titles(await joined) == []
        assert (await removed).status_code == 404
