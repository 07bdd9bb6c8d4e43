"""The activity of a board: who did what, newest first."""

from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.domain.history.revisions import move_revisions
from quart_notes.live.writer import Change
from quart_notes.models import Note
from quart_notes.schemas import ActivityOut, BoardCreate, Moment, TaskTick, TimeQuery
from tests.domain.history.conftest import Clock
from tests.domain.history.test_history import add, change, people
from tests.support.servers.in_process import rows, update_rows


async def activity(core: Core, board_id: int = SHARED_BOARD, **query: Any) -> list[ActivityOut]:
    """What happened on a board."""
    return (await core.activity.find(ANYBODY, board_id, TimeQuery(**query))).items


async def test_the_activity_names_who_did_what_with_which_note(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk")
    await change(core, ben, note, done=True)
    await change(core, ada, note, title="Oat milk", pinned=True)
    other = await add(core, ben, description="- [ ] two\n\nlitres")
    await core.tasks.tick(ada, SHARED_BOARD, other, TaskTick(line=1, source="- [ ] two", done=True))
    await change(core, ben, note, done=False)
    await core.revisions.restore(ada, SHARED_BOARD, note, 1)
    await core.notes.delete(ben, SHARED_BOARD, other)

    found = await activity(core)

    assert [(one.kind, one.by, one.title, one.version) for one in found] == [
        ("deleted", ben.id, "- [x] two litres", 2),
        ("reverted", ada.id, "Milk", 5),
        ("undone", ben.id, "Oat milk", 4),
        ("tasks", ada.id, "- [x] two litres", 2),
        ("created", ben.id, "- [ ] two litres", 1),
        ("pinned", ada.id, "Oat milk", 3),
        ("done", ben.id, "Milk", 2),
        ("created", ada.id, "Milk", 1),
    ]
    assert [one.deleted for one in found] == [one.note_id == other for one in found]
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


async def test_deleting_and_restoring_stay_in_the_activity(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk")
    await core.notes.delete(ben, SHARED_BOARD, note)
    await core.notes.restore(ada, SHARED_BOARD, note)

    assert [(one.kind, one.by, one.deleted) for one in await activity(core)] == [
        ("restored", ada.id, False), ("deleted", ben.id, False), ("created", ada.id, False)
    ]  # fmt: skip


async def test_a_page_continues_where_the_one_before_ended_also_at_equal_times(core: Core, clock: Clock):
    notes = [await add(core, ANYBODY, title=str(n)) for n in range(4)]
    await update_rows(core, Note, {}, updated_at=clock.time)

    pages: list[ActivityOut] = []
    before = None
    while found := await activity(core, limit=1, before=before):
        pages += found
        before = str(Moment(found[-1].at, found[-1].note_id))

    assert [one.note_id for one in pages] == notes[::-1]


async def test_a_board_has_its_own_activity_and_that_of_a_moved_note_goes_with_it(core: Core, clock: Clock):
    both = await people(core, "ada", "ben")
    elsewhere = (await core.boards.add(ANYBODY, BoardCreate(name="Elsewhere"))).result.id
    note = await add(core, both[0], title="Milk")
    await change(core, both[1], note, title="Beer")
    assert await activity(core, elsewhere) == []
    before = await activity(core)

    async def move(change: Change) -> None:
        await move_revisions(change.connection, note, elsewhere)
        await change.connection.execute_query(f"UPDATE note SET board_id = {elsewhere} WHERE id = {note}")

    await core.writer(move)

    assert await activity(core) == []
    assert await activity(core, elsewhere) == before


@pytest.mark.sqlite_only("its query plans")
async def test_the_activity_is_read_by_indexes(core: Core):
    for table, column in (
        ("note", "updated_at"),
        ("note", "deleted_at"),
        ("note_revision", "changed_at"),
        ("note_revision", "deleted_at"),
    ):
        present = f" AND {column} IS NOT NULL" if column == "deleted_at" else ""
        plan = rows(
            core, f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE board_id = 1{present} ORDER BY {column} DESC LIMIT 9"
        )
        assert [step[-1].split(" USING ")[0] for step in plan] == [f"SEARCH {table}"], plan
