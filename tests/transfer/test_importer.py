"""File formats are detected, and files that are no notes are reported or refused."""

import json
from pathlib import Path

import pytest

from quart_notes.schemas import ImportOptions
from quart_notes.transfer import importer
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.import_batches import ImportSource
from quart_notes.transfer.source_files import SourcePath
from tests.support.note_files import entries, items, keep_note, lost_of, packed, put


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
def test_the_format_of_a_file_is_detected(tmp_path: Path, name: str, data: bytes | str, kind: str):
    (item,) = entries(put(tmp_path, name, data))

    assert item.entry, item.problem
    words = {"row": ": line 2", "json: note": ": note 1"}
    assert item.name.endswith(words[kind]) if kind in words else ":" not in item.name


@pytest.mark.parametrize(
    "data", [b"nonsense", b"\xff\xfe", b"\x89PNG", packed({"a.png": "x"}), packed({}), b"a,b\n1,2"]
)
def test_an_undetectable_format_has_to_be_named(tmp_path: Path, data: bytes):
    with pytest.raises(UnreadableError, match="not recognised"):
        items(put(tmp_path, "x", data))


def test_a_zip_without_the_requested_format_is_refused_with_that_reason(tmp_path: Path):
    with pytest.raises(UnreadableError, match="nothing in it"):
        items(put(tmp_path, "x.zip", packed({"a.png": "x"})), format="markdown")


def test_files_of_other_types_beside_the_notes_are_reported(tmp_path: Path):
    found = items(put(tmp_path, "vault.zip", packed({"a.md": "# A", "deep/photo.png": "x"})))

    assert lost_of(found) == {"files of another kind": "deep/photo.png"}


def test_too_many_notes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importer, "ENTRIES_MAX", 3)
    path = put(tmp_path, "x.csv", "title\n" + "a\n" * 4)

    with pytest.raises(UnreadableError, match="more than 3 notes"):
        items(path)
    with pytest.raises(UnreadableError, match="more than 3 notes"):
        list(ImportSource([SourcePath(path, "x.csv")], ImportOptions()).counts())
