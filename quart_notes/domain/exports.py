"""Exports all notes of a board, a page at a time."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.boards import SHARED_BOARD_NAME
from quart_notes.domain.users import by_id
from quart_notes.models import Board, LogHead, Note
from quart_notes.schemas import AUTHORS, OWN_ORIGIN, ExportedNote
from quart_notes.storage.database import Database

PAGE_NOTES = 200  # notes in one read
COLUMNS = ("id", *(name for name in ExportedNote.model_fields if name != "labels"), "labels_json")


class Export(NamedTuple):
    """The start of an export: whose it is, its size, and its last note."""

    board_id: int
    board_name: str
    epoch: str
    total: int
    last_id: int


@dataclass(eq=False)
class Exports:
    """Exports of whole boards.

    Each page is a snapshot of its own: an export contains a note once, as it was when its page was read, if the note
    existed when the export began and still does. Nothing waits for an export, however slowly it is read.
    """

    _database: Database

    async def start(self, caller: Caller, board_id: int) -> Export:
        """Start an export; NotFoundError when the caller sees no such board."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            # A database that was only migrated has no board yet, and no note.
            board = await Board.get_or_none(id=board_id, using_db=connection)
            head = await LogHead.get_or_none(id=1, using_db=connection)
            present = Note.filter(board_id=board_id, deleted_at__isnull=True).using_db(connection)
            total = await present.count()
            last = await present.order_by("-id").first()
        name, epoch = board.name if board else SHARED_BOARD_NAME, head.epoch if head else ""
        return Export(board_id, name, epoch, total, last.id if last else 0)

    async def pages(self, export: Export) -> AsyncIterator[list[tuple[int, ExportedNote]]]:
        """The notes by id, PAGE_NOTES at most at once."""
        after = 0
        while after < export.last_id:
            async with self._database.snapshot() as connection:
                present = Note.filter(board_id=export.board_id, deleted_at__isnull=True).using_db(connection)
                page = present.filter(id__gt=after, id__lte=export.last_id).order_by("id").limit(PAGE_NOTES)
                rows = await page.values(*COLUMNS)
                users = await by_id(connection, {row[name] for row in rows for name in AUTHORS})
            if not rows:
                return
            after = rows[-1]["id"]
            nicknames = {user_id: user.nickname for user_id, user in users.items()}
            yield [_exported(row, nicknames, export.epoch) for row in rows]


def _exported(row: dict[str, Any], nicknames: Mapping[int, str], epoch: str) -> tuple[int, ExportedNote]:
    """A note's id, and the note with the nicknames of its users: ids mean nothing elsewhere."""
    origin = row["origin"] or ""
    if not OWN_ORIGIN.fullmatch(origin):  # some were imported from a field of that name in a foreign file
        origin = f"{epoch}/{row['id']}"
    labels = json.loads(row.pop("labels_json") or "[]")
    named = {name: nicknames.get(row[name]) for name in AUTHORS}
    return row["id"], ExportedNote.model_construct(**{**row, **named, "origin": origin, "labels": labels})
