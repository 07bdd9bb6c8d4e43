"""Files of notes, as they are read and written: every format, what is odd in it, and there and back without loss."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.schemas import (
    TITLE_MAX,
    BadEntryError,
    ExportFormat,
    ImportedNote,
    ImportOptions,
    NoteOut,
    is_blank,
    one_line,
)
from quart_notes.transfer import importer
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.exporter import SUFFIXES, ExportInfo, export_writer, file_name
from quart_notes.transfer.import_batches import ImportSource, OriginNamer
from quart_notes.transfer.json_stream import ELEMENT_MAX, PIECE, BadElement, JsonReader
from quart_notes.transfer.parsed_note import OTHER_BYTES
from quart_notes.transfer.source_files import SourcePath, files
from quart_notes.transfer.zip_writer import ZipWriter
from tests.support.note_files import batches, entries, items, keep_note, packed, put, takeout

NOW = datetime(2026, 1, 31, 9, 30, 0, 1, UTC)
ABOUT = ExportInfo("Allotment", "3f9a01bc", NOW)
FORMATS: tuple[ExportFormat, ...] = ("json", "csv", "markdown")


def _note(number: int = 1, **fields: Any) -> NoteOut:
    about = {"title": "Buy milk", "description": "Two litres.", "done": False, "created_at": NOW, "updated_at": NOW}
    return NoteOut(**{"id": number, "board_id": 1, "version": 1, **about, **fields})


def _written(kind: ExportFormat, notes: Sequence[tuple[NoteOut, str]]) -> bytes:
    writing = export_writer(kind, ABOUT)
    half = len(notes) // 2
    return writing.start() + writing.notes(notes[:half]) + writing.notes(notes[half:]) + b"".join(writing.finish())


def _only(path: Path, **options: Any) -> ImportedNote:
    (item,) = items(path, **options)
    assert item.entry is not None, item.problem
    return item.entry


def _problem(path: Path, **options: Any) -> str:
    (item,) = items(path, **options)
    assert item.problem is not None
    return item.problem


# There and back.


def shows(text: str) -> bool:
    return not is_blank(text)


# What a note can hold: no NUL and no half a surrogate pair, and blank counts as nothing.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(shows)
odd = st.sampled_from(
    ["=1+1", "'=1", "''", "-", "@x", "\t", "\r\n", "---\n", '"', "# a", " x ", "null", "\n\nx\n\n", "﻿x", "\u2028"]
)
some = st.one_of(texts, st.lists(st.one_of(texts, odd)).map("".join).filter(shows))
lines = some.filter(lambda text: len(text) <= TITLE_MAX and one_line(text) == text)
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 30), timezones=st.just(UTC))
notes = st.builds(
    _note,
    title=st.none() | lines,
    description=some,
    done=st.booleans(),
    pinned=st.booleans(),
    created_at=moments,
    updated_at=moments,
) | st.builds(_note, title=lines, description=st.none())


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=100)
@given(board=st.lists(notes, min_size=1, max_size=5))
def test_what_was_exported_comes_in_again_as_it_was(tmp_path: Path, kind: ExportFormat, board: list[NoteOut]):
    numbered = [(note.model_copy(update={"id": n}), f"3f9a01bc/{n}") for n, note in enumerate(board, 1)]
    path = put(tmp_path, f"export{SUFFIXES[kind]}", _written(kind, numbered))

    found = items(path)

    assert [item.problem for item in found] == [None] * len(board)
    fields = ("title", "description", "pinned", "done", "created_at", "updated_at")
    assert [[getattr(item.entry, name) for name in fields] for item in found] == [
        [getattr(note, name) for name in fields] for note, _ in numbered
    ]
    assert [item.entry and item.entry.origin for item in found] == [origin for _, origin in numbered]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_board_is_a_whole_file(tmp_path: Path, kind: ExportFormat):
    data = _written(kind, [])

    if kind == "markdown":
        assert zipfile.ZipFile(io.BytesIO(data)).namelist() == []
    else:
        assert items(put(tmp_path, f"export{SUFFIXES[kind]}", data)) == []


def test_the_export_is_json_and_says_what_it_is():
    document = json.loads(_written("json", [(_note(7, done=True), "3f9a01bc/7")]))

    assert document == {
        "quart_notes_export": 1,
        "epoch": "3f9a01bc",
        "board": {"name": "Allotment"},
        "exported_at": "2026-01-31T09:30:00.000001Z",
        "notes": [
            {
                "origin": "3f9a01bc/7",
                "title": "Buy milk",
                "description": "Two litres.",
                "pinned": False,
                "done": True,
                "version": 1,
                "created_at": "2026-01-31T09:30:00.000001Z",
                "updated_at": "2026-01-31T09:30:00.000001Z",
            }
        ],
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1"])
def test_no_cell_of_the_table_is_a_formula(tmp_path: Path, text: str):
    data = _written("csv", [(_note(title=text, description=text), "3f9a01bc/1")]).decode("utf-8-sig")

    (_, row) = csv.reader(io.StringIO(data, newline=""))
    assert row[:2] == [f"'{text}"] * 2
    assert _only(put(tmp_path, "x.csv", data)).description == text


def test_a_spreadsheet_that_separates_by_semicolons_finds_no_formula_in_the_middle():
    data = _written("csv", [(_note(title="a;=1+1"), "3f9a01bc/1")]).decode("utf-8-sig")

    assert '"a;=1+1"' in data


def test_the_zip_is_one_that_every_program_reads():
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
        '---\ntitle: "..."\npinned: false\ndone: false\ncreated_at: 2026-01-31T09:30:00.000001Z\n'
        'updated_at: 2026-01-31T09:30:00.000001Z\norigin: "3f9a01bc/3"\n---\n\nTwo litres.\n'
    )


def test_a_zip_of_more_files_than_sixteen_bits_count_is_read_by_others_and_by_us(tmp_path: Path):
    writing = ZipWriter()
    count = 0xFFFF + 5
    data = b"".join(writing.add(f"{n}.md", b"", NOW) for n in range(count)) + b"".join(writing.directory())

    path = put(tmp_path, "export.zip", data)

    assert len(zipfile.ZipFile(path).namelist()) == count
    assert len(list(files([SourcePath(path, "export.zip")]))) == count


def test_a_note_of_before_1980_has_the_first_date_that_a_zip_can_have():
    data = _written("markdown", [(_note(updated_at=datetime(1970, 1, 1, tzinfo=UTC)), "3f9a01bc/1")])

    assert zipfile.ZipFile(io.BytesIO(data)).infolist()[0].date_time[0] == 1980
    assert file_name(_note(5, title="\0/..\\ \u202e")) == "note-5.md"


# JSON.


class _Drops:
    """A file that is read a few bytes at a time, so that everything is cut somewhere."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file, self._size = io.BytesIO(data), size

    def read(self, _: int) -> bytes:
        return self._file.read(self._size)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@settings(max_examples=40)
@given(
    value=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
        max_size=6,
    ),
    ascii_only=st.booleans(),
)
def test_an_array_is_read_wherever_it_is_cut(size: int, value: list[Any], ascii_only: bool):
    data = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    reader = JsonReader(_Drops(data, size))

    assert json.dumps(list(reader.array())) == json.dumps(json.loads(data.decode("utf-8", "surrogateescape")))
    assert reader.peek() == ""


BAD_ELEMENTS = {
    "nonsense": b"{nonsense}",
    "single quotes": b"{'title': 'a, b'}",
    "NaN": b'{"title": NaN}',
    "a control character": b'{"title": "a\x01"}',
    "a bad escape": b'{"title": "\\x"}',
    "a trailing comma": b'{"title": "a",}',
    "a number that is too long": b'{"title": ' + b"1" * 5000 + b"}",
    "nested too deep": b"[" * 200_000 + b"]" * 200_000,
    "too long": b'{"title": "' + b"x" * (ELEMENT_MAX + 10) + b'"}',
    "too long and bad": b'{"title": nope, "x": "' + b'\\"]},' * (ELEMENT_MAX // 4) + b'"}',
}


@pytest.mark.parametrize("bad", BAD_ELEMENTS.values(), ids=BAD_ELEMENTS.keys())
def test_a_bad_element_is_passed_over(bad: bytes):
    found = list(JsonReader(io.BytesIO(b'[{"title": "a"},' + bad + b' , {"title": "b"}]')).array())

    assert [one for one in found if not isinstance(one, BadElement)] == [{"title": "a"}, {"title": "b"}]
    assert len(found) == 3
    assert found[1].why


@pytest.mark.parametrize(
    "cut",
    ["[", "[1", "[1,", '["', '["a', '["a\\', "[{", '[{"a"', "[nope", "[nope[", '[nope"', "[1 2]", "[1,]", "[,1]", ""],
)
def test_an_array_that_is_none_is_refused(cut: str):
    with pytest.raises(UnreadableError, match="not whole JSON"):
        list(JsonReader(_Drops(cut.encode(), 2)).array())


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("", "begins with neither"), ("nonsense", "begins with neither"), ('"notes"', "begins with neither"),
        ("{}", "no notes in it"), ('{"notes": 5}', "no notes in it"),
        ('{"quart_notes_export": 2, "notes": []}', "version 2"), ('{"notes": []', "not whole JSON"),
        ('{"notes": []} x', "follows its end"), ("[] []", "follows its end"),
        ('{"notes": [], nope}', "follows its end"), ('{"notes" []}', "not whole JSON"),
        ('{"epoch": NaN, "notes": []}', "not whole JSON"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_export_says_what_is_wrong(tmp_path: Path, document: str, why: str):
    path = put(tmp_path, "x.json", document)

    with pytest.raises(UnreadableError, match=why):
        items(path, format="json")


def test_notes_are_found_wherever_they_stand_in_an_export(tmp_path: Path):
    document = {"a": [1, {"notes": [2]}], "quart_notes_export": 1, "notes": [{"title": "a"}], "b": "x" * (2 * PIECE)}

    assert _only(put(tmp_path, "x.json", document)).title == "a"


DATES = [
    ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31t09:30:00z", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31 09:30:00.5+01:00", "2026-01-31T08:30:00.500000+00:00"),
    ("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31T09:30:00.123456789Z", "2026-01-31T09:30:00.123456+00:00"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
    ("2016-12-31t23:59:60.25z", "2017-01-01T00:00:00.250000+00:00"),
    ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00+00:00"),
    ("2015-07-01T05:29:60+05:30", "2015-07-01T00:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "moment"), DATES)
def test_every_date_of_rfc_3339_comes_in(text: str, moment: str):
    entry = ImportedNote.of({"title": "a", "created_at": text})

    assert entry.created_at == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text", ["2026-01-31T09:30:60Z", "2026-01-31T23:59:61Z", "2026-01-31T09:60:00Z", "9999-12-31T23:59:60Z"]
)
def test_a_second_that_there_never_was_does_not_come_in(text: str):
    with pytest.raises(BadEntryError, match="created_at: is not a date"):
        ImportedNote.of({"title": "a", "created_at": text})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"title": " ", "description": "\n"}, "it has neither a title nor a text"),
        ({}, "it has neither a title nor a text"),
        (5, "it is not an object"),
        (None, "it is not an object"),
    ],
)
def test_a_bad_note_says_which_it_is_and_why(tmp_path: Path, values: Any, reason: str):
    path = put(tmp_path, "x.json", [{"title": "good"}, values, {"title": "good too"}])

    first, bad, last = items(path)

    assert first.entry and last.entry
    assert bad.name == "x.json: note 2"
    assert reason in (bad.problem or "")


def test_bytes_that_are_no_utf8_are_named_with_their_note_only(tmp_path: Path):
    path = put(tmp_path, "x.json", b'[{"title": "caf\xe9"}, {"title": "caf\xc3\xa9"}]')

    other, good = items(path)

    assert other.entry and other.entry.title == "café"
    assert [lost.what for lost in other.lost] == [OTHER_BYTES]
    assert good.entry and good.entry.title == "café"
    assert not good.lost


# CSV.


@pytest.mark.parametrize(
    "table",
    [
        "title,description,done\nBuy milk,Two litres.,true\n",
        "\ufeffTitle;Text;Completed\r\nBuy milk;Two litres.;x\r\n",
        "Name\tBody\tChecked\nBuy milk\tTwo litres.\tYES",
        'nr,"TITLE",unknown,content,done\n1,"Buy milk",?,"Two litres.",1\n\n,,,,\n',
        "title,title,notes,done\nBuy milk,other,Two litres.,✓\n",
    ],
)
def test_a_table_is_read_whatever_its_columns_are_called_and_separated_by(tmp_path: Path, table: str):
    entry = _only(put(tmp_path, "x.csv", table))

    assert (entry.title, entry.description, entry.done) == ("Buy milk", "Two litres.", True)


def test_a_cell_may_have_lines_and_quotation_marks(tmp_path: Path):
    path = put(tmp_path, "x.csv", 'title,text\r\n"say ""hi""","a\r\nb\nc"\r\n')

    assert (_only(path).title, _only(path).description) == ('say "hi"', "a\r\nb\nc")


def test_what_looks_like_an_escaped_formula_in_a_table_of_others_stays(tmp_path: Path):
    assert _only(put(tmp_path, "x.csv", "title\n'=1\n")).title == "'=1"


def test_dates_of_a_table_are_kept(tmp_path: Path):
    path = put(tmp_path, "x.csv", "title,created,modified\na,2026-01-31,2026-01-31T10:30:00+01:00\n")

    entry = _only(path)

    assert entry.created_at == datetime(2026, 1, 31, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",yes,", "neither a title nor a text"),
        ('"' + "x" * 200_000 + '",,', "a cell is far too long"),
    ],
)
def test_a_bad_row_says_which_it_is_and_why(tmp_path: Path, row: str, reason: str):
    path = put(tmp_path, "x.csv", f"title,done,created_at\ngood,,\n{row}\ngood too,,\n")

    found = items(path)

    assert [item.entry.title for item in found if item.entry] == ["good", "good too"]
    (bad,) = [item for item in found if item.problem]
    assert bad.name == "x.csv: line 3"
    assert reason in (bad.problem or "")


def test_a_table_without_a_known_column_says_so(tmp_path: Path):
    with pytest.raises(UnreadableError, match="names a column"):
        items(put(tmp_path, "x.csv", "a,b\n1,2\n"))


def test_an_endless_line_is_cut(tmp_path: Path):
    path = put(tmp_path, "x.csv", "title\n" + "x" * (5 << 20) + "\nlast\n")

    *bad, last = items(path)

    assert bad
    assert last.entry and last.entry.title == "last"


# Markdown.


@pytest.mark.parametrize(
    ("text", "title", "description"),
    [
        ("# Buy milk\n\nTwo litres.\n", "Buy milk", "Two litres."),
        ("# Buy milk #\r\nTwo\r\nlitres.\r\n", "Buy milk", "Two\r\nlitres."),
        ("Two litres.", "groceries", "Two litres."),
        ("## Smaller\ntext", "groceries", "## Smaller\ntext"),
        ("#hashtag", "groceries", "#hashtag"),
        ("", "groceries", None),
        ("---\ntitle: Buy milk\ntags: [a, b]\nlist:\n  - x\n---\nTwo litres.", "Buy milk", "Two litres."),
        ("---\r\ntitle: 'Tim''s'\r\n---\r\n# Heading\r\n", "Tim's", "# Heading"),
        ('---\ntitle: "a\\u00e9: b"\n---\n', "aé: b", None),
        ("---\nTitle: Buy milk\n...\nTwo litres.", "Buy milk", "Two litres."),
        ("\ufeff# Buy milk", "Buy milk", None),
        ("---\nno end", "groceries", "---\nno end"),
        ('---\ntitle: "unclosed\n---\nx', '"unclosed', "x"),
    ],
)
def test_a_markdown_file_is_a_note(tmp_path: Path, text: str, title: str, description: str | None):
    entry = _only(put(tmp_path, "groceries.md", text))

    assert (entry.title, entry.description, entry.done) == (title, description, False)


def test_front_matter_says_more(tmp_path: Path):
    path = put(tmp_path, "a.md", "---\ndone: true\ncreated: 2026-01-31\n---\ntext")

    entry = _only(path)

    assert (entry.title, entry.done, entry.created_at) == ("a", True, datetime(2026, 1, 31, tzinfo=UTC))


def test_a_markdown_file_that_is_too_long_says_so(tmp_path: Path):
    assert "larger than a note can be" in _problem(put(tmp_path, "a.md", b"x" * ((1 << 20) + 1)))


def test_a_folder_and_a_zip_of_markdown_files_say_the_same(tmp_path: Path):
    folder = tmp_path / "notes"
    (folder / "inner").mkdir(parents=True)
    files = {"a.md": "# A\n", "b.markdown": "text", "inner/c.MD": "c", "inner/.d.md": "hidden", "picture.png": "x"}
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "link.md").symlink_to("/etc/hostname")

    from_folder = entries(folder)
    from_zip = entries(put(tmp_path, "notes.zip", packed({**files, "__MACOSX/a.md": "rubbish", "empty/": ""})))

    assert [item.entry for item in from_folder] == [item.entry for item in from_zip]
    assert [item.name for item in from_folder] == ["a.md", "b.markdown", "inner/c.MD"]


# Google Keep.


def test_takeout_comes_in_without_what_was_put_aside(tmp_path: Path):
    found = items(put(tmp_path, "takeout.zip", takeout()))

    assert [item.problem for item in found] == [None] * 4
    assert [item.name for item in found if item.entry is None] == ["Takeout/Keep/Old.json", "Takeout/Keep/Gone.json"]
    milk, shopping = (item.entry for item in found if item.entry)
    assert milk.created_at == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)
    assert milk.updated_at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert (milk.title, milk.description, milk.done) == ("Buy milk", "Two litres.", False)
    assert shopping.title == "Shopping"
    assert shopping.description == "- [x] Bread\n- [ ] Salt\n\nAttachment: photo.png\n\n#Home #On-the-way"


@pytest.mark.parametrize(("options", "titles"), [({"archived": True}, {"Old"}), ({"trashed": True}, {"Gone"})])
def test_archived_and_trashed_notes_come_in_when_they_are_asked_for(tmp_path: Path, options: Any, titles: set[str]):
    found = items(put(tmp_path, "takeout.zip", takeout()), **options)

    assert {item.entry.title for item in found if item.entry} == {"Buy milk", "Shopping"} | titles


def test_notes_of_keep_are_known_without_their_folder(tmp_path: Path):
    assert _only(put(tmp_path, "Milk.json", keep_note())).title == "Buy milk"


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ({"title": "no note"}, "not a note of Google Keep"), ([], "not a note of Google Keep"),
        ("[" * 5000, "nested deeper"), ("nonsense", "It is not JSON"), (b"\xff", "not UTF-8"),
        ('{"textContent": "\\u0000"}', "cannot be stored"), (b" " * (1 << 20) + b"{}", "larger than a note can be"),
    ],
)  # fmt: skip
def test_a_bad_note_of_keep_says_why(tmp_path: Path, note: Any, reason: str):
    assert reason in _problem(put(tmp_path, "x.json", note), format="keep")


# What kind of file it is.


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x", '[{"title": "a"}]', "json: note"),
        ("x", '{"quart_notes_export": 1, "textContent": 1, "notes": [{"title": "a"}]}', "json: note"),
        ("x", json.dumps(keep_note()), "keep"),
        ("x.txt", "title,done\na,yes\n", "row"),
        ("x", "# a\n", "markdown"),
        ("x", packed({"a.md": "a"}), "markdown"),
        ("x", packed({"export.json": '[{"title": "a"}]'}), "json: note"),
        ("x", packed({"a.csv": "title\na\n"}), "row"),
        ("x", packed({"picture.png": "x", "deep/er/a.json": json.dumps(keep_note())}), "keep"),
    ],
)
def test_it_is_found_out_what_a_file_is(tmp_path: Path, name: str, data: bytes | str, kind: str):
    (item,) = entries(put(tmp_path, name, data))

    assert item.entry, item.problem
    words = {"row": ": line 2", "json: note": ": note 1"}
    assert item.name.endswith(words[kind]) if kind in words else ":" not in item.name


@pytest.mark.parametrize(
    "data", [b"nonsense", b"\xff\xfe", b"\x89PNG", packed({"a.png": "x"}), packed({}), b"a,b\n1,2"]
)
def test_what_cannot_be_told_is_asked(tmp_path: Path, data: bytes):
    with pytest.raises(UnreadableError, match="not recognised"):
        items(put(tmp_path, "x", data))


def test_a_zip_without_what_was_asked_for_says_so(tmp_path: Path):
    with pytest.raises(UnreadableError, match="nothing in it"):
        items(put(tmp_path, "x.zip", packed({"a.png": "x"})), format="markdown")


# Names of entries.


def test_the_same_file_gives_the_same_names_and_equal_notes_are_two():
    def names() -> list[str | None]:
        origins = OriginNamer()
        entries = [
            ImportedNote(title="a"),
            ImportedNote(title="a"),
            ImportedNote(title="a", done=True),
            ImportedNote(description="a"),
        ]
        return [origins.of(entry) for entry in [*entries, ImportedNote(title="a", created_at=NOW)]]

    first = names()

    assert first == names()
    assert len(set(first)) == 5
    assert [str(name)[-2:] for name in first] == ["#1", "#2", "#1", "#1", "#1"]
    assert all(len(str(name)) <= 100 for name in first)


def test_a_name_that_a_file_brings_twice_counts_once(tmp_path: Path):
    path = put(tmp_path, "x.json", [{"title": "a", "origin": "3f9a01bc/1"}, {"title": "b", "origin": "3f9a01bc/1"}])

    (batch,) = batches(path)

    assert [origin for _, origin in batch.entries] == ["3f9a01bc/1"]
    assert (batch.known, batch.done) == (1, 2)


def test_too_many_notes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importer, "ENTRIES_MAX", 3)
    path = put(tmp_path, "x.csv", "title\n" + "a\n" * 4)

    with pytest.raises(UnreadableError, match="more than 3 notes"):
        items(path)
    with pytest.raises(UnreadableError, match="more than 3 notes"):
        list(ImportSource([SourcePath(path, "x.csv")], ImportOptions()).counts())


def test_batches_are_small_by_number_and_by_size(tmp_path: Path):
    many = put(tmp_path, "a.json", [{"title": "a"}] * 250)
    long = put(tmp_path, "b.json", [{"description": "x" * 20_000}] * 20)

    assert [batch.done for batch in batches(many)] == [100, 100, 50]
    assert max(len(batch.entries) for batch in batches(long)) <= 7
