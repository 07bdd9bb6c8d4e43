"""Notes of plain rows, without models; a cache of them for lists that are read again after each change of a note."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from tortoise.queryset import ValuesQuery

from quart_notes.models import Note
from quart_notes.models.notes import thread_of
from quart_notes.schemas import NoteOut
from quart_notes.schemas.ranks import initial_rank

FORMATTED = ("content_json", "tasks_done", "tasks_total")  # columns of what is made of the description
THREAD = ("thread_id", "message_count", "last_message_id")  # columns of what is said about it
MADE = {"content", "tasks", "thread", "rank", "labels"}  # fields that have no column of their own
COLUMNS = (
    *(name for name in NoteOut.model_fields if name not in MADE),
    *FORMATTED,
    *THREAD,
    "moved_rank",
    "labels_json",
)
Row = Mapping[str, Any]  # by column, as the database gives it
MAX_NOTES = 1000
MAX_TEXT = 2000  # characters of a description and its tree; a note with more is made again each time


def notes_out(rows: Sequence[dict[str, Any]]) -> list[NoteOut]:
    """The notes of rows with COLUMNS, which this changes."""
    for row in rows:
        content, done, total = [row.pop(name) for name in FORMATTED]
        row["content"] = None if content is None else json.loads(content)
        row["tasks"] = {"done": done, "total": total}
        row["thread"] = None if row["thread_id"] is None else thread_of(*(row[name] for name in THREAD))
        labels = row.pop("labels_json")
        row["labels"] = [] if labels is None else json.loads(labels)
        row["rank"] = row.pop("moved_rank") or initial_rank(row["id"])
    return [NoteOut.of_valid(row) for row in rows]


async def stored_rows(query: ValuesQuery[Any]) -> list[dict[str, Any]]:
    """The rows of a query of columns, as the database gives them: converting them takes longer than reading."""
    query._choose_db_if_not_chosen()
    query._make_query()
    rows: list[dict[str, Any]] = await query._db.execute_query_dict(*query.query.get_parameterized_sql())
    return rows


class KnownNotes:
    """Notes by their rows.

    1. A note is used again only for a row whose columns all equal those that it was made of. So no change has to be
       reported here.
    2. The memory is bounded: MAX_NOTES, none with a text above MAX_TEXT; the one that was not used longest goes first.
    """

    def __init__(self) -> None:
        self._notes: OrderedDict[int, tuple[Row, NoteOut]] = OrderedDict()

    def note(self, row: Row) -> NoteOut:
        """The note of a row."""
        note_id: int = row["id"]
        cached = self._notes.get(note_id)
        if cached is not None and cached[0] == row:
            self._notes.move_to_end(note_id)
            return cached[1]
        fields = Note._meta.fields_map
        (note,) = notes_out([{name: fields[name].to_python_value(value) for name, value in row.items()}])
        self._notes.pop(note_id, None)
        if len(row["description"] or "") + len(row["content_json"] or "") <= MAX_TEXT:
            self._notes[note_id] = row, note
            if len(self._notes) > MAX_NOTES:
                self._notes.popitem(last=False)
        return note
