"""Notes as a table: a first line that names the columns, then a line a note."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.files import Bytes, File
from quart_notes.transfer.items import Item, checked
from quart_notes.transfer.trouble import UnreadableError

SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
# What a column may be called, in lower case, by the field that it is about.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "name", "subject", "task", "heading"),
    "description": ("description", "text", "content", "body", "note", "notes", "details"),
    "done": ("done", "completed", "checked", "complete", "finished"),
    "created_at": ("created_at", "created", "date"),
    "updated_at": ("updated_at", "updated", "modified", "edited"),
    "origin": ("origin",),
}
YES = frozenset({"true", "yes", "y", "1", "x", "done", "checked", "completed", "on", "✓"})
NO = frozenset({"false", "no", "n", "0", "", "open", "off", "-"})
LINE_MAX = 1 << 20  # characters
# A spreadsheet takes what begins so for a formula. In our own export an apostrophe in front prevents it.
FORMULA = re.compile(r"[=+\-@\t\r\n'＝＋－＠]")


def read(file: File, _: ImportOptions) -> Iterator[Item]:
    """The notes in a file, each named by its row; the first row has the names of the columns."""
    columns: dict[str, int] = {}
    for number, row in _rows(file):
        name = f"{file.name}: row {number:,}"
        if isinstance(row, str):
            yield Item(name, problem=row)
        elif not columns:
            columns = columns_of(row)
            if not columns.keys() & {"title", "description"}:
                raise UnreadableError("The first line of the table names no column title or description.")
        elif any(cell.strip() for cell in row):
            yield _item(name, {field: row[at] for field, at in columns.items() if at < len(row)})


def count(file: File) -> Iterator[int]:
    """One for each row below the names of the columns."""
    rows = (row for _, row in _rows(file) if isinstance(row, str) or any(cell.strip() for cell in row))
    next(rows, None)
    return (1 for _ in rows)


def columns_of(row: list[str]) -> dict[str, int]:
    """The place of each field whose column is there."""
    names = [cell.strip().lower() for cell in row]
    places = {field: [names.index(one) for one in known if one in names] for field, known in COLUMNS.items()}
    return {field: found[0] for field, found in places.items() if found}


def _item(name: str, cells: dict[str, str]) -> Item:
    values: dict[str, Any] = {field: cell or None for field, cell in cells.items()}
    if "origin" in cells:  # our own
        values |= {field: shown(cells[field]) or None for field in ("title", "description") if field in cells}
    done = (cells.get("done") or "").strip().lower()
    if done not in YES | NO:
        return Item(name, problem=f"done: {done[:50]} is neither yes nor no")
    values["done"] = done in YES
    return checked(name, values)


def shown(cell: str) -> str:
    """A cell of our own export as it was before it was kept from being a formula."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:2]) else cell


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    source   https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def _rows(file: File) -> Iterator[tuple[int, list[str] | str]]:
    """The rows by their number, or why one could not be read."""
    with _lines(file) as lines:
        first = next(lines, "")
        rows = csv.reader(_chain(first, lines), delimiter=delimiter_of(first), strict=False)
        number = 0
        while True:
            number += 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield number, "a cell is far too long; perhaps a quotation mark is missing"
            else:
                yield number, row


def delimiter_of(line: str) -> str:
    """What separates the cells: whatever occurs most among the names of the columns."""
    return max(",;\t", key=line.count)


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


@contextmanager
def _lines(file: File) -> Iterator[Iterator[str]]:
    """The lines of a file with their ends, each LINE_MAX characters at most; what is beyond is passed over."""
    with file.open() as opened:
        text = io.TextIOWrapper(
            io.BufferedReader(_Raw(opened)), encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        yield _bounded(text)


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LINE_MAX):
        yield line
        while len(line) == LINE_MAX and not line.endswith(("\n", "\r")):
            line = text.readline(LINE_MAX)


class _Raw(io.RawIOBase):
    """What gives only bytes when asked for some, as Python's own readers want it."""

    def __init__(self, file: Bytes) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def line_of(cells: list[str]) -> str:
    """A line of a table, every cell in quotation marks: a spreadsheet may take another sign for the separator."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()
