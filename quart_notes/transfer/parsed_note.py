"""What readers find."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from quart_notes.schemas import DESCRIPTION_MAX, TITLE_MAX, BadEntryError, ImportedNote, one_line
from quart_notes.transfer.text import readable

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
OTHER_BYTES = "letters that are not UTF-8, taken for Windows-1252"
NO_LETTERS = "letters that no note can hold"


class Lost(NamedTuple):
    """Something that a note has no place for: what it is, and this one of it."""

    what: str
    example: str


class ParsedNote(NamedTuple):
    """Something in a file that is a note, should be one, or was not asked for.

    name      for people: which it is
    entry     the note; None when there is none
    problem   why there is none, though there should be
    left_out  why there is none, as was asked for: "archived", "trashed"; or "empty"
    lost      what could not be kept
    more      further notes, with what was too long for the first

    With neither entry nor problem nor left_out, it is only about what was lost, and nothing that counts.
    """

    name: str
    entry: ImportedNote | None = None
    problem: str | None = None
    left_out: str | None = None
    lost: Sequence[Lost] = ()
    more: Sequence[ImportedNote] = ()

    @property
    def counts(self) -> bool:
        """Whether it is an entry of the file, and not only about what was lost."""
        return self.entry is not None or self.problem is not None or self.left_out is not None


def checked(name: str, values: Mapping[str, Any], lost: Iterable[Lost] = ()) -> ParsedNote:
    """The note that these values make, or why they make none; what is too long goes on in further ones."""
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
    """The title of a further part."""
    end = f" ({number})"
    return (title or "…")[: TITLE_MAX - len(end)] + end


def _pieces(text: str | None) -> list[str | None]:
    """A text in pieces that fit into notes, each but the last ending at a line if it can."""
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
    if (said := readable(text)) != text:
        text = said
        lost.append(Lost(OTHER_BYTES, text))
    if UNSTORABLE.search(text):
        text = UNSTORABLE.sub("\ufffd", text)
        lost.append(Lost(NO_LETTERS, text))
    return text
