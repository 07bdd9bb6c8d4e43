"""A board's notes on their way out, all of them, a page at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from quart_notes.domain.access import Caller, must_have
from quart_notes.domain.boards import SHARED_BOARD_NAME
from quart_notes.models import Board, LogHead, Note
from quart_notes.schemas import OWN_ORIGIN, NoteOut
from quart_notes.storage.database import Database

PAGE = 200  # notes read at once
COLUMNS = (*NoteOut.model_fields, "origin")


class Exported(NamedTuple):
    """A note, and the name by which it is known when it comes in again, here or elsewhere."""

    note: NoteOut
    origin: str


class Export(NamedTuple):
    """What there is to export: whose it is, how much, and up to which note."""

    board_id: int
    board_name: str
    epoch: str
    total: int
    last_id: int


@dataclass(eq=False)
class Exports:
    """Whole boards.

    Each page is a moment of its own: a note is in an export once, as it was when its page was read, if it was there
    when the export began and still is then. Nothing has to wait for it, however long somebody takes to read it.
    """

    _database: Database

    async def begin(self, caller: Caller, board_id: int) -> Export:
        """What there is; NotFoundError when for this caller there is no such board."""
        async with self._database.snapshot() as connection:
            await must_have(connection, caller, board_id, "viewer")
            # Neither is there in a database that was only ever migrated; nor is any note.
            board = await Board.get_or_none(id=board_id, using_db=connection)
            head = await LogHead.get_or_none(id=1, using_db=connection)
            present = Note.filter(board_id=board_id, deleted_at__isnull=True).using_db(connection)
            total = await present.count()
            last = await present.order_by("-id").first()
        name, epoch = board.name if board else SHARED_BOARD_NAME, head.epoch if head else ""
        return Export(board_id, name, epoch, total, last.id if last else 0)

    async def pages(self, export: Export) -> AsyncIterator[list[Exported]]:
        """The notes by id, PAGE at most at once."""
        after = 0
        while after < export.last_id:
            async with self._database.snapshot() as connection:
                present = Note.filter(board_id=export.board_id, deleted_at__isnull=True).using_db(connection)
                page = present.filter(id__gt=after, id__lte=export.last_id).order_by("id").limit(PAGE)
                rows = await page.values(*COLUMNS)
            if not rows:
                return
            after = rows[-1]["id"]
            yield [_exported(row, export.epoch) for row in rows]


def _exported(row: dict[str, Any], epoch: str) -> Exported:
    origin = row.pop("origin") or ""
    if not OWN_ORIGIN.fullmatch(origin):  # some came in from a field of that name in somebody's own file
        origin = f"{epoch}/{row['id']}"
    return Exported(NoteOut.model_construct(**row), origin)
