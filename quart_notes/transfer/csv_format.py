"""Reads and writes notes as a table: a header, then a row for each note."""

import csv
import io
import re
from collections.abc import Iterator

from quart_notes.schemas import OWN_ORIGIN, ImportOptions
from quart_notes.transfer.checklists import with_tasks
from quart_notes.transfer.columns import plain, use_of, yes_or_no
from quart_notes.transfer.csv_rows import Head, Row, table
from quart_notes.transfer.fields import gathered
from quart_notes.transfer.parsed_note import Lost, ParsedNote
from quart_notes.transfer.source_files import File
from quart_notes.transfer.text import lines_of

SUFFIXES = frozenset({".csv", ".tsv", ".tab"})
# Beginnings that a spreadsheet takes for a formula. In our own export an apostrophe in front prevents it.
FORMULA = re.compile(r"[=+\-@\t\r\n'＝＋－＠]")
ABOVE = "lines above the names of the columns"
NAMELESS = "cells in a column without a name"
CHECKLIST = "is check list"  # TickTick's column that tells whether the text is a checklist
SETTINGS = "settings of the program that wrote the file"


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The notes in a file, each named by its line."""
    with file.open() as opened:
        head, above, rows = table(lines_of(opened))
        for row in above:
            yield ParsedNote(file.name, lost=[Lost(ABOVE, " ".join(filter(None, row.cells)))])
        for row in rows:
            yield _item(f"{file.name}: line {row.line:,}", head, row, options)


def count(file: File) -> Iterator[int]:
    """An item for each row below the header."""
    with file.open() as opened:
        yield from (1 for _ in table(lines_of(opened)).rows)


def _item(name: str, head: Head, row: Row, options: ImportOptions) -> ParsedNote:
    if row.broken is not None:
        return ParsedNote(name, problem=row.broken)
    columns = [*head.columns, *[""] * (len(row.cells) - len(head.columns))]
    named = list(zip(columns, row.cells, strict=False))
    if any(use_of(column) == "origin" and OWN_ORIGIN.fullmatch(cell) for column, cell in named):
        named = [(column, unescape_formula(cell)) for column, cell in named]
    named = _with_tasks(named)
    if any(use_of(column) == "kind" and cell == "meta" for column, cell in named):  # in a table of Todoist
        return ParsedNote(name, lost=[Lost(SETTINGS, " ".join(filter(None, row.cells)))])
    return gathered((column or NAMELESS, cell) for column, cell in named).item(name, options)


def _with_tasks(named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A row with tasks in place of TickTick's marks, if its text is a checklist."""
    if not any(plain(column) == CHECKLIST and yes_or_no(cell) for column, cell in named):
        return named
    found = [(column, with_tasks(cell) if use_of(column) == "text" else cell) for column, cell in named]
    return named if found == named else [(column, cell) for column, cell in found if plain(column) != CHECKLIST]


def unescape_formula(cell: str) -> str:
    """A cell of our own export without the apostrophe of `escape_formula`."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:2]) else cell


def escape_formula(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    source   https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def line_of(cells: list[str]) -> str:
    """A line of a table, every cell in quotation marks: a spreadsheet may expect another delimiter."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()
