"""Notes of lists that were read before: used again only while nothing in their rows has changed."""

from typing import Any

import pytest

from quart_notes.domain.order import note_rows
from quart_notes.domain.order.note_rows import MAX_TEXT
from quart_notes.schemas import LabelCreate, NoteCreate, NoteOut, NoteQuery, NoteUpdate
from tests.support.accounts_app import House


async def _listed(house: House, board: int) -> list[NoteOut]:
    """The notes of a board, which are as each alone is read."""
    ada = house.caller("ada")
    notes = (await house.core.notes.find(ada, board, NoteQuery())).items
    assert notes == [(await house.core.notes.get(ada, board, note.id))[0] for note in notes]
    return notes


async def test_a_list_has_each_change_of_a_note_and_uses_the_others_again(house: House):
    ada, board = house.caller("ada"), await house.board(ada="owner")
    same = await house.note("ada", board)
    changing = (await house.core.notes.add(ada, board, NoteCreate(description="- [ ] *milk*"))).result
    await house.core.board_labels.add(ada, board, LabelCreate(name="Shopping"))
    seen = [await _listed(house, board)]

    changes: list[dict[str, Any]] = [{"done": True}, {"archived": True}, {"archived": False}, {"labels": ["Shopping"]}]
    for sent in changes:
        await house.core.notes.change(ada, board, changing.id, NoteUpdate(**sent))
        if sent != {"archived": True}:  # then it is not in the list
            seen.append(await _listed(house, board))
    thread = (await house.core.threads.open(ada, board, changing.id)).result.room.id
    await house.say("ada", thread)
    seen.append(await _listed(house, board))

    assert [[note.id for note in notes] for notes in seen] == [[same.id, changing.id]] * len(seen)
    assert len({id(first) for first, _ in seen}) == 1
    assert len({second.json_bytes for _, second in seen}) == len(seen)


async def test_the_notes_that_are_kept_are_few_and_short(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(note_rows, "MAX_NOTES", 2)
    ada, board = house.caller("ada"), await house.board(ada="owner")
    for length in (1, MAX_TEXT + 1, 1, 1):
        await house.core.notes.add(ada, board, NoteCreate(description="x" * length))

    first, second = [await _listed(house, board) for _ in range(2)]

    assert first == second
    assert len(house.core.notes._known._notes) == 2
    assert first[1] is not second[1]
