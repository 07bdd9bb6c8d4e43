"""Groups of changes: what a user changes in a note within two minutes is one entry of its history.

The newest group is in the note's row. When another one begins, the state that it replaces becomes a revision: one more
row, and none for a new note or for a change that joins a group.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from quart_notes.live.writer import Change
from quart_notes.models import Note
from quart_notes.schemas import NOTE_FLAGS
from quart_notes.storage.database import execute_briefly

GROUP_LENGTH = timedelta(minutes=2)  # from its beginning, so that editing for an hour is not one change
REVISIONS_MAX = 200  # of one note
GROUP_COLUMNS = ("changes", "changes_since")  # of the note
CREATED, RESTORED, REVERTED, MOVED = "created", "restored", "reverted", "moved"  # moved: from another board
NEVER_JOINING = {RESTORED, REVERTED}  # what they replace must be found again: to undo them, and for the activity
COPY = (
    "INSERT INTO note_revision (note_id, board_id, version, title, description, changes, changed_at, changed_by,"
    " deleted_at, deleted_by, replaced_at)"
    " SELECT id, board_id, version, title, description, changes, updated_at, updated_by, deleted_at, deleted_by, ?2"
    " FROM note WHERE id = ?1"
)
DELETE_OLDEST = (
    "DELETE FROM note_revision WHERE note_id = ?1 AND version <= (SELECT version FROM note_revision"
    " WHERE note_id = ?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)"
)


async def begin_or_join_group(change: Change, note: Note, now: datetime, changed: Sequence[str]) -> None:
    """Note a change in the history, before it is saved; `changes` and `changes_since` of the note are to be saved too.

    note      with the `version`, `updated_by` and `deleted_at` … that are stored; its text may be changed already
    changed   the names of what is changed (`names_of`)
    """
    began = note.changes_since or note.created_at
    in_time = timedelta(0) <= now - began < GROUP_LENGTH
    if in_time and note.updated_by == change.by and NEVER_JOINING.isdisjoint(changed):
        note.changes = _text([*changes_in(note.changes), *changed])
        return
    await execute_briefly(change.connection, COPY, note.id, now)
    if note.version > REVISIONS_MAX:  # it cannot have more revisions than versions
        await change.connection.execute_query(DELETE_OLDEST, [note.id, REVISIONS_MAX])
    note.changes, note.changes_since = _text(changed), now


def names_of(note: Note, fields: Iterable[str]) -> list[str]:
    """What a change of these fields is called: a flag that is taken back has `un` in front, `undone`."""
    return [name if name not in NOTE_FLAGS or getattr(note, name) else f"un{name}" for name in sorted(fields)]


def changes_in(stored: str | None) -> list[str]:
    """The names in the column `changes`; without one the note was created."""
    return [CREATED] if stored is None else stored.split(",")


def _text(changed: Sequence[str]) -> str:
    """The names, each once, the last of `done` and `undone` only."""
    kept: list[str] = []
    for name in changed:
        opposite = name.removeprefix("un") if name.startswith("un") else f"un{name}"
        kept = [other for other in kept if other not in {name, opposite}] + [name]
    return ",".join(kept)
