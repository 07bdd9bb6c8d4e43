"""Exports: lossless when imported again, and readable by other programs."""

import asyncio
import csv
import io
import json
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.schemas import (
    AUTHORS,
    COLOURS,
    LABEL_NAME_MAX,
    TITLE_MAX,
    ExportedNote,
    ExportFormat,
    NoteOut,
    is_blank,
    one_line,
    unique_names,
)
from quart_notes.transfer.exporter import SUFFIXES, ExportInfo, export_stream, file_name
from quart_notes.transfer.source_files import SourcePath, files
from quart_notes.transfer.zip_writer import ZipWriter
from tests.support.note_files import items, only, put

NOW = datetime(2026, 1, 31, 9, 30, 0, 1, UTC)
ABOUT = ExportInfo("Allotment", "3f9a01bc", NOW)
FORMATS: tuple[ExportFormat, ...] = ("json", "csv", "markdown")


def _note(number: int = 1, **fields: Any) -> NoteOut:
    about = {"title": "Buy milk", "description": "Two litres.", "done": False, "created_at": NOW, "updated_at": NOW}
    return NoteOut(**{"id": number, "board_id": 1, "version": 1, "rank": "", **about, **fields})


def _written(kind: ExportFormat, notes: Sequence[tuple[NoteOut, str]]) -> bytes:
    exported = [(note.id, _exported(note, origin)) for note, origin in notes]
    half = len(exported) // 2

    async def pages() -> AsyncIterator[Sequence[tuple[int, ExportedNote]]]:
        for page in (exported[:half], exported[half:]):
            if page:
                yield page

    async def pieces() -> list[bytes]:
        return [piece async for piece in export_stream(kind, ABOUT, pages())]

    return b"".join(asyncio.run(pieces()))


def _exported(note: NoteOut, origin: str) -> ExportedNote:
    return ExportedNote(**note.model_dump(exclude={"id", "board_id", *AUTHORS}), origin=origin)


def shows(text: str) -> bool:
    return not is_blank(text)


# The possible texts of a note: no NUL and no lone surrogates, and blank counts as absent.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(shows)
ODD = [
    "=1+1", "'=1", "''", "-", "@x", "\t", "\r\n", "---\n", '"', "# a", " x ", "null", "\n\nx\n\n", "\ufeffx", "\u2028",
    "\n", "\r", "  \n", "---\ntitle: x\n---\n", "---\n\n---\n", "...\n", "+++\na = 1\n+++\n", "```\ncode\n", "~~~",
    "\\", "- [ ] milk\n", "- [x] bread\r\n", "| a |\n|---|\n", "    code\n", "> q\n", "<b>&amp;", "\x85", "\x1c",
]  # fmt: skip
odd = st.sampled_from(ODD)
some = st.one_of(texts, st.lists(st.one_of(texts, odd), min_size=1).map("".join).filter(shows))
# Made short and of one line, rather than chosen so: Hypothesis gives up when it has to drop most of what it finds.
lines = some.map(lambda text: one_line(one_line(text)[:TITLE_MAX])).filter(shows)
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 30), timezones=st.just(UTC))
names = lines.map(lambda text: unicodedata.normalize("NFC", text.strip()[:LABEL_NAME_MAX]).strip()).filter(
    lambda text: shows(text) and len(text) <= LABEL_NAME_MAX
)
notes = st.builds(
    _note,
    title=st.none() | lines,
    description=some,
    done=st.booleans(),
    pinned=st.booleans(),
    colour=st.sampled_from(COLOURS),
    labels=st.lists(names, max_size=4).map(unique_names),
    created_at=moments,
    updated_at=moments,
    done_at=st.none() | moments,
    archived_at=st.none() | moments,
) | st.builds(_note, title=lines, description=st.none())


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=40)
@given(board=st.lists(notes, min_size=1, max_size=5))
def test_an_imported_export_equals_the_original_notes(tmp_path: Path, kind: ExportFormat, board: list[NoteOut]):
    numbered = [
        (note.model_copy(update={"id": n, "done_at": note.done_at if note.done else None}), f"3f9a01bc/{n}")
        for n, note in enumerate(board, 1)
    ]
    path = put(tmp_path, f"export{SUFFIXES[kind]}", _written(kind, numbered))

    found = items(path)

    assert [item.problem for item in found] == [None] * len(board)
    fields = (
        "title",
        "description",
        "pinned",
        "colour",
        "labels",
        "done",
        "created_at",
        "updated_at",
        "done_at",
        "archived_at",
    )
    assert [[getattr(item.entry, name) for name in fields] for item in found] == [
        [getattr(note, name) for name in fields] for note, _ in numbered
    ]
    assert [item.entry and item.entry.origin for item in found] == [origin for _, origin in numbered]
    imported = [
        (note.model_copy(update={name: getattr(item.entry, name) for name in fields}), origin)
        for (note, origin), item in zip(numbered, found, strict=True)
    ]
    assert _written(kind, imported) == path.read_bytes()


@given(board=st.lists(notes, min_size=1, max_size=3))
def test_an_unpacked_markdown_export_gives_the_same_notes_as_its_zip(board: list[NoteOut]):
    numbered = [(note.model_copy(update={"id": n}), f"3f9a01bc/{n}") for n, note in enumerate(board, 1)]
    data = _written("markdown", numbered)

    with TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
        found = items(Path(folder))
        with_other_line_ends = [only(_with_crlf(path)) for path in sorted(Path(folder).iterdir())]

    descriptions = {item.entry.origin: item.entry.description for item in found if item.entry}
    assert descriptions == {origin: note.description for note, origin in numbered}
    assert {entry.origin: entry.description for entry in with_other_line_ends} == {
        origin: text and text.replace("\n", "\r\n") for origin, text in descriptions.items()
    }


def _with_crlf(path: Path) -> Path:
    """The file as a program writes it that changes all line ends."""
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_of_an_empty_board_is_a_valid_file(tmp_path: Path, kind: ExportFormat):
    data = _written(kind, [])

    if kind == "markdown":
        assert zipfile.ZipFile(io.BytesIO(data)).namelist() == []
    else:
        assert items(put(tmp_path, f"export{SUFFIXES[kind]}", data)) == []


def test_the_json_export_has_its_format_and_metadata():
    document = json.loads(_written("json", [(_note(7, done=True), "3f9a01bc/7")]))

    assert document == {
        "quart_notes_export": 2,
        "epoch": "3f9a01bc",
        "board": {"name": "Allotment"},
        "exported_at": "2026-01-31T09:30:00.000001Z",
        "notes": [
            {
                "origin": "3f9a01bc/7",
                "title": "Buy milk",
                "description": "Two litres.",
                "pinned": False,
                "colour": "none",
                "labels": [],
                "done": True,
                "version": 1,
                "created_at": "2026-01-31T09:30:00.000001Z",
                "created_by": None,
                "updated_at": "2026-01-31T09:30:00.000001Z",
                "updated_by": None,
                "done_at": None,
                "archived_at": None,
                "done_by": None,
            }
        ],
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1"])
def test_no_cell_of_the_csv_export_is_a_formula(tmp_path: Path, text: str):
    data = _written("csv", [(_note(title=text, description=text), "3f9a01bc/1")]).decode("utf-8-sig")

    (_, row) = csv.reader(io.StringIO(data, newline=""))
    assert row[:2] == [f"'{text}"] * 2
    assert only(put(tmp_path, "x.csv", data)).description == text


def test_no_cell_is_a_formula_when_split_at_semicolons():
    data = _written("csv", [(_note(title="a;=1+1"), "3f9a01bc/1")]).decode("utf-8-sig")

    assert '"a;=1+1"' in data


def test_the_zip_is_readable_by_other_programs():
    board = [
        (_note(1, title="Überraschung/für ../ Tim?"), "3f9a01bc/1"),
        (_note(2, title=None, description="x" * 500), "3f9a01bc/2"),
    ]
    board.append((_note(3, title="..."), "3f9a01bc/3"))

    archive = zipfile.ZipFile(io.BytesIO(_written("markdown", board)))

    assert archive.testzip() is None
    assert archive.namelist() == ["Überraschung-für-Tim-1.md", f"{'x' * 60}-2.md", "note-3.md"]
    assert archive.infolist()[0].date_time == (2026, 1, 31, 9, 30, 0)
    assert archive.read("note-3.md").decode() == (
        '---\ntitle: "..."\npinned: false\ncolour: "none"\nlabels: []\ndone: false\narchived: false\n'
        "created_at: 2026-01-31T09:30:00.000001Z\nupdated_at: 2026-01-31T09:30:00.000001Z\ndone_at: null\n"
        "archived_at: null\ncreated_by: null\nupdated_by: null\ndone_by: null\n"
        'origin: "3f9a01bc/3"\n---\n\nTwo litres.\n'
    )


def test_a_zip64_export_is_readable_by_other_programs_and_our_own(tmp_path: Path):
    writing = ZipWriter()
    count = 0xFFFF + 5
    data = b"".join(writing.add(f"{n}.md", b"", NOW) for n in range(count)) + b"".join(writing.directory())

    path = put(tmp_path, "export.zip", data)

    assert len(zipfile.ZipFile(path).namelist()) == count
    assert len(list(files([SourcePath(path, "export.zip")]))) == count


def test_a_note_from_before_1980_has_the_earliest_date_of_the_zip_format():
    data = _written("markdown", [(_note(updated_at=datetime(1970, 1, 1, tzinfo=UTC)), "3f9a01bc/1")])

    assert zipfile.ZipFile(io.BytesIO(data)).infolist()[0].date_time[0] == 1980
    assert file_name(5, _exported(_note(5, title="\0/..\\ \u202e"), "3f9a01bc/5")) == "note-5.md"
