"""Malicious and damaged files: each is a reported problem or refused, and takes little memory."""

import io
import json
import os
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.schemas import ImportFormat, ImportOptions
from quart_notes.transfer import source_files, zip_reader
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.import_batches import ImportSource
from quart_notes.transfer.importer import FORMATS, Kind, read
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import SourcePath
from tests.support.note_files import batches, claiming, items, keep_note, packed, put

MIB = 1 << 20
FORMAT_NAMES: list[ImportFormat] = list(FORMATS)


def _peak(path: Path) -> int:
    """The peak memory of reading a file in bytes; UnreadableError counts as having read it."""
    tracemalloc.start()
    try:
        for _ in ImportSource([SourcePath(path, path.name)], ImportOptions()).batches():
            pass
    except UnreadableError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


def _zip(tmp_path: Path, *members: tuple[str, bytes]) -> Path:
    return put(tmp_path, "notes.zip", packed(members))


def _titles(found: list[ParsedNote]) -> list[str | None]:
    return [item.entry.title for item in found if item.entry]


def _problems(found: list[ParsedNote]) -> dict[str, str]:
    return {item.name: item.problem for item in found if item.problem}


# Bombs.


def test_a_member_with_a_high_compression_ratio_is_a_bad_entry(tmp_path: Path):
    path = _zip(tmp_path, ("bomb.md", b"\0" * (300 * MIB)), ("good.md", b"# good"))
    assert path.stat().st_size < MIB

    found = items(path)

    assert _titles(found) == ["good"]
    assert "larger than a note can be" in _problems(found)["bomb.md"]
    assert _peak(path) < 8 * MIB


def test_a_table_with_a_high_compression_ratio_is_refused(tmp_path: Path):
    path = _zip(tmp_path, ("bomb.csv", b"title\n" + b"a," * (100 * MIB)))

    with pytest.raises(UnreadableError, match="more than 200 times its size"):
        items(path)
    assert _peak(path) < 24 * MIB


def test_the_total_size_of_all_members_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zip_reader, "TOTAL_MAX", 3 * MIB)
    path = _zip(tmp_path, *((f"{n}.md", b"x" * (MIB // 2)) for n in range(10)))

    with pytest.raises(UnreadableError, match="come to more than 3 MiB"):
        items(path)


def test_members_that_overlap_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The directory names the same bytes repeatedly, as in a bomb without nesting."""
    monkeypatch.setattr(zip_reader, "TOTAL_MAX", 3 * MIB)
    one = packed({"0000.md": b"x" * (MIB // 2)})
    at = one.index(b"PK\x01\x02")
    entry = one[at : one.index(b"PK\x05\x06")]
    directory = b"".join(entry.replace(b"0000.md", b"%04d.md" % n) for n in range(1000))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), at, 0)

    with pytest.raises(UnreadableError, match="come to more than 3 MiB"):
        items(put(tmp_path, "notes.zip", one[:at] + directory + end))


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path):
    found = items(_zip(tmp_path, ("inner.zip", packed({"a.md": "a"})), ("b.md", b"b")))

    assert _titles(found) == ["b"]
    assert "a zip within a zip" in _problems(found)["inner.zip"]


def test_a_zip_that_claims_too_many_files_is_refused_before_its_directory_is_read(tmp_path: Path):
    for claimed in (3, 60_000):
        with pytest.raises(UnreadableError, match="its directory is damaged"):
            items(put(tmp_path, "x.zip", claiming(packed({"a.md": "a"}), claimed)), format="markdown")


def test_a_zip_with_too_many_files_is_refused_with_that_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zip_reader, "MEMBERS_MAX", 3)

    with pytest.raises(UnreadableError, match="4 files in it, more than 3"):
        items(_zip(tmp_path, *((f"{n}.md", b"") for n in range(4))))


def test_files_of_other_types_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(source_files, "FILES_MAX", 3)
    for n in range(4):
        put(tmp_path, f"{n}.png", b"")

    with pytest.raises(UnreadableError, match="more than 3 files"):
        items(tmp_path, format="markdown")


def test_thousands_of_members_take_little_memory(tmp_path: Path):
    path = _zip(tmp_path, *((f"Keep/{n}.json", json.dumps(keep_note(title=str(n))).encode()) for n in range(5000)))

    assert _peak(path) < 8 * MIB


def test_a_long_array_takes_little_memory(tmp_path: Path):
    path = put(tmp_path, "x.json", b"[" + b",".join(b'{"title": "%d"}' % n for n in range(10_000)) + b"]")

    assert _peak(path) < 6 * MIB  # a few bytes are kept for each entry, to recognise duplicates


def test_the_checklists_of_a_board_take_little_memory(tmp_path: Path):
    items_of_one = [{"name": str(n), "state": "complete"} for n in range(1000)]
    checklist = {"idCard": "c", "name": "Checklist", "checkItems": items_of_one}
    path = put(tmp_path, "x.json", {"cards": [{"id": "c", "idChecklists": [1]}] * 3, "checklists": [checklist] * 100})
    assert path.stat().st_size > 3 * MIB

    assert _peak(path) < 22 * MIB


def test_an_endless_element_takes_little_memory(tmp_path: Path):
    path = put(tmp_path, "x.json", b'[{"title": "' + b"x" * (30 * MIB) + b'"}, {"title": "good"}]')

    assert _titles(items(path)) == ["good"]
    assert _peak(path) < 16 * MIB


# Path traversal, and other oddities.


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.md", "/etc/passwd.md", "a/../../b.md", "..\\..\\b.md", "C:\\b.md", "\\\\h\\b.md"],
)
def test_a_name_outside_the_folder_is_a_bad_entry_and_writes_nothing(tmp_path: Path, name: str):
    before = sorted(tmp_path.rglob("*"))
    path = _zip(tmp_path, (name, b"evil"), ("good.md", b"# good"))

    found = items(path, format="markdown")

    assert _titles(found) == ["good"]
    assert set(_problems(found).values()) <= {"its name leads out of the zip"}
    assert sorted(tmp_path.rglob("*")) == [*before, path]


def test_of_two_members_with_one_name_the_first_counts(tmp_path: Path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = _zip(tmp_path, ("a.md", b"# first"), ("a.md", b"# second"))

    found = items(path)

    assert _titles(found) == ["first"]
    assert "another of this name" in _problems(found)["a.md"]


def test_an_encrypted_member_is_a_bad_entry(tmp_path: Path):
    data = bytearray(packed({"a.md": "# a", "b.md": "# b"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    found = items(put(tmp_path, "x.zip", bytes(data)))

    assert _titles(found) == ["b"]
    assert _problems(found) == {"a.md": "it is encrypted"}


@pytest.mark.parametrize(
    ("compression", "problem"), [(zipfile.ZIP_LZMA, "packed in a way"), (zipfile.ZIP_STORED, "checksum")]
)
def test_a_member_with_an_unsupported_compression_or_a_wrong_checksum_is_a_bad_entry(
    tmp_path: Path, compression: int, problem: str
):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.md", b"# original", compression)
        archive.writestr("b.md", b"# b")

    found = items(put(tmp_path, "x.zip", data.getvalue().replace(b"original", b"tampered")))

    assert _titles(found) == ["b"]
    assert problem in _problems(found)["a.md"]


def _with_zip64(count: int = 1) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(count):
            with archive.open(f"{n}.md", "w", force_zip64=True) as member:
                member.write(b"# a")
    return data.getvalue()


def test_a_zip64_file_is_read(tmp_path: Path):
    assert _titles(items(put(tmp_path, "x.zip", _with_zip64(2)))) == ["a", "a"]


@pytest.mark.parametrize(
    "extra", [b"", b"\x01\x00\xff\xff", b"\x01\x00\x04\x00abcd", b"\x01\x00\x08\x00" + b"\xff" * 8]
)
def test_a_member_with_invalid_zip64_sizes_is_a_bad_entry(tmp_path: Path, extra: bytes):
    packed_data = zlib.compress(b"# a", wbits=-15)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, 0, 8, 0, 0, 0, 0, 0, 4, 0) + b"a.md" + packed_data
    numbers = (0, 0xFFFFFFFF, 0xFFFFFFFF, 4, len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 45, 45, 0, 8, 0, 0, *numbers) + b"a.md" + extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(local), 0)

    found = items(put(tmp_path, "x.zip", local + entry + end))

    assert _problems(found) == {"a.md": "its entry in the zip is damaged"}


@pytest.mark.parametrize("zip64", [False, True])
def test_a_zip_truncated_anywhere_is_refused(tmp_path: Path, zip64: bool):
    data = _with_zip64() if zip64 else packed({"a.md": "# a"})
    for length in range(4, len(data)):
        with pytest.raises(UnreadableError):
            items(put(tmp_path, "x.zip", data[:length]), format="markdown")


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32), zip64=st.booleans())
def test_a_zip_damaged_anywhere_is_reported_without_unexpected_errors(tmp_path: Path, seed: int, zip64: bool):
    chance = random.Random(seed)
    data = bytearray(_with_zip64(3) if zip64 else packed({f"{n}.md": f"# {n}" for n in range(3)}))
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(4, len(data))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])

    try:
        found = items(put(tmp_path, "x.zip", bytes(data)), format="markdown")
    except UnreadableError:
        return

    assert all(item.entry or item.problem or item.lost for item in found)


# Random content.


@pytest.mark.parametrize("kind", FORMAT_NAMES)
@settings(max_examples=100)
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_random_content_is_read_or_refused(tmp_path: Path, kind: ImportFormat, data: bytes):
    path = put(tmp_path, "x", data)

    try:
        found = list(read([SourcePath(path, "x")], ImportOptions(format=kind), Kind(kind)))
    except UnreadableError as error:
        assert str(error)
        return

    assert all(item.entry or item.problem or item.left_out or item.lost for item in found)


@pytest.mark.parametrize("name", ["\u202eexe.md", "a\nb.md", "x" * 250 + ".md", "\x1b[31m.md"])
def test_names_of_entries_are_shown_as_one_short_line(tmp_path: Path, name: str):
    path = _zip(tmp_path, (name, b"x" * (MIB + 1)))

    (batch,) = batches(path)

    (problem,) = batch.problems
    assert problem.entry.isprintable()
    assert len(problem.entry) <= 300


@pytest.fixture
def special_files(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe.md")
    (folder / "loop").symlink_to(folder)
    (folder / "zero.md").symlink_to("/dev/zero")
    (folder / "good.md").write_text("# good")
    yield folder


def test_pipes_devices_and_symlink_loops_in_a_folder_are_skipped(special_files: Path):
    assert _titles(items(special_files)) == ["good"]
