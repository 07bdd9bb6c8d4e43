"""Deleted notes and boards: what can be restored, and deleting it for good."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.notes import note_out
from quart_notes.domain.rooms.deletion import delete_rooms
from quart_notes.domain.rooms.note_threads import give_up_threads
from quart_notes.domain.search.blocks import forget_blocks
from quart_notes.domain.service import PURGED, Listed, Service, delete_chunk, transactional
from quart_notes.errors import NotFoundError
from quart_notes.live import events
from quart_notes.live.event_log import remove_text
from quart_notes.live.events import NoteEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Board, Membership, Note, NoteRevision
from quart_notes.schemas import BoardOut, Moment, NoteOut, TimeQuery, TrashedBoardOut, TrashedNoteOut
from quart_notes.schemas.deleted_text import TEXT

PURGE_CHUNK = 100  # notes deleted for good in one transaction
FOR_GOOD = PURGED + timedelta(days=1)  # what was deleted before cannot be restored


@dataclass(eq=False)
class Trash(Service):
    """All deleted notes and boards.

    The methods for notes raise NotFoundError or ForbiddenError as those of `Notes` do.
    """

    days: int  # that they are kept

    async def notes(self, caller: Caller, board_id: int, query: TimeQuery) -> Listed[TrashedNoteOut]:
        """The deleted notes of a board, last deleted first, `query.limit` at most."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            deleted = Note.filter(board_id=board_id, deleted_at__isnull=False).using_db(connection)
            if query.before is not None:
                deleted = deleted.filter(before("deleted_at", "id", query.before))
            rows = await deleted.order_by("-deleted_at", "-id").limit(query.limit + 1)
        notes = [TrashedNoteOut(note=note_out(row), **self._deletion(row)) for row in rows[: query.limit]]
        return Listed(notes, position, len(rows) > query.limit)

    def _deletion(self, row: Note | Board) -> dict[str, Any]:
        kept_until = row.deleted_at and row.deleted_at + timedelta(days=self.days)
        return {"deleted_at": row.deleted_at, "deleted_by": row.deleted_by, "kept_until": kept_until}

    async def delete(self, caller: Caller, board_id: int, note_id: int) -> Committed[NoteOut]:
        """Delete a deleted note for good, with its history and its thread; returns it as it was.

        Its event contains no text.
        """
        purged = await self._purge_note(caller, board_id, note_id)
        await self._delete_threads()
        return purged

    @transactional
    async def _purge_note(self, change: Change, caller: Caller, board_id: int, note_id: int) -> NoteOut:
        await require_role(change.connection, caller, board_id, "owner")
        deleted = Note.filter(id=note_id, board_id=board_id, deleted_at__isnull=False).using_db(change.connection)
        note = await deleted.get_or_none()
        if note is None:
            raise NotFoundError(f"There is no deleted note {note_id}")
        await _purge(change, [note])
        return note_out(note)

    async def empty(self, caller: Caller, board_id: int) -> Committed[int]:
        """Delete all notes for good that are in the bin of a board now, in chunks; returns how many."""
        began = datetime.now(UTC)
        count = 0
        while True:
            purged = await self._purge_chunk(caller, board_id, began)
            count += purged.result
            if purged.result < PURGE_CHUNK:
                await self._delete_threads()
                return Committed(count, purged.position)

    @transactional
    async def _purge_chunk(self, change: Change, caller: Caller, board_id: int, began: datetime) -> int:
        await require_role(change.connection, caller, board_id, "owner")
        deleted = Note.filter(board_id=board_id, deleted_at__lte=began).using_db(change.connection)
        return await _purge(change, await deleted.order_by("deleted_at").limit(PURGE_CHUNK))

    @transactional
    async def delete_old(self, change: Change) -> bool:
        """Delete a chunk of the notes deleted too long ago, or of their history; returns whether there may be more."""
        return await _purge_silently(change, Note.filter(deleted_at__lt=self._limit()))

    async def boards(self, caller: Caller) -> list[TrashedBoardOut]:
        """The deleted boards that a caller can restore, last deleted first."""
        async with self._database.snapshot() as connection:
            rows = await _restorable(connection, caller).order_by("-deleted_at", "-id")
        return [TrashedBoardOut(board=BoardOut.model_validate(row), **self._deletion(row)) for row in rows]

    async def delete_board(self, caller: Caller, board_id: int) -> Committed[BoardOut]:
        """Delete a deleted board for good, with all that was on it; NotFoundError when the caller cannot restore it."""
        purged = await self._give_up_board(caller, board_id)
        while (await self.delete_old_boards()).result:
            pass
        await self._delete_threads()
        return purged

    async def _delete_threads(self) -> None:
        """Delete the threads whose notes are deleted for good, in chunks."""
        while (await self._delete_thread_chunk()).result:
            pass

    @transactional
    async def _delete_thread_chunk(self, change: Change) -> bool:
        return await delete_rooms(change, FOR_GOOD)

    @transactional
    async def _give_up_board(self, change: Change, caller: Caller, board_id: int) -> BoardOut:
        """Make a board's deletion final, so that it is never restored with a part of its notes."""
        board = await restorable_board(change.connection, caller, board_id)
        out = BoardOut.model_validate(board)
        board.deleted_at = PURGED
        await board.save(using_db=change.connection, update_fields=["deleted_at"])
        return out

    @transactional
    async def delete_old_boards(self, change: Change) -> bool:
        """Delete a chunk of the content of boards deleted too long ago; returns whether there may be more."""
        deleted = Board.filter(deleted_at__lt=self._limit()).using_db(change.connection)
        board = await deleted.order_by("id").first()
        if board is not None and not await _purge_silently(change, Note.filter(board_id=board.id)):
            await board.delete(using_db=change.connection)
        return board is not None

    def _limit(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.days)


async def restorable_board(connection: BaseDBAsyncClient, caller: Caller, board_id: int) -> Board:
    """A deleted board of the caller's; NotFoundError when it was not deleted, is not theirs, or is deleted for good."""
    board = await _restorable(connection, caller).get_or_none(id=board_id)
    if board is None:
        raise NotFoundError(f"There is no deleted board {board_id}")
    return board


def _restorable(connection: BaseDBAsyncClient, caller: Caller) -> QuerySet[Board]:
    """The deleted boards that a caller owns; in open mode everybody owns all of them."""
    deleted = Board.filter(deleted_at__gt=PURGED).using_db(connection)
    if caller.trusted:
        return deleted
    owned = Membership.filter(user_id=caller.id or 0, role="owner").values("board_id")
    return deleted.filter(id__in=Subquery(owned))


def before(time: str, number: str, moment: Moment) -> Q:
    """What comes after a place in a list by time and id descending; `time` and `number` are its columns."""
    until: dict[str, Any] = {f"{time}__lte": moment.at}  # what an index can answer
    earlier: dict[str, Any] = {f"{time}__lt": moment.at, f"{number}__lt": moment.id}
    return Q(**until) & Q(**earlier, join_type="OR")


async def _purge(change: Change, notes: list[Note]) -> int:
    """Delete deleted notes for good, and tell everybody who sees them; returns how many."""
    await _delete_rows(change, [note.id for note in notes], [note.id for note in notes])
    for note in notes:
        blank = note_out(note).model_copy(update=TEXT["note"])
        change.record(NoteEvent(topic=events.board(note.board_id), action="delete", note=blank))
    return len(notes)


async def _purge_silently(change: Change, notes: QuerySet[Note]) -> bool:
    """Delete a chunk of notes that nobody sees for good; returns whether there may be more."""
    chunk = notes.using_db(change.connection).limit(PURGE_CHUNK)
    rows: Any = await chunk.values_list("id", "deleted_at")
    ids = [number for number, _ in rows]
    if ids and await delete_chunk(change, NoteRevision.filter(note_id__in=ids)):
        return True
    # A note that is deleted has no text in the log any more.
    await _delete_rows(change, ids, [number for number, deleted_at in rows if deleted_at is None])
    return len(ids) == PURGE_CHUNK


async def _delete_rows(change: Change, ids: list[int], logged: list[int]) -> None:
    """Delete notes with their revisions, and the text of those that are `logged` from the log.

    Their threads are given up, so that they can be deleted.
    """
    if logged:
        await remove_text(change.connection, [f"note:{number}" for number in logged])
    if ids:
        await give_up_threads(change, ids)
        await NoteRevision.filter(note_id__in=ids).using_db(change.connection).delete()
        await Note.filter(id__in=ids).using_db(change.connection).delete()
        await forget_blocks(change, "note", ids)
