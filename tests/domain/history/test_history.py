"""The history of a note: its states, grouped by user and time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.domain.history.groups import GROUP_LENGTH, REVISIONS_MAX
from quart_notes.errors import NotFoundError
from quart_notes.models import NoteRevision
from quart_notes.schemas import HistoryQuery, NoteCreate, NoteUpdate, RevisionOut, TaskTick, UserCreate
from tests.domain.history.conftest import Clock
from tests.support.servers.in_process import rows, update_rows

ALL = HistoryQuery(limit=200)


async def people(core: Core, *nicknames: str) -> list[Caller]:
    """Users as callers."""
    made = [
        (await core.users.add(UserCreate(name=name, email=f"{name}@example.org", nickname=name))).result
        for name in nicknames
    ]
    return [Caller(user, trusted=True) for user in made]


async def history(core: Core, note_id: int, query: HistoryQuery = ALL) -> list[RevisionOut]:
    """The states of a note of everybody's board."""
    return (await core.revisions.find(ANYBODY, SHARED_BOARD, note_id, query)).items


async def add(core: Core, caller: Caller, **content: Any) -> int:
    """The id of a new note on everybody's board."""
    return (await core.notes.add(caller, SHARED_BOARD, NoteCreate(**content))).result.id


async def change(core: Core, caller: Caller, note_id: int, **fields: Any) -> int:
    """Change a note; returns its version."""
    return (await core.notes.change(caller, SHARED_BOARD, note_id, NoteUpdate(**fields))).result.version


async def test_a_new_note_has_one_state_and_costs_no_revision(core: Core):
    (ada,) = await people(core, "ada")
    note = await add(core, ada, title="Milk")

    (state,) = await history(core, note)

    assert (state.version, state.title, state.changes) == (1, "Milk", ["created"])
    assert ada.id == state.by
    assert rows(core, "SELECT count(*) FROM note_revision") == [(0,)]


async def test_changes_of_one_user_within_two_minutes_are_one_state(core: Core, clock: Clock):
    (ada,) = await people(core, "ada")
    note = await add(core, ada, title="Milk")
    clock.advance(seconds=119)
    await change(core, ada, note, title="Oat milk", done=True)
    assert [state.changes for state in await history(core, note)] == [["created", "done", "title"]]

    clock.advance(seconds=2)
    await change(core, ada, note, description="Two litres.")
    clock.advance(seconds=100)
    await change(core, ada, note, done=False)

    now, before = await history(core, note)
    assert (now.version, now.title, now.description, now.changes) == (
        4,
        "Oat milk",
        "Two litres.",
        ["description", "undone"],
    )
    assert (before.version, before.title, before.description) == (2, "Oat milk", None)
    assert before.at < now.at


async def test_a_group_is_measured_from_its_beginning_so_that_long_editing_is_not_one_change(core: Core, clock: Clock):
    (ada,) = await people(core, "ada")
    note = await add(core, ada, title="0")
    for minute in range(1, 10):
        clock.advance(minutes=1)
        await change(core, ada, note, title=str(minute))

    assert [state.title for state in await history(core, note)] == ["9", "7", "5", "3", "1"]


async def test_a_change_of_another_user_begins_a_state_at_once(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk")
    await change(core, ben, note, title="Beer")
    await change(core, ada, note, title="Milk")

    assert [(state.title, state.by) for state in await history(core, note)] == [
        ("Milk", ada.id), ("Beer", ben.id), ("Milk", ada.id)
    ]  # fmt: skip


async def test_a_tick_of_a_task_is_named_as_one(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, description="- [ ] milk")
    await core.tasks.tick(ben, SHARED_BOARD, note, TaskTick(line=1, source="- [ ] milk", done=True))

    now, before = await history(core, note)
    assert (now.changes, now.description) == (["tasks"], "- [x] milk")
    assert before.description == "- [ ] milk"


async def test_a_refused_change_and_one_without_a_difference_leave_no_state(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk")
    await change(core, ben, note, title="Milk")
    with pytest.raises(Exception, match="title or a description"):
        await change(core, ben, note, title=None)

    assert len(await history(core, note)) == 1


async def test_a_page_of_the_history_ends_before_the_version_given(core: Core, clock: Clock):
    people_ = await people(core, "ada", "ben")
    note = await add(core, people_[0], title="1")
    for version in range(2, 7):
        await change(core, people_[(version - 1) % 2], note, title=str(version))

    assert [state.version for state in await history(core, note, HistoryQuery(limit=2))] == [6, 5]
    assert [state.version for state in await history(core, note, HistoryQuery(before=5, limit=2))] == [4, 3]
    found = await core.revisions.find(ANYBODY, SHARED_BOARD, note, HistoryQuery(before=3, limit=2))
    assert [state.version for state in found.items] == [2, 1]
    assert not found.more


async def test_restoring_a_state_is_a_new_version_which_can_be_undone_at_once(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk", description="- [ ] two")
    await change(core, ben, note, title="Beer", description=None)

    restored = (await core.revisions.restore(ben, SHARED_BOARD, note, 1)).result

    assert (restored.version, restored.title, restored.description) == (3, "Milk", "- [ ] two")
    assert restored.tasks == {"done": 0, "total": 1}
    assert [state.changes for state in await history(core, note)] == [
        ["reverted"],
        ["description", "title"],
        ["created"],
    ]
    again = (await core.revisions.restore(ben, SHARED_BOARD, note, 2)).result
    assert (again.version, again.title, again.description) == (4, "Beer", None)


@pytest.mark.parametrize("version", [2, 99, 2**31, 2**63 - 1])
async def test_a_version_that_is_no_state_cannot_be_restored(core: Core, clock: Clock, version: int):
    (ada,) = await people(core, "ada")
    note = await add(core, ada, title="Milk")
    clock.advance(minutes=3)
    await change(core, ada, note, title="a")
    await change(core, ada, note, title="b")
    before = await core.log.newest()

    with pytest.raises(NotFoundError):
        await core.revisions.restore(ada, SHARED_BOARD, note, version)

    assert (await core.revisions.restore(ada, SHARED_BOARD, note, 3)).result.version == 3  # as it is
    assert await core.log.newest() == before


async def test_of_a_note_the_newest_200_earlier_states_are_kept(core: Core, clock: Clock):
    both = await people(core, "ada", "ben")
    note = await add(core, both[0], title="1")
    for version in range(2, REVISIONS_MAX + 6):
        await change(core, both[(version - 1) % 2], note, title=str(version))

    kept = rows(core, "SELECT min(version), max(version), count(*) FROM note_revision")
    assert kept == [(5, REVISIONS_MAX + 4, REVISIONS_MAX)]


async def test_states_replaced_long_ago_are_purged(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="old")
    clock.advance(days=400)
    await change(core, ben, note, title="current for 400 days")
    assert not (await core.revisions.delete_old(365)).result
    assert [state.title for state in await history(core, note)] == ["current for 400 days", "old"], "replaced just now"

    clock.advance(days=366)
    await core.revisions.delete_old(365)

    assert [state.title for state in await history(core, note)] == ["current for 400 days"]


async def test_many_states_are_purged_in_chunks(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quart_notes.domain.history.revisions.DELETE_CHUNK", 3)
    both = await people(core, "ada", "ben")
    note = await add(core, both[0], title="1")
    for version in range(2, 6):
        await change(core, both[(version - 1) % 2], note, title=str(version))
    await update_rows(core, NoteRevision, {}, replaced_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert (await core.revisions.delete_old(365)).result
    assert rows(core, "SELECT count(*) FROM note_revision") == [(1,)]
    assert not (await core.revisions.delete_old(365)).result
    assert rows(core, "SELECT count(*) FROM note_revision") == [(0,)]


STEPS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 90), st.sampled_from("abc")), max_size=12)


@settings(max_examples=25)
@given(steps=STEPS)
async def test_the_history_and_the_current_state_are_what_was_written(core: Core, clock: Clock, steps: list[Any]):
    both = await people(core, f"ada{clock.time:%s%f}", f"ben{clock.time:%s%f}")
    note = await add(core, both[0], title="start")
    expected = [("start", both[0].id, clock.time)]
    title = "start"
    for who, seconds, text in steps:
        now = clock.advance(seconds=seconds)
        await change(core, both[who], note, title=text)
        if text == title:
            continue
        title = text
        _, by, began = expected[-1]
        if by == both[who].id and now - began < GROUP_LENGTH - GROUP_LENGTH / 1e6:
            expected[-1] = (text, by, began)
        else:
            expected.append((text, both[who].id, now))

    found = await history(core, note)
    assert [(state.title, state.by) for state in reversed(found)] == [(text, by) for text, by, _ in expected]
    assert [state.version for state in found] == sorted({state.version for state in found}, reverse=True)
