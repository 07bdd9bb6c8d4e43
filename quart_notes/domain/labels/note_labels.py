"""The labels of notes: which ones a note has is written here alone, into its row and into the table of labels."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.live import events
from quart_notes.live.events import LabelEvent
from quart_notes.live.writer import Change
from quart_notes.models import Label, Note, NoteLabel
from quart_notes.schemas import NO_COLOUR, Colour, LabelOut, label_key

CHUNK = 500  # notes in one statement
UPDATE = "UPDATE note SET labels_json = ?1 WHERE id = ?2"


async def require_labels(change: Change, board_id: int, names: Sequence[str]) -> list[Label]:
    """The labels of a board with these names, in their order; those that are missing are made.

    names   no two of one label; the board's spelling counts
    """
    keys = {label_key(name): name for name in names}
    found = await labels_with(change.connection, board_id, keys) if keys else {}
    return [found.get(key) or await make_label(change, board_id, name) for key, name in keys.items()]


async def labels_with(connection: BaseDBAsyncClient, board_id: int, keys: Mapping[str, str]) -> dict[str, Label]:
    """The labels of a board with these keys, by key."""
    rows = await Label.filter(board_id=board_id, name_key__in=list(keys)).using_db(connection)
    return {label.name_key: label for label in rows}


async def make_label(change: Change, board_id: int, name: str, colour: Colour = NO_COLOUR) -> Label:
    """Make a label whose name is not taken, and record its event."""
    label = Label(board_id=board_id, name=name, name_key=label_key(name), colour=colour)
    await label.save(using_db=change.connection, force_create=True)
    record_label(change, "create", label)
    return label


async def assign_labels(change: Change, labels: Mapping[int, Sequence[Label]]) -> None:
    """Give notes these labels instead of those that they have; no version grows and no event is recorded.

    labels   of one board, by the id of a note
    """
    given = iter(labels.items())
    while chunk := list(islice(given, CHUNK)):
        await NoteLabel.filter(note_id__in=[note_id for note_id, _ in chunk]).using_db(change.connection).delete()
        rows = [NoteLabel(label_id=label.id, note_id=note_id) for note_id, found in chunk for label in found]
        if rows:
            await NoteLabel.bulk_create(rows, using_db=change.connection)
        for note_id, found in chunk:
            await change.connection.execute_query(UPDATE, [labels_json(found), note_id])


async def relabel(change: Change, note: Note, labels: Sequence[Label]) -> None:
    """Give a note these labels; `save_note` is still to be called."""
    await assign_labels(change, {note.id: labels})
    note.labels_json = labels_json(labels)


def labels_json(labels: Sequence[Label]) -> str | None:
    """The column of a note with these labels: an array of names; null for none."""
    return json.dumps([label.name for label in labels], ensure_ascii=False) if labels else None


def record_label(change: Change, action: events.Action, label: Label) -> LabelOut:
    """Record the event of a label on the topic of its board; returns the label. A deletion does not name it."""
    out = LabelOut.model_validate(label)
    said = out.model_copy(update={"name": ""}) if action == "delete" else out
    change.record(LabelEvent(topic=events.board(label.board_id), action=action, label=said))
    return out
