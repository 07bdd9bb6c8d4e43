"""Deleted notes and boards: what is kept, and that deleting for good leaves nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import NotFoundError
from quart_notes.live.events import board as topic_of
from quart_notes.schemas import BoardCreate, Moment, NoteCreate, NoteUpdate, TimeQuery
from tests.domain.history.conftest import Clock
from tests.domain.history.test_history import add, change, history, people
from tests.support.servers.in_process import rows

SECRET = "hunter2"


def traces(core: Core) -> list[str]:
    """What is stored of the secret, in the notes, their history and the log."""
    stored = [
        text
        for table, columns in (
            ("note", ("title", "description", "content_json", "search_text")),
            ("note_revision", ("title", "description")),
            ("event_log", ("body",)),
            ("client_key", ("key", "digest")),
        )
        for column in columns
        for (text,) in rows(core, f"SELECT {column} FROM {table}")
    ]
    return [text for text in stored if text is not None and SECRET in text]


async def trash(core: Core, **query: Any) -> list[tuple[int, int | None]]:
    """The deleted notes of everybody's board, with who deleted them."""
    found = await core.trash.notes(ANYBODY, SHARED_BOARD, TimeQuery(**query))
    return [(one.note.id, one.deleted_by) for one in found.items]


async def test_the_trash_says_who_deleted_a_note_when_and_until_when_it_is_kept(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Milk")
    time = clock.advance(hours=1)
    await core.notes.delete(ben, SHARED_BOARD, note)

    (one,) = (await core.trash.notes(ANYBODY, SHARED_BOARD, TimeQuery())).items

    assert (one.note.title, one.note.version, one.deleted_by) == ("Milk", 1, ben.id)
    assert one.deleted_at - time < timedelta(seconds=1)
    assert one.kept_until - one.deleted_at == timedelta(days=core.settings.trash_days)
    await core.notes.restore(ada, SHARED_BOARD, note)
    assert await trash(core) == []


async def test_the_trash_is_listed_last_deleted_first_in_pages(core: Core, clock: Clock):
    (ada,) = await people(core, "ada")
    notes = [await add(core, ada, title=str(n)) for n in range(5)]
    for note in (notes[3], notes[0], notes[4], notes[1]):
        await core.notes.delete(ada, SHARED_BOARD, note)

    assert [note for note, _ in await trash(core)] == [notes[1], notes[4], notes[0], notes[3]]
    first = await core.trash.notes(ANYBODY, SHARED_BOARD, TimeQuery(limit=2))
    assert first.more
    last = first.items[-1]
    place = str(Moment(last.deleted_at, last.note.id))
    assert [note for note, _ in await trash(core, before=place, limit=2)] == [notes[0], notes[3]]
    assert [note for note, _ in await trash(core, before=last.deleted_at.isoformat())] == [notes[0], notes[3]]


async def test_a_note_deleted_for_good_leaves_no_byte_of_its_text(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title=f"a {SECRET}", description=f"- [ ] {SECRET}")
    await change(core, ben, note, description=f"{SECRET} again")
    await core.notes.delete(ada, SHARED_BOARD, note)
    await core.notes.restore(ben, SHARED_BOARD, note)
    await core.notes.delete(ben, SHARED_BOARD, note)
    assert traces(core)
    before = await core.log.newest()

    gone = (await core.trash.delete(ada, SHARED_BOARD, note)).result

    assert gone.title == f"a {SECRET}"
    assert traces(core) == []
    events = await core.log.since({topic_of(SHARED_BOARD)}, before, before.number + 9)
    assert events is not None
    assert SECRET.encode() not in b"".join(event.data for event in events)
    assert [b'"action":"delete"' in event.data for event in events] == [True]
    with pytest.raises(NotFoundError):
        await core.notes.restore(ada, SHARED_BOARD, note)
    with pytest.raises(NotFoundError):
        await core.trash.delete(ada, SHARED_BOARD, note)


async def test_only_a_deleted_note_can_be_deleted_for_good(core: Core):
    note = await add(core, ANYBODY, title="Milk")

    with pytest.raises(NotFoundError):
        await core.trash.delete(ANYBODY, SHARED_BOARD, note)

    assert [state.title for state in await history(core, note)] == ["Milk"]


async def test_emptying_the_trash_deletes_all_notes_in_it_and_no_other(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quart_notes.domain.history.trash.PURGE_CHUNK", 2)
    kept = await add(core, ANYBODY, title="kept")
    elsewhere = (await core.boards.add(ANYBODY, BoardCreate(name="Elsewhere"))).result.id
    notes = [await add(core, ANYBODY, title=SECRET) for _ in range(5)]
    for note in notes:
        await core.notes.delete(ANYBODY, SHARED_BOARD, note)

    assert (await core.trash.empty(ANYBODY, elsewhere)).result == 0
    assert (await core.trash.empty(ANYBODY, SHARED_BOARD)).result == len(notes)

    assert rows(core, "SELECT id FROM note") == [(kept,)]
    assert traces(core) == []


async def test_a_deleted_history_is_gone_and_the_note_is_as_it_was(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    note = await add(core, ada, title="Login", description=SECRET)
    await change(core, ben, note, description="changed since")
    before = await core.log.newest()
    assert traces(core)

    out = (await core.revisions.delete(ada, SHARED_BOARD, note)).result

    assert (out.version, out.title, out.description, out.updated_by) == (3, "Login", "changed since", ben.id)
    assert traces(core) == []
    (state,) = await history(core, note)
    assert (state.version, state.description) == (3, "changed since")
    events = await core.log.since({topic_of(SHARED_BOARD)}, before, before.number + 9)
    assert events is not None
    assert b"changed since" in events[-1].data, "a client that resumes has the present text"
    cached = await core.log.since({topic_of(SHARED_BOARD)}, before._replace(number=0), before.number + 9)
    assert cached is not None
    assert SECRET.encode() not in b"".join(event.data for event in cached)


async def test_the_history_of_a_note_in_the_trash_is_purged_in_chunks_before_the_note(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("quart_notes.domain.service.DELETE_CHUNK", 3)
    both = await people(core, "ada", "ben")
    note = await add(core, both[0], title="1")
    for version in range(2, 6):
        await change(core, both[(version - 1) % 2], note, title=str(version))
    await core.notes.delete(ANYBODY, SHARED_BOARD, note)
    core.trash.days = -1

    left = []
    while (await core.trash.delete_old()).result:
        left += rows(core, "SELECT (SELECT count(*) FROM note), (SELECT count(*) FROM note_revision)")

    assert left == [(1, 1)]
    assert rows(core, "SELECT (SELECT count(*) FROM note), (SELECT count(*) FROM note_revision)") == [(0, 0)]


async def test_a_board_deleted_for_good_leaves_no_byte_of_its_notes(core: Core, clock: Clock):
    ada, ben = await people(core, "ada", "ben")
    board = (await core.boards.add(ada, BoardCreate(name="Allotment"))).result.id
    for caller in (ada, ben):
        note = (await core.notes.add(caller, board, NoteCreate(title=SECRET))).result.id
        await core.notes.change(ben, board, note, NoteUpdate(title=f"{SECRET} 2"))
        await core.notes.change(ada, board, note, NoteUpdate(title=f"{SECRET} 3"))
    await core.boards.delete(ben, board)
    (one,) = await core.trash.boards(ada)
    assert (one.board.id, one.deleted_by) == (board, ben.id)
    assert one.kept_until - one.deleted_at == timedelta(days=core.settings.trash_days)
    assert traces(core)

    await core.trash.delete_board(ada, board)

    assert traces(core) == []
    assert await core.trash.boards(ada) == []
    assert rows(core, f"SELECT count(*) FROM board WHERE id = {board}") == [(0,)]
    with pytest.raises(NotFoundError):
        await core.boards.restore(ada, board)


async def test_a_board_that_is_being_deleted_for_good_cannot_be_restored_with_half_of_its_notes(core: Core):
    board = (await core.boards.add(ANYBODY, BoardCreate(name="Allotment"))).result.id
    await core.boards.delete(ANYBODY, board)

    await core.trash._give_up_board(ANYBODY, board)  # and the process dies

    with pytest.raises(NotFoundError):
        await core.boards.restore(ANYBODY, board)
    await asyncio.wait_for(core.run_chores(), 30)
    assert rows(core, f"SELECT count(*) FROM board WHERE id = {board}") == [(0,)]
