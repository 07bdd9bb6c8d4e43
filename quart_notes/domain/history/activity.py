"""The activity of a board: who did what with its notes, newest first."""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.history.groups import CREATED, MOVED, RESTORED, REVERTED, changes_in
from quart_notes.domain.history.trash import before
from quart_notes.domain.service import Listed, Service
from quart_notes.models import Note, NoteRevision
from quart_notes.schemas import TITLE_MAX, ActivityOut, Moment, TimeQuery

# What a group of changes is called, the first of these that it has; else `edited`.
KINDS = (
    CREATED,
    RESTORED,
    REVERTED,
    MOVED,
    "done",
    "undone",
    "tasks",
    "archived",
    "unarchived",
    "pinned",
    "unpinned",
    "colour",
    "labels",
)
SINCE_MAX = 1000  # notes that are counted
TEXT = ("title", "description", "version")
# Where entries come from: the table, its columns of time, user and note, and whether they are deletions.
SOURCES: Sequence[tuple[Any, str, str, str, bool]] = (
    (Note, "updated_at", "updated_by", "id", False),
    (Note, "deleted_at", "deleted_by", "id", True),
    (NoteRevision, "changed_at", "changed_by", "note_id", False),
    (NoteRevision, "deleted_at", "deleted_by", "note_id", True),
)


class Since(NamedTuple):
    """How many notes of a board others have added, ticked off, or changed otherwise since a time."""

    new: int
    done: int
    changed: int


class Activity(Service):
    """What happened on the boards."""

    async def find(self, caller: Caller, board_id: int, query: TimeQuery) -> Listed[ActivityOut]:
        """What users did with the notes of a board, newest first, `query.limit` at most.

        raises   NotFoundError when the caller sees no such board
        """
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            parts = [await _entries(connection, board_id, query, *source) for source in SOURCES]
            found = [*merge(*parts, key=_place, reverse=True)]
            shown = found[: query.limit]
            ids = {entry["note_id"] for entry in shown}
            deleted_notes = Note.filter(id__in=ids, deleted_at__isnull=False).using_db(connection)
            deleted: set[Any] = set(await deleted_notes.values_list("id", flat=True)) if ids else set()
        entries = [ActivityOut(**entry, deleted=entry["note_id"] in deleted) for entry in shown]
        return Listed(entries, position, len(found) > query.limit)

    async def since(self, caller: Caller, board_id: int, after: datetime) -> Since:
        """What others have done with the notes of a board after a time; of many notes with the last SINCE_MAX."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            changed = Note.filter(board_id=board_id, deleted_at__isnull=True, updated_at__gt=after).using_db(connection)
            newest = changed.order_by("-updated_at").limit(SINCE_MAX)
            rows = await newest.values("updated_by", "created_at", "done_at")
        others = [row for row in rows if row["updated_by"] is None or row["updated_by"] != caller.id]
        new = sum(row["created_at"] > after for row in others)
        old = [row for row in others if row["created_at"] <= after]
        done = sum(row["done_at"] is not None and row["done_at"] > after for row in old)
        return Since(new, done, len(old) - done)


async def _entries(
    connection: BaseDBAsyncClient, board_id: int, query: TimeQuery, *source: Any
) -> list[dict[str, Any]]:
    model, time, user, number, deletion = source
    rows = model.filter(board_id=board_id).using_db(connection)
    if deletion:
        rows = rows.filter(**{f"{time}__isnull": False})
    if query.before is not None:
        rows = rows.filter(before(time, number, query.before))
    columns = {*TEXT, "changes", time, user, number}
    found = await rows.order_by(f"-{time}", f"-{number}").limit(query.limit + 1).values(*columns)
    return [
        {
            "kind": "deleted" if deletion else kind_of(changes_in(row["changes"])),
            "changes": ["deleted"] if deletion else changes_in(row["changes"]),
            "by": row[user],
            "at": row[time],
            "note_id": row[number],
            "title": row["title"] or " ".join((row["description"] or "")[:TITLE_MAX].split()),
            "version": row["version"],
        }
        for row in found
    ]


def kind_of(changes: Sequence[str]) -> str:
    """What a group of changes is called."""
    return next((kind for kind in KINDS if kind in changes), "edited")


def _place(entry: dict[str, Any]) -> Moment:
    return Moment(entry["at"], entry["note_id"])
