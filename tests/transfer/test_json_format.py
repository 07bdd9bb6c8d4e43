"""Notes as JSON: parsed in pieces, valid or broken."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.json_stream import ELEMENT_MAX, PIECE, BadElement, JsonReader
from quart_notes.transfer.parsed_note import OTHER_BYTES
from tests.support.note_files import items, only, put


class _Drops:
    """A file that returns a few bytes at a time, so that it is split everywhere."""

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
def test_an_array_split_anywhere_is_parsed(size: int, value: list[Any], ascii_only: bool):
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
def test_a_bad_element_is_skipped(bad: bytes):
    found = list(JsonReader(io.BytesIO(b'[{"title": "a"},' + bad + b' , {"title": "b"}]')).array())

    assert [one for one in found if not isinstance(one, BadElement)] == [{"title": "a"}, {"title": "b"}]
    assert len(found) == 3
    assert found[1].why


@pytest.mark.parametrize(
    "cut",
    ["[", "[1", "[1,", '["', '["a', '["a\\', "[{", '[{"a"', "[nope", "[nope[", '[nope"', "[1 2]", "[1,]", "[,1]", ""],
)
def test_an_invalid_array_is_refused(cut: str):
    with pytest.raises(UnreadableError, match="not whole JSON"):
        list(JsonReader(_Drops(cut.encode(), 2)).array())


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("", "begins with neither"), ("nonsense", "begins with neither"), ('"notes"', "begins with neither"),
        ("{}", "no notes in it"), ('{"notes": 5}', "no notes in it"),
        ('{"quart_notes_export": 3, "notes": []}', "version 3"), ('{"notes": []', "not whole JSON"),
        ('{"notes": []} x', "follows its end"), ("[] []", "follows its end"),
        ('{"notes": [], nope}', "follows its end"), ('{"notes" []}', "not whole JSON"),
        ('{"epoch": NaN, "notes": []}', "not whole JSON"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_export_is_refused_with_a_reason(tmp_path: Path, document: str, why: str):
    path = put(tmp_path, "x.json", document)

    with pytest.raises(UnreadableError, match=why):
        items(path, format="json")


def test_notes_are_found_at_any_position_in_an_export(tmp_path: Path):
    document = {"a": [1, {"notes": [2]}], "quart_notes_export": 1, "notes": [{"title": "a"}], "b": "x" * (2 * PIECE)}

    assert only(put(tmp_path, "x.json", document)).title == "a"


def test_an_export_of_before_notes_named_their_users_is_imported(tmp_path: Path):
    moments = {"created_at": "2026-01-31T09:30:00.000001Z", "updated_at": "2026-02-01T09:30:00Z"}
    about = {"title": "Milk", "description": "a\r\n* b\n", "done": True, "version": 3, **moments}
    document = {
        "quart_notes_export": 1,
        "epoch": "3f9a01bc",
        "board": {"name": "Allotment"},
        "exported_at": "2026-02-01T10:00:00Z",
        "notes": [{"origin": "3f9a01bc/7", **about}],
    }
    table = (
        '\ufeff"title","description","done","created_at","updated_at","origin"\r\n"Milk","a\r\n* b\n","true",'
        '"2026-01-31T09:30:00.000001Z","2026-02-01T09:30:00Z","3f9a01bc/7"\r\n'
    )
    markdown = (
        '---\ntitle: "Milk"\ndone: true\ncreated_at: 2026-01-31T09:30:00.000001Z\n'
        'updated_at: 2026-02-01T09:30:00Z\norigin: "3f9a01bc/7"\n---\n\na\r\n* b\n\n'
    )

    for name, content in (("x.json", document), ("x.csv", table), ("x.md", markdown)):
        (item,) = items(put(tmp_path, name, content))

        entry = item.entry
        assert entry and (entry.title, entry.description, entry.done, entry.pinned) == (
            "Milk",
            "a\r\n* b\n",
            True,
            False,
        )
        assert entry.created_at == datetime(2026, 1, 31, 9, 30, 0, 1, UTC)
        assert (entry.updated_at, entry.origin) == (datetime(2026, 2, 1, 9, 30, tzinfo=UTC), "3f9a01bc/7")
        assert item.lost == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"title": " ", "description": "\n"}, "it has neither a title nor a text"),
        ({}, "it has neither a title nor a text"),
        (5, "it is not an object"),
        (None, "it is not an object"),
    ],
)
def test_a_bad_note_is_reported_with_its_number_and_reason(tmp_path: Path, values: Any, reason: str):
    path = put(tmp_path, "x.json", [{"title": "good"}, values, {"title": "good too"}])

    first, bad, last = items(path)

    assert first.entry and last.entry
    assert bad.name == "x.json: note 2"
    assert reason in (bad.problem or "")


def test_invalid_utf8_is_reported_for_its_own_note_only(tmp_path: Path):
    path = put(tmp_path, "x.json", b'[{"title": "caf\xe9"}, {"title": "caf\xc3\xa9"}]')

    other, good = items(path)

    assert other.entry and other.entry.title == "café"
    assert [lost.what for lost in other.lost] == [OTHER_BYTES]
    assert good.entry and good.entry.title == "café"
    assert not good.lost
