"""Reads notes as JSON: our own export, an array of notes, or an object that contains one, as of many programs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.fields import gathered
from quart_notes.transfer.json_stream import BadElement, JsonReader
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import File

SUFFIXES = frozenset({".json"})
MARK = "quart_notes_export"  # its value is the version of the format
VERSION = 1
ARRAYS = frozenset({"notes", "memos", "tasks", "cards", "items", "data", "activeNotes"})
TRASH = frozenset({"trashedNotes"})  # Simplenote's


class Trashed(NamedTuple):
    """An element of an array of deleted notes."""

    element: Any


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The notes in a file, each named by its position."""
    for number, element in enumerate(_elements(file), 1):
        yield _item(f"{file.name}: note {number:,}", element, options)


def _item(name: str, element: Any, options: ImportOptions) -> ParsedNote:
    if isinstance(element, Trashed):
        return _item(name, element.element, options) if options.trashed else ParsedNote(name, left_out="trashed")
    if isinstance(element, BadElement):
        return ParsedNote(name, problem=element.why)
    if not isinstance(element, dict):
        return ParsedNote(name, problem="it is not an object")
    return gathered(element.items()).item(name, options)


def count(file: File) -> Iterator[int]:
    """An item for each note."""
    return (1 for _ in _elements(file))


def _elements(file: File) -> Iterator[Any]:
    with file.open() as opened:
        reader = JsonReader(opened)
        first = reader.peek()
        if first == "[":
            yield from _flat(reader)
        elif first == "{":
            yield from _in_export(reader)
        else:
            raise UnreadableError("It is not JSON: it begins with neither [ nor {.")
        if reader.peek():
            raise UnreadableError("It is not JSON: something follows its end.")


def _in_export(reader: JsonReader) -> Iterator[Any]:
    reader.skip("{")
    found = False
    while reader.peek() == '"':
        key = reader.value()
        reader.skip(":")
        if key in ARRAYS | TRASH and reader.peek() == "[":
            found = True
            yield from map(Trashed, reader.array()) if key in TRASH else _flat(reader)
        elif (value := reader.value()) != VERSION and key == MARK:
            raise UnreadableError(f"It is an export of version {value!r:.20}; known here is {VERSION}.")
        if reader.skip(",", "}") == "}":
            break
    if not found:
        raise UnreadableError("There are no notes in it: no array under the name notes.")


def _flat(reader: JsonReader) -> Iterator[Any]:
    """The elements of an array; of lists with items of their own, as in Google Tasks, the items."""
    for element in reader.array():
        inner = element.get("items") if isinstance(element, dict) else None
        yield from inner if isinstance(inner, list) else [element]
