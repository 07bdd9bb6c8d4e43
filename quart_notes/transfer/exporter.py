"""Writes exports: JSON without loss, a table, or a zip of Markdown. A page at a time, in constant memory."""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from quart_notes.schemas import AUTHORS, NOTE_FIELDS, ExportedNote, ExportFormat
from quart_notes.schemas.strict_json import dump
from quart_notes.transfer import json_format
from quart_notes.transfer.csv_format import escape_formula, line_of
from quart_notes.transfer.fields import as_text
from quart_notes.transfer.labels import labels_text
from quart_notes.transfer.zip_writer import ZipWriter

TYPES: Mapping[ExportFormat, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "markdown": "application/zip",
}
SUFFIXES: Mapping[ExportFormat, str] = {"json": ".json", "csv": ".csv", "markdown": ".zip"}
UNFIT = re.compile(r"[\W_]+")  # characters that are left out of file names
NAME_MAX = 60  # characters of a file name
TIMES = ("created_at", "updated_at", "done_at", "archived_at")
COLUMNS = (
    *NOTE_FIELDS,
    "archived",
    *TIMES,
    *AUTHORS,
    "origin",
)  # of a table; a Markdown file has the description as its text
Pages = AsyncIterator[Iterable[tuple[int, ExportedNote]]]  # notes by their ids; no page is empty


class ExportInfo(NamedTuple):
    """The content of an export."""

    board_name: str
    epoch: str
    at: datetime


def export_stream(kind: ExportFormat, info: ExportInfo, pages: Pages) -> AsyncIterator[bytes]:
    """An export in pieces, each as soon as its page has come."""
    if kind == "json":
        return _json(info, pages)
    return _table(pages) if kind == "csv" else _markdown_files(pages)


async def _json(info: ExportInfo, pages: Pages) -> AsyncIterator[bytes]:
    """Our own JSON, one note a line: everything, so that it can be imported without loss."""
    head = {
        json_format.MARK: json_format.VERSION,
        "epoch": info.epoch,
        "board": {"name": info.board_name},
        "exported_at": info.at.isoformat().replace("+00:00", "Z"),
    }
    yield dump(head)[:-1] + b',"notes":['
    separator = b"\n"
    async for page in pages:
        yield separator + b",\n".join(note.json_bytes for _, note in page)
        separator = b",\n"
    yield b"\n]}\n"


async def _table(pages: Pages) -> AsyncIterator[bytes]:
    """Comma-separated values for spreadsheets; a byte order mark tells them that it is UTF-8."""
    yield b"\xef\xbb\xbf" + line_of(list(COLUMNS)).encode()
    async for page in pages:
        yield "".join(line_of(_cells(note)) for _, note in page).encode()


def _cells(note: ExportedNote) -> list[str]:
    values = _values(note)
    values["labels"] = labels_text(note.labels)
    return [escape_formula(as_text(values[name])) for name in COLUMNS]


def _values(note: ExportedNote) -> dict[str, Any]:
    """What the columns show of a note."""
    return {**note.model_dump(mode="json"), "archived": note.archived_at is not None}


async def _markdown_files(pages: Pages) -> AsyncIterator[bytes]:
    """A zip with a Markdown file for each note, named by its title and its id."""
    archive = ZipWriter()
    async for page in pages:
        yield b"".join(archive.add(file_name(note_id, note), markdown(note), note.updated_at) for note_id, note in page)
    for piece in archive.directory():
        yield piece


def file_name(note_id: int, note: ExportedNote) -> str:
    """The name of a note's file: readable, valid on every system, and unique."""
    words = UNFIT.sub("-", unicodedata.normalize("NFC", note.title or note.description or "")[:NAME_MAX]).strip("-")
    return f"{words or 'note'}-{note_id}.md"


def markdown(note: ExportedNote) -> bytes:
    """A note as Markdown: front matter, an empty line, its text unchanged, a line end."""
    values = _values(note)
    front = [
        f"{name}: {values[name] if name in TIMES and values[name] else json.dumps(values[name], ensure_ascii=False)}"
        for name in COLUMNS
        if name != "description"
    ]
    text = "" if note.description is None else f"\n{note.description}\n"
    return ("---\n" + "\n".join(front) + "\n---\n" + text).encode()
