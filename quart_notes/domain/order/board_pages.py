"""The order of a board's page: pinned notes, then open ones, both by rank or as the viewer sorts, then done ones."""

from typing import NamedTuple

from tortoise.expressions import RawSQL
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.notes import ON_BOARD, matching_notes
from quart_notes.domain.order.note_rows import COLUMNS, notes_out
from quart_notes.domain.service import Service
from quart_notes.models import Note
from quart_notes.models.notes import RANK_SQL
from quart_notes.schemas import BoardSort, NoteFilter, NoteOut, Role
from quart_notes.schemas.event_ids import EventId

ORDERS: dict[BoardSort, tuple[str, ...]] = {
    "board": ("place",),
    "changed": ("-updated_at", "-id"),
    "created": ("-created_at", "-id"),
    "title": ("search_text", "-id"),
}


class BoardPage(NamedTuple):
    """One page of a board."""

    notes: list[NoteOut]
    total: int  # notes that match
    open_count: int  # of all that the filter allows
    done_count: int
    role: Role  # of the caller
    position: EventId


class BoardPages(Service):
    """The pages of all boards."""

    async def read(
        self,
        caller: Caller,
        board_id: int,
        q: str | None,
        page: int,
        size: int,
        *,
        chosen: NoteFilter = ON_BOARD,
        sort: BoardSort = "board",
    ) -> BoardPage:
        """The `page`-th page (from 1) of `size` notes that match `q` and the filter.

        raises   NotFoundError when the caller may not see the board
        """
        async with self._snapshot() as (connection, position):
            role = await require_role(connection, caller, board_id, "viewer")
            matching = matching_notes(connection, board_id, q, chosen)
            open_, done = open_notes(matching, sort), done_notes(matching)
            open_found, done_found = await open_.count(), await done.count()
            skipped = (page - 1) * size
            rows = await open_.offset(skipped).limit(size).values(*COLUMNS)
            if len(rows) < size:
                rest = done.offset(max(skipped - open_found, 0)).limit(size - len(rows))
                rows += await rest.values(*COLUMNS)
            open_count, done_count = open_found, done_found
            if q:
                everything = matching_notes(connection, board_id, None, chosen)
                open_count, done_count = await open_notes(everything).count(), await done_notes(everything).count()
        return BoardPage(notes_out(rows), open_found + done_found, open_count, done_count, role, position)


def open_notes(notes: QuerySet[Note], sort: BoardSort = "board") -> QuerySet[Note]:
    """The open ones of some notes, in order."""
    open_ = notes.filter(done_at__isnull=True)  # by what the indexes name
    return open_.annotate(place=RawSQL(RANK_SQL)).order_by("-pinned", *ORDERS[sort])


def done_notes(notes: QuerySet[Note]) -> QuerySet[Note]:
    """The done ones of some notes, in order."""
    return notes.filter(done_at__isnull=False).order_by("-done_at", "-id")
