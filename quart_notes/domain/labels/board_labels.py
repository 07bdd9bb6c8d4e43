"""The labels of the boards: their names and colours, each changed once for all notes."""

from collections.abc import Callable, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Subquery
from tortoise.functions import Count

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.labels.note_labels import (
    assign_labels,
    labels_json,
    labels_with,
    make_label,
    record_label,
)
from quart_notes.domain.notes import note_out, record_note
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.errors import LabelNameTakenError, NotFoundError
from quart_notes.live import events
from quart_notes.live.event_log import rename_label
from quart_notes.live.writer import Change
from quart_notes.models import Label, Note, NoteLabel
from quart_notes.schemas import (
    PAGE_MAX,
    CountedLabelOut,
    LabelCreate,
    LabelOut,
    LabelUpdate,
    PageQuery,
    label_key,
)


class BoardLabels(Service):
    """All labels.

    1. Of the labels of a board no two have the same key (`schemas.labels.label_key`).
    2. A change of what a label is called is a new version of each note that has it, in the same transaction. It is no
       change by hand: the note is not newer for it, and its history does not name it.

    Every method raises NotFoundError or ForbiddenError as those of `Notes` do.
    """

    async def find(self, caller: Caller, board_id: int, query: PageQuery) -> Listed[CountedLabelOut]:
        """The labels of a board by id ascending, `query.limit` at most, with the number of notes that have each."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            labels = Label.filter(board_id=board_id, id__gt=query.after_id).using_db(connection)
            rows = await labels.order_by("id").limit(query.limit + 1)
            counts = await _counts(connection, [row.id for row in rows[: query.limit]])
        found = [
            CountedLabelOut(**LabelOut.model_validate(row).model_dump(), note_count=counts.get(row.id, 0))
            for row in rows[: query.limit]
        ]
        return Listed(found, position, len(rows) > query.limit)

    async def all(self, caller: Caller, board_id: int) -> list[LabelOut]:
        """The labels of a board by name, PAGE_MAX at most: what its pages show."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            rows = await Label.filter(board_id=board_id).using_db(connection).order_by("name_key").limit(PAGE_MAX)
        return [LabelOut.model_validate(row) for row in rows]

    @transactional
    async def add(self, change: Change, caller: Caller, board_id: int, data: LabelCreate) -> LabelOut:
        """Add a label; LabelNameTakenError when the board has one of this name."""
        await require_role(change.connection, caller, board_id, "editor")
        other = await _other(change.connection, board_id, data.name)
        if other is not None:
            raise _taken(other)
        return LabelOut.model_validate(await make_label(change, board_id, data.name, data.colour))

    @transactional
    async def change(self, change: Change, caller: Caller, board_id: int, label_id: int, data: LabelUpdate) -> LabelOut:
        """Rename or recolour a label; returns the label that stays.

        When another label has the name: LabelNameTakenError, or with `merge` that one takes the place of this one.
        Without a difference no event is sent. A colour changes no note.
        """
        await require_role(change.connection, caller, board_id, "editor")
        label = await _require_label(change.connection, board_id, label_id)
        changes = {name: value for name, value in data.changes().items() if name != "merge"}
        if "name" in changes:
            other = await _other(change.connection, board_id, data.name, label.id)
            if other is not None and data.merge:
                await _merge(change, label, other)
                label, changes["name"] = other, other.name
            elif other is not None:
                raise _taken(other)
        sent = {name: value for name, value in changes.items() if getattr(label, name) != value}
        if not sent:
            return LabelOut.model_validate(label)
        former = label.name
        if "name" in sent:
            sent["name_key"] = label_key(data.name)
        label.update_from_dict(sent)
        await label.save(using_db=change.connection, update_fields=list(sent))
        out = record_label(change, "update", label)
        if "name" in sent:
            await rename_label(change.connection, events.board(board_id), former, label.name)
            await _replace(change, label, lambda name: label.name if name == former else name)
        return out

    @transactional
    async def delete(self, change: Change, caller: Caller, board_id: int, label_id: int) -> LabelOut:
        """Delete a label, also from the notes that have it."""
        await require_role(change.connection, caller, board_id, "editor")
        label = await _require_label(change.connection, board_id, label_id)
        await _replace(change, label, lambda name: None if name == label.name else name)
        return await _delete(change, label, None)


async def _counts(connection: BaseDBAsyncClient, label_ids: Sequence[int]) -> dict[int, int]:
    """How many notes have each label; those in the bin do not count."""
    rows: Any = NoteLabel.filter(label_id__in=label_ids, note__deleted_at__isnull=True).using_db(connection)
    counted = await rows.annotate(notes=Count("id")).group_by("label_id").values("label_id", "notes")
    return {row["label_id"]: row["notes"] for row in counted}


async def _require_label(connection: BaseDBAsyncClient, board_id: int, label_id: int) -> Label:
    label = await Label.get_or_none(id=label_id, board_id=board_id, using_db=connection)
    if label is None:
        raise NotFoundError(f"Label {label_id} not found")
    return label


async def _other(connection: BaseDBAsyncClient, board_id: int, name: str, label_id: int | None = None) -> Label | None:
    """The label that has a name, unless it is the label of this id."""
    label = (await labels_with(connection, board_id, {label_key(name): name})).get(label_key(name))
    return None if label is None or label.id == label_id else label


def _taken(label: Label) -> LabelNameTakenError:
    return LabelNameTakenError.of_field("name", f"The board has a label “{label.name}” already.")


async def _merge(change: Change, label: Label, into: Label) -> None:
    """Put another label of the board in the place of a label, and delete this one."""
    await _replace(change, label, lambda name: into.name if name == label.name else name)
    await _delete(change, label, into.name)


async def _replace(change: Change, label: Label, renamed: Callable[[str], str | None]) -> None:
    """Change the names of labels in all notes that have a label, also in those that may come back from the bin.

    renamed   the new name for each name of a note, or None for no label
    """
    having = NoteLabel.filter(label_id=label.id).values("note_id")
    notes = await Note.filter(id__in=Subquery(having)).using_db(change.connection).order_by("id")
    if not notes:
        return
    names = [list(dict.fromkeys(name for old in note.labels if (name := renamed(old)) is not None)) for note in notes]
    board: Any = Label.filter(board_id=label.board_id).using_db(change.connection)
    by_name = {one.name: one for one in await board}
    labels = {note.id: [by_name[name] for name in found] for note, found in zip(notes, names, strict=True)}
    await assign_labels(change, labels)
    for note in notes:
        note.labels_json = labels_json(labels[note.id])
        if note.deleted_at is None:
            note.version += 1
            await note.save(using_db=change.connection, update_fields=["version"])
            record_note(change, "update", note_out(note))


async def _delete(change: Change, label: Label, successor: str | None) -> LabelOut:
    """Delete a label; its name leaves the log, or another one takes its place there."""
    await rename_label(change.connection, events.board(label.board_id), label.name, successor)
    await label.delete(using_db=change.connection)
    return record_label(change, "delete", label)
