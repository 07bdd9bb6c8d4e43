"""Lists that follow the events of their board: always what a new read of the rows would give."""

import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from quart_notes.domain.order.note_list import NoteList, note_change
from quart_notes.schemas import (
    BulkChange,
    BulkUpdate,
    LabelCreate,
    LabelUpdate,
    NoteCreate,
    NoteMove,
    NoteQuery,
    NoteUpdate,
)
from tests.support.accounts_app import House

PAGES = [{}, {"limit": 3}, {"limit": 2, "after_id": 4}, {"limit": 1000, "after_id": 6}]
RISKY = ['"archived_at":null', '\\","by":7}', ',"by":null}', '{"id":1,"archived_at":null}', "a plain note"]


class _Board:
    """A board with random changes by ada, and a second one beside it."""

    def __init__(self, house: House, board: int, other: int, seed: int) -> None:
        self.core, self.ada, self.board, self.other = house.core, house.caller("ada"), board, other
        self.house, self.random = house, random.Random(seed)
        self.there: list[int] = []
        self.deleted: list[int] = []
        self.away: list[int] = []

    async def change(self) -> None:
        """Make one change."""
        acts: list[Callable[[], Awaitable[Any]]] = [self.add, self.add]
        if self.there:
            acts += [self.edit, self.archive, self.delete, self.move_away, self.tick_several, self.talk]
        if self.deleted:
            acts.append(self.restore)
        if self.away:
            acts.append(self.move_back)
        await self.random.choice(acts)()

    def _any(self) -> int:
        return self.random.choice(self.there)

    async def add(self) -> None:
        data = NoteCreate(title=self.random.choice(RISKY), description=self.random.choice(RISKY))
        self.there.append((await self.core.notes.add(self.ada, self.board, data)).result.id)

    async def edit(self) -> None:
        data = NoteUpdate(title=self.random.choice(RISKY), done=self.random.random() < 0.5)
        await self.core.notes.change(self.ada, self.board, self._any(), data)

    async def archive(self) -> None:
        data = NoteUpdate(archived=self.random.random() < 0.6)
        await self.core.notes.change(self.ada, self.board, self._any(), data)

    async def tick_several(self) -> None:
        ids = self.random.sample(self.there, k=min(3, len(self.there)))
        await self.core.bulk_changes.change(self.ada, self.board, BulkUpdate(ids=ids, change=BulkChange(done=True)))

    async def delete(self) -> None:
        self.deleted.append(self.there.pop(self.random.randrange(len(self.there))))
        await self.core.notes.delete(self.ada, self.board, self.deleted[-1])

    async def restore(self) -> None:
        self.there.append(self.deleted.pop())
        await self.core.notes.restore(self.ada, self.board, self.there[-1])

    async def move_away(self) -> None:
        self.away.append(self.there.pop(self.random.randrange(len(self.there))))
        await self.core.note_moves.move(self.ada, self.board, self.away[-1], NoteMove(board_id=self.other))

    async def move_back(self) -> None:
        self.there.append(self.away.pop())
        await self.core.note_moves.move(self.ada, self.other, self.there[-1], NoteMove(board_id=self.board))

    async def talk(self) -> None:
        note_id = self._any()
        thread = (await self.core.threads.open(self.ada, self.board, note_id)).result.room.id
        await self.house.say("ada", thread)
        await self.core.threads.send(note_id)


async def _page(client: httpx.AsyncClient, board: int, page: dict[str, int]) -> tuple[Any, bool]:
    answer = await client.get(f"/api/boards/{board}/notes", params=page)
    assert answer.status_code == 200
    return answer.json(), "link" in answer.headers


@pytest.mark.parametrize("seed", range(3))
async def test_a_list_and_a_note_that_follow_events_are_what_a_read_gives(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int
):
    reads = 0
    find = house.core.notes.find

    async def counting(*args: Any) -> Any:
        nonlocal reads
        reads += 1
        return await find(*args)

    monkeypatch.setattr(house.core.notes, "find", counting)
    board = _Board(house, await house.board(ada="owner"), await house.board("Other", ada="owner"), seed)
    asked = 0
    async with await house.browser("ada") as client:
        for _ in range(60):
            for _ in range(board.random.randrange(1, 4)):
                await board.change()
            for page in PAGES:
                fresh = await find(board.ada, board.board, NoteQuery(**page))
                expected = [json.loads(note.json_bytes) for note in fresh.items], fresh.more
                assert await _page(client, board.board, page) == expected
                asked += 1
            for note_id in board.there[:3]:
                note = (await house.core.notes.get(board.ada, board.board, note_id))[0]
                answer = await client.get(f"/api/boards/{board.board}/notes/{note_id}")
                assert answer.content == note.json_bytes

    assert reads < asked / 2, "most lists follow the events"


async def test_a_renamed_label_is_in_a_list_that_was_read_before(house: House):
    ada, board = house.caller("ada"), await house.board(ada="owner")
    label = (await house.core.board_labels.add(ada, board, LabelCreate(name="Shopping"))).result
    await house.core.notes.add(ada, board, NoteCreate(title="milk", labels=["Shopping"]))
    async with await house.browser("ada") as client:
        before = await _page(client, board, {})
        await house.core.board_labels.change(ada, board, label.id, LabelUpdate(name="Groceries"))
        after = await _page(client, board, {})

    assert [notes[0]["labels"] for notes, _ in (before, after)] == [["Shopping"], ["Groceries"]]


def test_a_list_is_read_again_when_a_note_that_is_not_known_may_take_a_place():
    def event(action: str, note_id: int) -> bytes:
        note = b'{"id":%d,"archived_at":null}' % note_id
        return b'{"id":"e-1","topic":"board:1","action":"%b","note":%b,"by":null}' % (action.encode(), note)

    known = {number: b"%d" % number for number in (3, 5)}
    first, whole = NoteList(known, 2, 2, more=True), NoteList(known, 2, 2, more=False)

    assert first.after([event("delete", 5)]) is None
    assert first.after([event("delete", 7)]) is None
    assert first.after([event("create", 7)]) is first
    assert first.after([event("update", 2)]) is first
    assert whole.after([event("delete", 7)]) is whole
    assert whole.after([event("create", 4), event("delete", 5)]) is None
    assert whole.after([event("delete", 5), event("create", 7)]) == NoteList(
        {3: b"3", 7: b'{"id":7,"archived_at":null}'}, 2, 2, more=False
    )
    assert (
        whole.after([event("create", 1), b'{"id":"e-2","topic":"board:1","action":"update","label":{"id":1}}']) is None
    )
    assert note_change(event("delete", 9)) == (9, None)
