"""Files of notes for the tests: in other programs' formats, and malformed ones."""

import io
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from quart_notes.schemas import ImportedNote, ImportOptions
from quart_notes.transfer.import_batches import Batch, ImportSource
from quart_notes.transfer.importer import kind_of, read
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import SourcePath

Json = dict[str, Any]
FILES_OF_OTHERS = Path(__file__).parents[1] / "transfer" / "files_of_others"
PIXELS = b"\x89PNG\r\n\x1a\n"


def items(*paths: Path, **options: Any) -> list[ParsedNote]:
    """All items in these files, including those about other files."""
    wanted, sources = ImportOptions(**options), [SourcePath(path, path.name) for path in paths]
    return list(read(sources, wanted, kind_of(sources, wanted)))


def entries(*paths: Path, **options: Any) -> list[ParsedNote]:
    """Their entries."""
    return [item for item in items(*paths, **options) if item.counts]


def only(path: Path, **options: Any) -> ImportedNote:
    """The one note in a file."""
    (item,) = items(path, **options)
    assert item.entry is not None, item.problem
    return item.entry


def problem_of(path: Path, **options: Any) -> str:
    """Why the one note in a file cannot be read."""
    (item,) = items(path, **options)
    assert item.problem is not None
    return item.problem


def contents_of(found: list[ParsedNote]) -> list[tuple[str | None, str | None, bool]]:
    """The title, the text and the tick of each note."""
    return [(item.entry.title, item.entry.description, item.entry.done) for item in found if item.entry]


def lost_of(found: list[ParsedNote]) -> dict[str, str]:
    """The parts that had no place in a note, each with its first example."""
    return {lost.what: lost.example for item in reversed(found) for lost in reversed(item.lost)}


def batches(*paths: Path, **options: Any) -> list[Batch]:
    """The same in batches, as they are imported."""
    return list(ImportSource([SourcePath(path, path.name) for path in paths], ImportOptions(**options)).batches())


def put(folder: Path, name: str, data: bytes | str | Any) -> Path:
    """A new file; content other than bytes and text is written as JSON."""
    path = folder / name
    text = data if isinstance(data, bytes | str) else json.dumps(data)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def packed(files: Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]]) -> bytes:
    """A zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(name, text)
    return data.getvalue()


def keep_note(**fields: Any) -> Json:
    """A note in the format of Google Takeout."""
    return {
        "color": "DEFAULT",
        "isTrashed": False,
        "isPinned": False,
        "isArchived": False,
        "textContent": "Two litres.",
        "title": "Buy milk",
        "userEditedTimestampUsec": 1700000001000000,
        "createdTimestampUsec": 1700000000123456,
        **fields,
    }


def takeout() -> bytes:
    """An archive of Google Takeout: notes, their HTML versions, labels, and other files."""
    files: dict[str, bytes | str] = {
        "Takeout/archive_browser.html": "<html>",
        "Takeout/Keep/Milk.json": json.dumps(keep_note()),
        "Takeout/Keep/Milk.html": "<html>",
        "Takeout/Keep/List.json": json.dumps(
            {
                **keep_note(title="Shopping", labels=[{"name": "Home"}, {"name": "On the way"}]),
                "listContent": [{"text": "Bread", "isChecked": True}, {"text": "Salt", "isChecked": False}],
                "textContent": "",
                "attachments": [{"filePath": "photo.png", "mimetype": "image/png"}],
            }
        ),
        "Takeout/Keep/Old.json": json.dumps(keep_note(title="Old", isArchived=True)),
        "Takeout/Keep/Gone.json": json.dumps(keep_note(title="Gone", isTrashed=True)),
        "Takeout/Keep/photo.png": PIXELS,
        "Takeout/Keep/Labels.txt": "Home\nOn the way\n",
        "Takeout/Other/history.json": "[" + "0," * 700_000 + "0]",
    }
    return packed(files)


def claiming(data: bytes, count: int) -> bytes:
    """A zip whose directory claims this many members."""
    at = data.rindex(b"PK\x05\x06")
    return data[: at + 8] + struct.pack("<2H", count, count) + data[at + 12 :]
