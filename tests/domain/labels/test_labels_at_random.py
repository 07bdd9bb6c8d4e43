"""Random changes of notes and labels: what stands in two places agrees, and events give the state."""

import asyncio
import json
import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import ProblemError
from quart_notes.schemas import (
    BoardCreate,
    LabelCreate,
    LabelUpdate,
    NoteCreate,
    NoteMove,
    NoteUpdate,
    PageQuery,
)
from tests.support.servers.in_process import Json, apply, fresh, opened, rows

NAMES = ("a", "B", "c", "D", "é")
TURNS = 30
STORED = """SELECT note.id, label.name FROM note_label
    JOIN note ON note.id = note_id JOIN label ON label.id = label_id AND label.board_id = note.board_id"""


def _names(chance: random.Random) -> list[str]:
    return [chance.choice((name, name.swapcase())) for name in chance.sample(NAMES, chance.randint(0, 3))]


async def _act(core: Core, chance: random.Random, other_board: int) -> None:
    """One random change of any note or label; some are refused."""
    board = chance.choice((1, 1, 1, other_board))
    note_id, label_id = chance.randint(1, 6), chance.randint(1, 8)
    acts = {
        "add": lambda: core.notes.add(ANYBODY, board, NoteCreate(title="x", labels=_names(chance))),
        "set": lambda: core.notes.change(ANYBODY, board, note_id, NoteUpdate(labels=_names(chance))),
        "bin": lambda: core.notes.delete(ANYBODY, board, note_id),
        "back": lambda: core.notes.restore(ANYBODY, board, note_id),
        "move": lambda: core.note_moves.move(
            ANYBODY, board, note_id, NoteMove(board_id=other_board if board == 1 else 1)
        ),
        "make": lambda: core.board_labels.add(ANYBODY, board, LabelCreate(name=chance.choice(NAMES), colour="red")),
        "rename": lambda: core.board_labels.change(
            ANYBODY, board, label_id, LabelUpdate(name=chance.choice((*NAMES, "A", "new")))
        ),
        "merge": lambda: core.board_labels.change(
            ANYBODY, board, label_id, LabelUpdate(name=chance.choice(NAMES), colour="blue", merge=True)
        ),
        "delete": lambda: core.board_labels.delete(ANYBODY, board, label_id),
    }
    often = ["add", "set", "rename", "merge"]
    try:
        await acts[chance.choice([*acts, *often])]()
    except ProblemError:
        return


def _assert_equal(core: Core) -> None:
    """What the rows of notes say is what the table of their labels says."""
    named = {
        (number, name)
        for number, names in rows(core, "SELECT id, labels_json FROM note WHERE labels_json IS NOT NULL")
        for name in json.loads(names)
    }
    stored = [tuple(row) for row in rows(core, STORED)]
    assert len(stored) == len(set(stored)) == len(rows(core, "SELECT id FROM note_label"))
    assert set(stored) == named


@settings(max_examples=10)
@given(st.integers(0, 1 << 32))
def test_rows_names_and_events_agree_after_any_changes(seed: int):
    chance = random.Random(seed)

    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            other = (await core.boards.add(ANYBODY, BoardCreate(name="other"))).result.id
            begun = await core.log.newest()
            for _ in range(TURNS):
                await _act(core, chance, other)
                if chance.random() < 0.2:
                    _assert_equal(core)
            _assert_equal(core)
            found = [json.loads(message.data) for message in await core.log.since({"board:1"}, begun, 10**9) or []]
            state: dict[int, Json] = {}
            labels: dict[int, Json] = {}
            for event in found:
                apply(state, event)
                if label := event.get("label"):
                    labels[label["id"]] = label
                    if event["action"] == "delete":
                        del labels[label["id"]]
            assert state == (await fresh(core))[0]
            listed = (await core.board_labels.find(ANYBODY, 1, PageQuery())).items
            assert labels == {one.id: one.model_dump(exclude={"note_count"}) for one in listed}

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
