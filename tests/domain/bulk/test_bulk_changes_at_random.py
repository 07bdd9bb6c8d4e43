"""Random changes of several notes at once: all of them or none, an event each, and events that give the state."""

import asyncio
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import ProblemError
from quart_notes.schemas import BoardCreate, BulkUpdate, NoteCreate
from tests.support.servers.in_process import Json, apply, fresh, opened

NOTES = 8
TURNS = 12
LABELS = ("a", "B", "c")
STORED = (
    "SELECT id, board_id, version, done, pinned, archived_at, deleted_at, colour, moved_rank, labels_json FROM note"
)


def _change(chance: random.Random, other: int) -> Json:
    """A random change; the last fields are sent alone."""
    fields: Json = {
        "done": chance.random() < 0.5,
        "pinned": chance.random() < 0.5,
        "archived": chance.random() < 0.2,
        "colour": chance.choice(("none", "red")),
        "labels_add": [chance.choice(LABELS)],
        "labels_remove": [chance.choice(LABELS)],
    }
    alone: list[Json] = [
        {"deleted": chance.random() < 0.5},
        {"board_id": chance.choice((1, other))},
        {"board_id": 1, "after_id": chance.randint(1, NOTES)},
    ]
    some = {name: fields[name] for name in chance.sample(list(fields), chance.randint(1, 3))}
    return chance.choice([some, some, *alone])


def _fits(note: Json, change: Json) -> bool:
    """Whether a note is as a change of its fields wants it."""
    keys = {name.casefold() for name in note["labels"]}
    return all(
        {
            "archived": lambda value: (note["archived_at"] is not None) == value,
            "labels_add": lambda names: {name.casefold() for name in names} <= keys,
            "labels_remove": lambda names: not {name.casefold() for name in names} & keys,
        }.get(name, lambda value, name=name: note[name] == value)(value)
        for name, value in change.items()
        if name not in {"deleted", "after_id"}
    )


async def _act(core: Core, chance: random.Random, other: int) -> None:
    ids = [chance.randint(1, NOTES) for _ in range(chance.randint(1, 5))]
    board, change = chance.choice((1, 1, other)), _change(chance, other)
    before, begun = await _stored(core), await core.log.newest()
    try:
        data = BulkUpdate.model_validate({"ids": ids, "change": change})
        answer = (await core.bulk_changes.change(ANYBODY, board, data)).result.notes
    except (ProblemError, ValueError):
        assert await _stored(core) == before
        assert await core.log.newest() == begun
        return
    after = await _stored(core)
    notes = [note.model_dump(mode="json") for note in answer]
    assert [note["id"] for note in notes] == list(dict.fromkeys(ids))
    assert all(_fits(note, change) for note in notes)
    assert {number: note for number, note in after.items() if number not in ids} == {
        number: note for number, note in before.items() if number not in ids
    }
    told = [json.loads(one.data) for one in await core.log.since({"board:1", f"board:{other}"}, begun, 10**9) or []]
    of_notes = [(event["topic"], event["note"]["id"]) for event in told if "note" in event]
    assert len(of_notes) == len(set(of_notes)), "one each on a board"
    assert {number for _, number in of_notes} == {
        number for number in before.keys() | after.keys() if before.get(number) != after.get(number)
    }


async def _stored(core: Core) -> dict[int, Any]:
    """All notes, with those in the archive and in the bin, as they are stored."""
    async with core.database.snapshot() as connection:
        _, rows = await connection.execute_query(STORED)
    return {row["id"]: dict(row) for row in rows}


@settings(max_examples=15)
@given(st.integers(0, 1 << 32))
def test_all_notes_are_changed_or_none_and_events_give_the_state(seed: int):
    chance = random.Random(seed)

    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            other = (await core.boards.add(ANYBODY, BoardCreate(name="other"))).result.id
            for number in range(NOTES):
                labels = chance.sample(LABELS, chance.randint(0, 2))
                await core.notes.add(ANYBODY, 1, NoteCreate(title=f"note {number}", labels=labels))
            state, begun = await fresh(core)
            for _ in range(TURNS):
                await _act(core, chance, other)
            for message in await core.log.since({"board:1"}, begun, 10**9) or []:
                apply(state, json.loads(message.data))
            shown = {number: note for number, note in state.items() if note["archived_at"] is None}
            assert shown == (await fresh(core))[0]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
