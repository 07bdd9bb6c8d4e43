"""A table as other programs write it: what separates its cells, where its columns are named, and its rows."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from quart_notes.transfer.columns import plain, use_of
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.text import readable

DELIMITERS = ",;\t|"
LINE_MAX = 1 << 20  # characters
HEAD_LINES = 30  # among which the names of the columns are
NO_HEAD = "No line at the beginning of the table names a column title or description."


class Head(NamedTuple):
    """How a table is read: what separates its cells, what the columns are called, and the rows down to there."""

    delimiter: str
    columns: list[str]
    rows: int

    @property
    def known(self) -> int:
        """How many of the columns say something about a note."""
        return sum(use_of(column) is not None for column in self.columns)


class Row(NamedTuple):
    """A row that says something, and its first line; `broken` says why it is none."""

    cells: list[str]
    line: int
    broken: str | None = None


class CsvTable(NamedTuple):
    """The names of the columns, the rows above them, and those below."""

    head: Head
    above: list[Row]
    rows: Iterator[Row]


def table(opened: io.TextIOWrapper) -> CsvTable:
    """A table that is open; UnreadableError when no line at its beginning names columns."""
    lines = _bounded(opened)
    first = list(islice(lines, HEAD_LINES))
    head = head_of(first)
    if head is None:
        raise UnreadableError(NO_HEAD)
    said, rest = _said(first)
    rows = _parsed(_Lines(chain(rest, lines), 1 if said else 0), head.delimiter)
    above = list(islice(rows, head.rows))[:-1]
    return CsvTable(head, [row for row in above if _says(row)], filter(_says, rows))


def _says(row: Row) -> bool:
    return row.broken is not None or any(cell.strip() for cell in row.cells)


def head_of(lines: Sequence[str]) -> Head | None:
    """The names of the columns among the first lines; None when no separator makes any that are known."""
    said, lines = _said(lines)
    found = [head for delimiter in said or DELIMITERS if (head := _head(lines, delimiter))]
    return max(found, key=lambda head: (head.known, len(head.columns)), default=None)


def _head(lines: Sequence[str], delimiter: str) -> Head | None:
    for number, row in enumerate(_parsed(_Lines(iter(lines), 0), delimiter), 1):
        cells = [readable(cell) for cell in row.cells]
        if {"title", "text"} & {use_of(cell) for cell in cells}:
            return Head(delimiter, _names(cells), number)
    return None


def _names(row: list[str]) -> list[str]:
    """The columns as they are called; in a table of Todoist, `DATE` is when something is due."""
    names = [cell.strip("\ufeff \r\n") for cell in row]
    due = any(plain(name) == "date lang" for name in names)
    return ["due date" if due and plain(name) == "date" else name for name in names]


def _said(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The separator that a first line `sep=;` says, as Excel has it, and the lines without it."""
    found = re.fullmatch(r"\ufeff?\"?sep=(.)\"?[,;\t|]*\r?\n?", lines[0], re.IGNORECASE) if lines else None
    return (found[1], lines[1:]) if found else ("", lines)


class _Lines:
    """The lines of a table as they are taken, counted, with those of the row at hand."""

    def __init__(self, lines: Iterator[str], before: int) -> None:
        self._lines = lines
        self.number = before
        self.taken: list[str] = []

    def begin_row(self) -> int:
        """The number of the line on which the next row begins."""
        self.taken.clear()
        return self.number + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line


def _parsed(lines: _Lines, delimiter: str) -> Iterator[Row]:
    """The rows; one in which a quotation mark swallows further lines is broken."""
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begun = lines.begin_row()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _mended(lines, begun, delimiter, str(error))
        else:
            yield Row(cells, begun)


def _mended(lines: _Lines, begun: int, delimiter: str, error: str) -> Row:
    """A row that is not as it should be: read as it is when it is one line, and otherwise broken."""
    if "limit" in error:
        return Row([], begun, f"a cell is far too long; perhaps a quotation mark is missing{_others(begun, lines)}")
    if "unexpected end" not in error and len(lines.taken) == 1:
        return Row(next(csv.reader(lines.taken, delimiter=delimiter)), begun)
    return Row([], begun, f"a quotation mark is not closed{_others(begun, lines)}")


def _others(begun: int, lines: _Lines) -> str:
    if lines.number <= begun:
        return ""
    which = f"line {lines.number:,}" if lines.number == begun + 1 else f"lines {begun + 1:,} to {lines.number:,}"
    return f"; {which} were not imported either"


def _bounded(opened: io.TextIOWrapper) -> Iterator[str]:
    """The lines with their ends, each LINE_MAX characters at most; what is beyond is passed over."""
    while line := opened.readline(LINE_MAX):
        yield line
        while len(line) == LINE_MAX and not line.endswith(("\n", "\r")):
            line = opened.readline(LINE_MAX)
