"""Caches notes by what is in their rows, for lists that are read again after each change of one note."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from tortoise.queryset import ValuesQuery

from quart_notes.models import Note
from quart_notes.schemas import NoteOut

Row = Mapping[str, Any]  # by column, as the database gives it
MAX_NOTES = 1000
MAX_TEXT = 2000  # characters of a description and its tree; a note with more is made again each time


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

    def __init__(self, make: Callable[[dict[str, Any]], NoteOut]) -> None:
        self._make = make  # of a row with converted values, which it may change
        self._notes: OrderedDict[int, tuple[Row, NoteOut]] = OrderedDict()

    def note(self, row: Row) -> NoteOut:
        """The note of a row."""
        note_id: int = row["id"]
        known = self._notes.get(note_id)
        if known is not None and known[0] == row:
            self._notes.move_to_end(note_id)
            return known[1]
        fields = Note._meta.fields_map
        note = self._make({name: fields[name].to_python_value(value) for name, value in row.items()})
        self._notes.pop(note_id, None)
        if len(row["description"] or "") + len(row["content_json"] or "") <= MAX_TEXT:
            self._notes[note_id] = row, note
            if len(self._notes) > MAX_NOTES:
                self._notes.popitem(last=False)
        return note
