"""The results of the format readers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from quart_notes.schemas import DESCRIPTION_MAX, TITLE_MAX, BadEntryError, ImportedNote, one_line
from quart_notes.transfer.text import readable

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
OTHER_BYTES = "letters that are not UTF-8, taken for Windows-1252"
NO_LETTERS = "letters that no note can hold"


class Lost(NamedTuple):
    """A part that a note has no field for: its name, and an example."""

    what: str
    example: str


class ParsedNote(NamedTuple):
    """An entry of a file: a note, a note that cannot be read, or one that was excluded.

    name      for people
    entry     the note; None when there is none
    problem   why it cannot be read
    left_out  why it was excluded: "archived", "trashed", "empty"
    lost      parts that could not be imported
    more      further notes, with text that was too long for the first

    With neither entry nor problem nor left_out it only reports lost parts, and is not counted.
    """

    name: str
    entry: ImportedNote | None = None
    problem: str | None = None
    left_out: str | None = None
    lost: Sequence[Lost] = ()
    more: Sequence[ImportedNote] = ()

    @property
    def counts(self) -> bool:
        """Whether it is an entry of the file, not only a report of lost parts."""
        return self.entry is not None or self.problem is not None or self.left_out is not None


def checked(name: str, values: Mapping[str, Any], lost: Iterable[Lost] = ()) -> ParsedNote:
    """A note with these values, or the reason why they are invalid; text that is too long continues in `more`."""
    all_lost = list(lost)
    title = one_line(_storable(values.get("title"), all_lost) or "") or None
    text = _storable(values.get("description"), all_lost)
    if title and len(title) > TITLE_MAX:
        title, text = f"{title[: TITLE_MAX - 1]}…", "\n\n".join(part for part in (title, text) if part)
    first, *rest = _pieces(text)
    try:
        entry = ImportedNote.of({**values, "title": title, "description": first})
        about = entry.model_dump(exclude={"title", "description", "origin"})
        more = [
            ImportedNote.of({**about, "title": numbered(title, number), "description": piece})
            for number, piece in enumerate(rest, 2)
        ]
    except BadEntryError as error:
        return ParsedNote(name, problem=str(error), lost=all_lost)
    return ParsedNote(name, entry, lost=all_lost, more=more)


def numbered(title: str | None, number: int) -> str:
    """The title of a continuation."""
    end = f" ({number})"
    return (title or "…")[: TITLE_MAX - len(end)] + end


def _pieces(text: str | None) -> list[str | None]:
    """A text in pieces that fit into notes, split at line ends where possible."""
    pieces: list[str | None] = []
    while text is not None and len(text) > DESCRIPTION_MAX:
        end = text.rfind("\n", 1, DESCRIPTION_MAX + 1)
        end = end if text[:end].strip() and end > 0 else DESCRIPTION_MAX
        pieces.append(text[:end])
        text = text[end:].removeprefix("\n")
    return [*pieces, text] if text or not pieces else pieces


def _storable(text: str | None, lost: list[Lost]) -> str | None:
    if text is None or not UNSTORABLE.search(text):
        return text
    if (decoded := readable(text)) != text:
        text = decoded
        lost.append(Lost(OTHER_BYTES, text))
    if UNSTORABLE.search(text):
        text = UNSTORABLE.sub("\ufffd", text)
        lost.append(Lost(NO_LETTERS, text))
    return text
