"""Writes exports: JSON without loss, a table, or a zip of Markdown. A page at a time, in constant memory."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from quart_notes.schemas import NOTE_FIELDS, ExportFormat, NoteOut
from quart_notes.schemas.strict_json import dump
from quart_notes.transfer import json_format
from quart_notes.transfer.csv_format import escape_formula, line_of
from quart_notes.transfer.fields import as_text
from quart_notes.transfer.zip_writer import ZipWriter

TYPES: Mapping[ExportFormat, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "markdown": "application/zip",
}
SUFFIXES: Mapping[ExportFormat, str] = {"json": ".json", "csv": ".csv", "markdown": ".zip"}
UNFIT = re.compile(r"[\W_]+")  # characters that are left out of file names
NAME_MAX = 60  # characters of a file name
TIMES = ("created_at", "updated_at")
COLUMNS = (*NOTE_FIELDS, *TIMES, "origin")  # of a table; a Markdown file has the description as its text


class ExportInfo(NamedTuple):
    """The content of an export."""

    board_name: str
    epoch: str
    at: datetime


class JsonExport:
    """Our own JSON: everything, so that it can be imported without loss."""

    def __init__(self, info: ExportInfo) -> None:
        self._info = info
        self._first = True

    def start(self) -> bytes:
        """The head, and the beginning of the array of notes."""
        head = {
            json_format.MARK: json_format.VERSION,
            "epoch": self._info.epoch,
            "board": {"name": self._info.board_name},
            "exported_at": self._info.at.isoformat().replace("+00:00", "Z"),
        }
        return dump(head)[:-1] + b',"notes":['

    def notes(self, page: Iterable[tuple[NoteOut, str]]) -> bytes:
        """Notes, one a line."""
        lines = []
        for note, origin in page:
            lines.append((b"\n" if self._first else b",\n") + dump({"origin": origin, **_values(note)}))
            self._first = False
        return b"".join(lines)

    def finish(self) -> Iterator[bytes]:
        """The end of the array."""
        yield b"\n]}\n"


def _values(note: NoteOut) -> dict[str, Any]:
    return note.model_dump(mode="json", exclude={"id", "board_id"})


class CsvExport:
    """Comma-separated values for spreadsheets; a byte order mark tells them that it is UTF-8."""

    def start(self) -> bytes:
        """The names of the columns."""
        return b"\xef\xbb\xbf" + line_of(list(COLUMNS)).encode()

    def notes(self, page: Iterable[tuple[NoteOut, str]]) -> bytes:
        """Notes, one a row."""
        return "".join(line_of(_cells(note, origin)) for note, origin in page).encode()

    def finish(self) -> Iterator[bytes]:
        """Nothing."""
        yield from ()


def _cells(note: NoteOut, origin: str) -> list[str]:
    values = {**_values(note), "origin": origin}
    return [escape_formula(as_text(values[name])) for name in COLUMNS]


class MarkdownExport:
    """A zip with a Markdown file for each note, named by its title and its id."""

    def __init__(self) -> None:
        self._zip = ZipWriter()

    def start(self) -> bytes:
        """Nothing."""
        return b""

    def notes(self, page: Iterable[tuple[NoteOut, str]]) -> bytes:
        """Notes, one a file."""
        return b"".join(
            self._zip.add(file_name(note), markdown(note, origin), note.updated_at) for note, origin in page
        )

    def finish(self) -> Iterator[bytes]:
        """The directory of the zip."""
        return self._zip.directory()


ExportWriter = JsonExport | CsvExport | MarkdownExport  # `start`, then `notes` in order, then `finish`


def export_writer(kind: ExportFormat, info: ExportInfo) -> ExportWriter:
    """The writer of a format."""
    if kind == "csv":
        return CsvExport()
    return JsonExport(info) if kind == "json" else MarkdownExport()


def file_name(note: NoteOut) -> str:
    """The name of a note's file: readable, valid on every system, and unique."""
    words = UNFIT.sub("-", unicodedata.normalize("NFC", note.title or note.description or "")[:NAME_MAX]).strip("-")
    return f"{words or 'note'}-{note.id}.md"


def markdown(note: NoteOut, origin: str) -> bytes:
    """A note as Markdown: front matter, an empty line, its text unchanged, a line end."""
    values = {**_values(note), "origin": origin}
    front = [
        f"{name}: {values[name] if name in TIMES else json.dumps(values[name], ensure_ascii=False)}"
        for name in COLUMNS
        if name != "description"
    ]
    text = "" if note.description is None else f"\n{note.description}\n"
    return ("---\n" + "\n".join(front) + "\n---\n" + text).encode()
