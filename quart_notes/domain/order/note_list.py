"""A list of notes that follows the events of its board, so that a change does not make it be read again."""

import re
from collections.abc import Sequence
from typing import NamedTuple

# As events.encode writes them, with their id.
NOTE_EVENT = re.compile(
    rb'\{"id":"[^"]*","topic":"[^"]*","action":"(create|update|delete)","note":(?=\{"id":(\d+)[,}])'
)
AUTHOR = b',"by":'  # what follows the note
NOT_ARCHIVED = b'"archived_at":null'  # within a text the quotation marks would be escaped


class NoteChange(NamedTuple):
    """What an event says of a note; `encoded` is its JSON, None when it is not on the board any more, or archived."""

    note_id: int
    encoded: bytes | None


def note_change(event: bytes) -> NoteChange | None:
    """The change of a note in an encoded event; None for any other event."""
    begin, end = NOTE_EVENT.match(event), event.rfind(AUTHOR)
    if begin is None or end < begin.end():
        return None
    encoded = event[begin.end() : end]
    gone = begin[1] == b"delete" or NOT_ARCHIVED not in encoded
    return NoteChange(int(begin[2]), None if gone else encoded)


class NoteList(NamedTuple):
    """The first notes of a board above an id that are not archived.

    notes      as JSON, by id ascending
    after_id   all ids are greater than this
    limit      how many notes there are at most
    more       whether there are notes with greater ids
    """

    notes: dict[int, bytes]
    after_id: int
    limit: int
    more: bool

    def after(self, events: Sequence[bytes]) -> "NoteList | None":
        """The list after encoded events of its board, itself if they change nothing; None: it has to be read again."""
        current = self
        for event in events:
            change = note_change(event)
            following = None if change is None else current._after(*change)
            if following is None:
                return None
            current = following
        return current

    def _after(self, note_id: int, encoded: bytes | None) -> "NoteList | None":
        last = next(reversed(self.notes), 0)
        is_known, is_beyond = note_id in self.notes, self.more and note_id > last
        if encoded is None:
            if is_known and not self.more:
                return self._replace(notes={key: note for key, note in self.notes.items() if key != note_id})
            return None if is_known or is_beyond else self  # an unknown note takes its place, or there is no more
        if is_beyond or note_id <= self.after_id:
            return self
        notes = {**self.notes, note_id: encoded}
        if note_id < last and not is_known:
            notes = dict(sorted(notes.items()))
        if len(notes) <= self.limit:
            return self._replace(notes=notes)
        notes.popitem()
        return self._replace(notes=notes, more=True)
