"""The former name of a label leaves the log: no replay contains it, from the database or from memory."""

import json
from collections.abc import AsyncIterator
from itertools import chain
from pathlib import Path

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live.events import SHARED_BOARD
from quart_notes.schemas import BoardCreate, LabelCreate, LabelOut, LabelUpdate, NoteCreate, NoteOut, NoteUpdate
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.fake_outlet import plain
from tests.support.servers.in_process import Json, apply, fresh, opened, rows

SECRET = 'Sécret "50 %_" \\ 🧀'
IN_THE_LOG = "SELECT body FROM event_log ORDER BY number"


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with opened(tmp_path) as core:
        yield core


async def _label(core: Core, name: str) -> LabelOut:
    return (await core.board_labels.add(ANYBODY, 1, LabelCreate(name=name))).result


async def _note(core: Core, *labels: str) -> NoteOut:
    """A note that says the name itself, too."""
    data = NoteCreate(title=f"about {SECRET}", labels=list(labels))
    return (await core.notes.add(ANYBODY, 1, data)).result


async def _replayed(core: Core) -> list[Json]:
    """What a reader gets who was there at the start of the log."""
    subscription = core.feed.subscribe([SHARED_BOARD], EventId(core.log.epoch, 0), plain, {})
    found = [json.loads(message.data) async for page in subscription.history() for message in page]
    subscription.close()
    return found


def _names(events: list[Json]) -> list[list[str]]:
    """The names of labels in each event."""
    return [event["note"]["labels"] if "note" in event else [event["label"]["name"]] for event in events]


async def _everywhere(core: Core) -> list[list[str]]:
    """The same in the log, and in what readers get."""
    logged = _names([json.loads(body) for (body,) in rows(core, IN_THE_LOG) if '"user"' not in body])
    assert _names(await _replayed(core)) == logged
    return logged


async def test_a_deleted_label_leaves_no_name_in_the_log_also_of_notes_that_lost_it_before(core: Core):
    label = await _label(core, SECRET)
    having, lost = await _note(core, "a", SECRET), await _note(core, SECRET)
    await core.notes.change(ANYBODY, 1, lost.id, NoteUpdate(labels=[]))
    assert SECRET in chain(*await _everywhere(core)), "it was there"

    deleted = (await core.board_labels.delete(ANYBODY, 1, label.id)).result

    assert deleted.name == SECRET, "the answer says what was deleted"
    found = await _everywhere(core)
    assert SECRET not in chain(*found)
    titles = [event["note"]["title"] for event in await _replayed(core) if "note" in event]
    assert set(titles) == {f"about {SECRET}"}, "the texts of notes stay"
    state: dict[int, Json] = {}
    for event in await _replayed(core):
        apply(state, event)
    assert state == (await fresh(core))[0]
    assert state[having.id]["labels"] == ["a"]


async def test_a_renamed_label_has_its_new_name_in_earlier_events(core: Core):
    label = await _label(core, SECRET)
    await _note(core, SECRET, "b")

    await core.board_labels.change(ANYBODY, 1, label.id, LabelUpdate(name="Public"))

    assert await _everywhere(core) == [["Public"], ["b"], ["Public", "b"], ["Public"], ["Public", "b"]]


async def test_a_merged_label_has_the_name_of_the_other_one_in_earlier_events(core: Core):
    label, _ = await _label(core, SECRET), await _label(core, "Other")
    await _note(core, SECRET, "Other")

    await core.board_labels.change(ANYBODY, 1, label.id, LabelUpdate(name="other", merge=True))

    found = await _everywhere(core)
    assert SECRET not in chain(*found)
    assert found[2] == ["Other"]


async def test_another_colour_and_labels_of_other_boards_change_nothing(core: Core):
    label = await _label(core, "same")
    other = (await core.board_labels.add(ANYBODY, await _board(core), LabelCreate(name="same"))).result
    before = _of_board_1(core)

    await core.board_labels.change(ANYBODY, 1, label.id, LabelUpdate(colour="red"))
    await core.board_labels.delete(ANYBODY, other.board_id, other.id)

    assert _of_board_1(core)[:-1] == before


def _of_board_1(core: Core) -> list[str]:
    return [body for (body,) in rows(core, IN_THE_LOG) if body.startswith('{"topic":"board:1"')]


async def _board(core: Core) -> int:
    return (await core.boards.add(ANYBODY, BoardCreate(name="Other"))).result.id
