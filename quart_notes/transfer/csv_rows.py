"""Reads tables as other programs write them: finds the delimiter, the header row and the rows."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from quart_notes.transfer.columns import plain, use_of
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.text import readable

DELIMITERS = ",;\t|"
LINE_MAX = 1 << 20  # characters
HEAD_LINES = 30  # lines among which the header is searched
NO_HEAD = "No line at the beginning of the table names a column title or description."


class Head(NamedTuple):
    """The header: the delimiter, the names of the columns, and the number of rows up to and including it."""

    delimiter: str
    columns: list[str]
    rows: int

    @property
    def known(self) -> int:
        """Number of columns that a note has a use for."""
        return sum(use_of(column) is not None for column in self.columns)


class Row(NamedTuple):
    """A row that is not empty, and the number of its first line; `broken` says why it cannot be read."""

    cells: list[str]
    line: int
    broken: str | None = None


class CsvTable(NamedTuple):
    """The header, the rows above it, and those below."""

    head: Head
    above: list[Row]
    rows: Iterator[Row]


def table(opened: io.TextIOWrapper) -> CsvTable:
    """The table in an open file; UnreadableError when none of its first lines is a header."""
    lines = _bounded(opened)
    first = list(islice(lines, HEAD_LINES))
    head = head_of(first)
    if head is None:
        raise UnreadableError(NO_HEAD)
    delimiter, rest = _declared(first)
    rows = _parsed(chain(rest, lines), head.delimiter, 1 if delimiter else 0)
    above = list(islice(rows, head.rows))[:-1]
    return CsvTable(head, [row for row in above if _has_content(row)], filter(_has_content, rows))


def _has_content(row: Row) -> bool:
    return row.broken is not None or any(cell.strip() for cell in row.cells)


def head_of(lines: Sequence[str]) -> Head | None:
    """The header among the first lines; None when no delimiter gives known column names."""
    declared, lines = _declared(lines)
    found = [head for delimiter in declared or DELIMITERS if (head := _head(lines, delimiter))]
    return max(found, key=lambda head: (head.known, len(head.columns)), default=None)


def _head(lines: Sequence[str], delimiter: str) -> Head | None:
    for number, row in enumerate(_parsed(lines, delimiter), 1):
        cells = [readable(cell) for cell in row.cells]
        if {"title", "text"} & {use_of(cell) for cell in cells}:
            return Head(delimiter, _names(cells), number)
    return None


def _names(row: list[str]) -> list[str]:
    """The names of the columns; in a table of Todoist, `DATE` is the due date."""
    names = [cell.strip("\ufeff \r\n") for cell in row]
    due = any(plain(name) == "date lang" for name in names)
    return ["due date" if due and plain(name) == "date" else name for name in names]


def _declared(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The delimiter of a first line `sep=;`, as Excel writes it, and the lines without that line."""
    found = re.fullmatch(r"\ufeff?\"?sep=(.)\"?[,;\t|]*\r?\n?", lines[0], re.IGNORECASE) if lines else None
    return (found[1], lines[1:]) if found else ("", lines)


def _parsed(lines: Iterable[str], delimiter: str, skipped: int = 0) -> Iterator[Row]:
    """The rows; one in which an unclosed quotation mark includes further lines is broken.

    skipped   number of lines before the first of these
    """
    current: list[str] = []  # the lines of the row that is being read

    def recorded() -> Iterator[str]:
        for line in lines:
            current.append(line)
            yield line

    rows = csv.reader(recorded(), delimiter=delimiter, strict=True)
    while True:
        current.clear()
        first = skipped + rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _repaired(current, first, delimiter, str(error))
        else:
            yield Row(cells, first)


def _repaired(lines: list[str], first: int, delimiter: str, error: str) -> Row:
    """An invalid row: read leniently when it is a single line, otherwise broken."""
    if "limit" in error:
        reason = "a cell is far too long; perhaps a quotation mark is missing"
    elif "unexpected end" not in error and len(lines) == 1:
        return Row(next(csv.reader(lines, delimiter=delimiter)), first)
    else:
        reason = "a quotation mark is not closed"
    last = first + len(lines) - 1
    if last > first:
        which = f"line {last:,}" if last == first + 1 else f"lines {first + 1:,} to {last:,}"
        reason += f"; {which} were not imported either"
    return Row([], first, reason)


def _bounded(opened: io.TextIOWrapper) -> Iterator[str]:
    """The lines with their ends, each at most LINE_MAX characters; the rest of a longer line is skipped."""
    while line := opened.readline(LINE_MAX):
        yield line
        while len(line) == LINE_MAX and not line.endswith(("\n", "\r")):
            line = opened.readline(LINE_MAX)
