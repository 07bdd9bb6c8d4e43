"""Changes of several notes of a board at once."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, require_role, role_on
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.labels.note_labels import assign_labels, labels_json, require_labels
from quart_notes.domain.notes import delete_note, note_out, restore_note, save_fields
from quart_notes.domain.order.note_moves import put
from quart_notes.domain.service import Service
from quart_notes.errors import FieldError, NotFoundError, ValidationFailedError
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Note
from quart_notes.schemas import LABELS_MAX, BulkChange, BulkUpdate, NoteMove, NoteOut, Role, label_key, unique_names


class ChangedNotes(NamedTuple):
    """The notes of a change, in the order of its ids; `id` is that of their board."""

    id: int
    notes: list[NoteOut]


class BulkChanges(Service):
    """Changes of several notes at once.

    1. All notes are changed, or none: they share a transaction, and what refuses one is found before any row changes.
    2. A note that differs from what is wanted gets what a change of it alone gives: a new version, its history, and an
       event (two on its way to another board). The others get nothing, so that a repeated change changes nothing.
    """

    async def change(self, caller: Caller, board_id: int, data: BulkUpdate) -> Committed[ChangedNotes]:
        """Change notes of a board; AlreadyMade, with the notes as they are now, when its client key has done so before.

        raises   NotFoundError when the caller does not see the boards, or a note is not there; ForbiddenError when they
                 may not do this; ValidationFailedError when a note would have too many labels, or be its own neighbour
        """
        wanted = data.change
        needed: Role = "ticker" if wanted.model_fields_set == {"done"} else "editor"

        async def work(change: Change) -> ChangedNotes:
            await require_role(change.connection, caller, board_id, needed)
            if wanted.board_id:
                await require_role(change.connection, caller, wanted.board_id, "editor")
            notes = await _require_notes(change.connection, board_id, data)
            return ChangedNotes(board_id, await _apply(change, caller, notes, wanted))

        async def made(connection: BaseDBAsyncClient, _: int) -> ChangedNotes:
            await require_role(connection, caller, board_id, needed)
            return ChangedNotes(board_id, await _visible(connection, caller, data.ids))

        request = request_of("bulk", caller.id, data, data.client_key, board_id)
        if request is not None:  # a field that is sent as false is a change
            sent = data.model_dump_json(exclude={"client_key"}, exclude_unset=True)
            request = request._replace(digest=sha256(sent.encode()).hexdigest())
        return await make_once(self._write, request, work, made, caller.id)

    async def put_away(self, caller: Caller, board_id: int, ids: Sequence[int], *, deleted: bool) -> list[int]:
        """Those of the notes that are in the bin, or else in the archive."""
        where = {"deleted_at__isnull": False} if deleted else {"deleted_at": None, "archived_at__isnull": False}
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            found = Note.filter(id__in=list(ids), board_id=board_id, **where).using_db(connection)
            return [row["id"] for row in await found.order_by("id").values("id")]


async def _require_notes(connection: BaseDBAsyncClient, board_id: int, data: BulkUpdate) -> list[Note]:
    """The notes of a change, in the order of its ids; those that have moved to its board already are there too."""
    wanted = data.change
    boards = {board_id, wanted.board_id or board_id}
    found = Note.filter(id__in=data.ids, board_id__in=boards)
    if "deleted" not in wanted.model_fields_set:
        found = found.filter(deleted_at__isnull=True)
    notes = {note.id: note for note in await found.using_db(connection)}
    missing = [
        FieldError(f"ids.{index}", f"Note {note_id} not found")
        for index, note_id in enumerate(data.ids)
        if note_id not in notes
    ]
    if missing:
        raise NotFoundError(missing[0].message, errors=missing)
    return [notes[note_id] for note_id in data.ids]


async def _visible(connection: BaseDBAsyncClient, caller: Caller, ids: Sequence[int]) -> list[NoteOut]:
    """Those of the notes that the caller may see, as they are now."""
    notes = {note.id: note for note in await Note.filter(id__in=ids).using_db(connection)}
    boards = {note.board_id for note in notes.values()}
    visible = {board_id for board_id in boards if await role_on(connection, caller, board_id) is not None}
    found = [notes[note_id] for note_id in ids if note_id in notes]
    return [note_out(note) for note in found if note.board_id in visible]


async def _apply(change: Change, caller: Caller, notes: list[Note], wanted: BulkChange) -> list[NoteOut]:
    """Change the notes; returns them as they are then, in the same order."""
    if "deleted" in wanted.model_fields_set:
        act = delete_note if wanted.deleted else restore_note
        differ = [note for note in notes if (note.deleted_at is None) == wanted.deleted]
        changed = [await act(change, note) for note in differ]
    elif wanted.board_id:
        changed = await _move(change, caller, notes, wanted)
    else:
        changed = await _set_fields(change, notes, wanted)
    by_id = {note.id: note for note in changed}
    return [by_id.get(note.id) or note_out(note) for note in notes]


async def _move(change: Change, caller: Caller, notes: Sequence[Note], wanted: BulkChange) -> list[NoteOut]:
    """Move notes to a place on a board, where they stand in the order that they had."""
    to = NoteMove(**{name: getattr(wanted, name) or None for name in NoteMove.model_fields})
    ids = {note.id for note in notes}
    for field, neighbour in (("change.after_id", to.after_id), ("change.before_id", to.before_id)):
        if neighbour in ids:
            raise ValidationFailedError.of_field(field, f"Note {neighbour} is no neighbour of itself.")
    moving = notes if wanted.before_id or wanted.after_id else [one for one in notes if one.board_id != wanted.board_id]
    moved = []
    for note in sorted(moving, key=lambda note: note.rank.encode()):
        moved.append(await put(change, caller, note, wanted.board_id, to))
        to = NoteMove(after_id=note.id)
    return moved


async def _set_fields(change: Change, notes: Sequence[Note], wanted: BulkChange) -> list[NoteOut]:
    """Change fields of notes."""
    names = {note.id: _labels_after(note, wanted) for note in notes}
    full = [note for note in notes if len(names[note.id]) > max(LABELS_MAX, len(note.labels))]
    if full:
        message = "Note {} would have {} labels; {} are possible."
        texts = [message.format(note.id, len(names[note.id]), LABELS_MAX) for note in full]
        current = note_out(full[0]).model_dump(mode="json")
        errors = [FieldError("change.labels_add", text) for text in texts]
        raise ValidationFailedError(texts[0], errors=errors, extra={"note": current})
    differ = [note for note in notes if names[note.id] != note.labels]
    await _relabel(change, differ, names)
    relabelled = {note.id for note in differ}
    values = {name: value for name, value in wanted.changes().items() if not name.startswith("labels_")}
    changed = []
    for note in notes:
        sent = {name: value for name, value in values.items() if getattr(note, name) != value}
        sent |= {"labels": note.labels} if note.id in relabelled else {}
        if sent:
            changed.append(await save_fields(change, note, sent))
    return changed


def _labels_after(note: Note, wanted: BulkChange) -> list[str]:
    """The names of the labels that a note will have; new ones come last."""
    removed = {label_key(name) for name in wanted.labels_remove}
    remaining = [name for name in note.labels if label_key(name) not in removed] if removed else note.labels
    return unique_names([*remaining, *wanted.labels_add]) if wanted.labels_add else remaining


async def _relabel(change: Change, notes: Sequence[Note], names: dict[int, list[str]]) -> None:
    """Give notes of one board the labels with these names, by id; they are still to be saved."""
    if not notes:
        return
    all_names = unique_names(name for note in notes for name in names[note.id])
    labels = await require_labels(change, notes[0].board_id, all_names)
    by_key = {label.name_key: label for label in labels}
    given = {note.id: [by_key[label_key(name)] for name in names[note.id]] for note in notes}
    await assign_labels(change, given)
    for note in notes:
        note.labels_json = labels_json(given[note.id])
