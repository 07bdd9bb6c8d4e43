"""Moves of notes: to another place on their board, and to another board."""

from typing import Literal, NamedTuple, get_args

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role, role_on
from quart_notes.domain.history.groups import MOVED
from quart_notes.domain.history.revisions import move_revisions
from quart_notes.domain.labels.note_labels import relabel, require_labels
from quart_notes.domain.notes import note_out, record_note, require_note, save_note
from quart_notes.domain.notifications.recording import record_inboxes_with
from quart_notes.domain.rooms.note_threads import move_thread
from quart_notes.domain.service import Service, transactional
from quart_notes.errors import ValidationFailedError
from quart_notes.live.writer import Change
from quart_notes.models import Note
from quart_notes.models.notes import RANK_SQL
from quart_notes.schemas import NoteMove, NoteOut
from quart_notes.schemas.ranks import BASE_LENGTH, BEYOND, RANK_MAX, base_of, rank_between, spread

Direction = Literal["up", "down", "first", "last"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
REBALANCED = 8  # notes on each side whose ranks a first try to shorten them changes
SHORTER = (BASE_LENGTH + RANK_MAX) // 2  # characters of a rank that need not be shortened

# Our own SQL, each part of which reads one row of an index: `?1` is the board, `?2` the note that moves, `?3` a rank.
OPEN = (
    "board_id = ?1 AND id <> ?2 AND deleted_at IS NULL AND archived_at IS NULL AND done_at IS NULL"
    " AND pinned = {pinned}"
)
# A done, archived or deleted note may come back: if it has been moved, its rank is not given again.
HAS_RANK = "board_id = ?1 AND id <> ?2 AND moved_rank IS NOT NULL"
PLACE = f"SELECT count(CASE WHEN {RANK_SQL} < ?3 THEN 1 END) AS before, count(*) AS others FROM note WHERE {OPEN}"  # noqa: S608


def _in_order(columns: str, where: str, toward: Literal["<", ">"], limit: str = "") -> str:
    order = "ASC" if toward == ">" else "DESC"
    return f"SELECT {columns} FROM note WHERE {where}{limit} ORDER BY {{rank}} {order} LIMIT 1"  # noqa: S608


def _nearest(toward: Literal["<", ">"], *, beyond: bool) -> str:
    """A query for the nearest rank in a direction, from a rank or from the end, that a new rank must differ from."""
    parts = []
    for rank, where in [(RANK_SQL, OPEN.format(pinned=pinned)) for pinned in ("TRUE", "FALSE")] + [
        ("moved_rank", HAS_RANK)
    ]:
        limit = f" AND {rank} {toward} ?3" if beyond else ""
        one = _in_order(f"{rank} AS rank", where, toward, limit).format(rank=rank)
        parts.append(f"SELECT rank FROM ({one}) AS one")  # noqa: S608
    return f"SELECT {'min' if toward == '>' else 'max'}(rank) AS rank FROM ({' UNION ALL '.join(parts)}) AS nearest"  # noqa: S608


FIRST, LAST = _nearest(">", beyond=False), _nearest("<", beyond=False)
NEXT, PREVIOUS = _nearest(">", beyond=True), _nearest("<", beyond=True)


class Place(NamedTuple):
    """The place of an open note among the pinned ones of its board, or among the others.

    before, after   ids of its neighbours
    number, total   1 is the first of so many
    """

    before: int | None
    after: int | None
    number: int
    total: int


class NoteMoves(Service):
    """The order of the notes of all boards.

    1. Of the open and the moved notes of a board no two have the same rank.
    2. No rank is longer than RANK_MAX.
    3. A move changes nothing that a note says. On its board only the version grows; on the way to another board the
       note was changed too, for its history.
    """

    @transactional
    async def move(self, change: Change, caller: Caller, board_id: int, note_id: int, to: NoteMove) -> NoteOut:
        """Move a note beside a neighbour, or to another board; without a difference no event is sent.

        A neighbour that is deleted is left out: without another one the note comes to stand last.

        raises   NotFoundError and ForbiddenError as `Notes` does, for either board; ValidationFailedError for a
                 neighbour that is on another board, or the note itself
        """
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        for field in ("after_id", "before_id"):
            if getattr(to, field) == note_id:
                raise ValidationFailedError.of_field(field, "A note is no neighbour of itself.")
        target = to.board_id or board_id
        if target != board_id:
            await require_role(change.connection, caller, target, "editor")
        return await put(change, caller, note, target, to)

    @transactional
    async def step(self, change: Change, caller: Caller, board_id: int, note_id: int, direction: Direction) -> NoteOut:
        """Move a note by one place among the pinned ones, or among the others, or to their first or last place."""
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        toward: Literal["<", ">"] = ">" if direction in {"down", "last"} else "<"
        if direction in {"up", "down"}:
            neighbour = await _beside(change.connection, note, toward)
        else:
            neighbour = await _end(change.connection, note, toward)
        if neighbour is None or not _is_ordered(note):
            return note_out(note)
        to = NoteMove(after_id=neighbour) if toward == ">" else NoteMove(before_id=neighbour, after_id=None)
        return await put(change, caller, note, board_id, to)

    async def place(self, caller: Caller, board_id: int, note_id: int) -> Place | None:
        """Where a note stands; None for a done or archived one."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            note = await require_note(connection, board_id, note_id)
            if not _is_ordered(note):
                return None
            before, after = await _beside(connection, note, "<"), await _beside(connection, note, ">")
            values = [board_id, note.id, note.rank]
            _, rows = await connection.execute_query(PLACE.format(pinned="TRUE" if note.pinned else "FALSE"), values)
        return Place(before, after, rows[0]["before"] + 1, rows[0]["others"] + 1)

    async def board_of(self, caller: Caller, note_id: int) -> int | None:
        """The board that a note is on by now; None when there is no such note, or not for the caller."""
        async with self._database.snapshot() as connection:
            note = await Note.get_or_none(id=note_id, deleted_at__isnull=True, using_db=connection)
            if note is None or await role_on(connection, caller, note.board_id) is None:
                return None
            board_id: int = note.board_id
        return board_id


async def put(change: Change, caller: Caller, note: Note, board_id: int, to: NoteMove) -> NoteOut:
    """Put a note into its place on a board, and record it; the caller's roles have been checked."""
    low, high = await _gap(change.connection, caller, note, board_id, to)
    moves_away = board_id != note.board_id
    if not moves_away and (low is None or low < note.rank) and (high is None or note.rank < high):
        return note_out(note)
    rank = None if low is None and high is None else rank_between(low, high)
    if rank is not None and len(rank) > RANK_MAX:
        rank = await _rebalance(change, note, board_id, rank)
    if not moves_away:
        return await _save(change, note, rank)
    # First, so that the log keeps no text of it for those who read the former board alone.
    record_note(change, "delete", note_out(note))
    note.board_id, note.moved_rank = board_id, rank
    if note.labels:
        await relabel(change, note, await require_labels(change, board_id, note.labels))
    moved = await save_note(change, "create", note, "board_id", "moved_rank", changed=[MOVED])
    await move_revisions(change.connection, note.id, board_id)
    await move_thread(change, note)
    await record_inboxes_with(change, note_id=note.id)
    return moved


async def _gap(
    connection: BaseDBAsyncClient, caller: Caller, note: Note, board_id: int, to: NoteMove
) -> tuple[str | None, str | None]:
    """The ranks on both sides of the place that a move names; None where there is no note."""

    async def nearest(query: str, *rank: str) -> str | None:
        _, rows = await connection.execute_query(query, [board_id, note.id, *rank])
        found: str | None = rows[0]["rank"]
        return found

    after = await _neighbour(connection, caller, board_id, to, "after_id")
    if after is not None:
        return after, await nearest(NEXT, after)
    before = await _neighbour(connection, caller, board_id, to, "before_id")
    if before is not None:
        return await nearest(PREVIOUS, before), before
    if to.after_id or to.before_id:
        return await nearest(LAST), None
    return None, await nearest(FIRST)


async def _neighbour(
    connection: BaseDBAsyncClient, caller: Caller, board_id: int, to: NoteMove, field: Literal["after_id", "before_id"]
) -> str | None:
    """The rank of a named neighbour; None when none is named, and when it is gone."""
    neighbour_id: int | None = getattr(to, field)
    if neighbour_id is None:
        return None
    found = await Note.get_or_none(id=neighbour_id, deleted_at__isnull=True, using_db=connection)
    if found is None or (found.board_id != board_id and await role_on(connection, caller, found.board_id) is None):
        return None
    if found.board_id != board_id:
        raise ValidationFailedError.of_field(field, f"Note {neighbour_id} is on another board.")
    return found.rank


async def _save(change: Change, note: Note, rank: str | None) -> NoteOut:
    note.moved_rank = rank
    note.version += 1
    await note.save(using_db=change.connection, update_fields=["moved_rank", "version"])
    return record_note(change, "update", note_out(note))


async def _rebalance(change: Change, note: Note, board_id: int, rank: str) -> str:
    """Give the moved notes around a rank that is too long shorter ones, in the same order; returns the note's.

    As few as make them much shorter than they may be, so that this is rare.
    """
    base = base_of(rank)
    rows = Note.filter(board_id=board_id, moved_rank__gt=base, moved_rank__lt=base + BEYOND).exclude(id=note.id)
    moved = await rows.using_db(change.connection).order_by("moved_rank").values_list("id", "moved_rank")
    ids = [row[0] for row in moved]
    ranks = [row[1] for row in moved]
    index = sum(one < rank for one in ranks)
    ids.insert(index, note.id)
    ranks.insert(index, rank)
    size, shorter = REBALANCED, [rank]
    first, end = index, index + 1
    while len(max(shorter, key=len)) > SHORTER and (first > 0 or end < len(ranks)):
        first, end = max(index - size, 0), index + size + 1
        shorter = spread(
            ranks[first - 1] if first else base, ranks[end] if end < len(ranks) else None, len(ranks[first:end])
        )
        size *= 2
    for note_id, new in zip(ids[first : first + len(shorter)], shorter, strict=True):
        if note_id == note.id:
            rank = new
            continue
        other = await Note.get(id=note_id, using_db=change.connection)
        if other.deleted_at is None:
            await _save(change, other, new)
        else:
            await Note.filter(id=note_id).using_db(change.connection).update(moved_rank=new)
    return rank


def _is_ordered(note: Note) -> bool:
    return note.done_at is None and note.archived_at is None


async def _beside(connection: BaseDBAsyncClient, note: Note, toward: Literal["<", ">"]) -> int | None:
    """The id of the next or previous note in its part of the page."""
    return await _one(connection, note, toward, f" AND {RANK_SQL} {toward} ?3", note.rank)


async def _end(connection: BaseDBAsyncClient, note: Note, toward: Literal["<", ">"]) -> int | None:
    """The id of the first or last of the others in its part of the page."""
    return await _one(connection, note, "<" if toward == ">" else ">")


async def _one(
    connection: BaseDBAsyncClient, note: Note, toward: Literal["<", ">"], limit: str = "", *rank: str
) -> int | None:
    query = _in_order("id", OPEN.format(pinned="TRUE" if note.pinned else "FALSE"), toward, limit)
    _, rows = await connection.execute_query(query.format(rank=RANK_SQL), [note.board_id, note.id, *rank])
    return rows[0]["id"] if rows else None
