"""Notes as JSON: our own export, or a bare array of notes."""

from collections.abc import Iterator
from typing import Any

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.files import File
from quart_notes.transfer.items import Item, checked
from quart_notes.transfer.json_stream import BadElement, Reader
from quart_notes.transfer.trouble import UnreadableError

SUFFIXES = frozenset({".json"})
MARK = "quart_notes_export"  # its value is the version of the format
VERSION = 1
FIELDS = ("title", "description", "done", "created_at", "updated_at", "origin")


def read(file: File, _: ImportOptions) -> Iterator[Item]:
    """The notes in a file, each named by its place."""
    for number, element in enumerate(_elements(file), 1):
        name = f"{file.name}: note {number:,}"
        if isinstance(element, BadElement):
            yield Item(name, problem=element.why)
        elif not isinstance(element, dict):
            yield Item(name, problem="it is not an object")
        else:
            yield checked(name, {field: element[field] for field in FIELDS if field in element})


def count(file: File) -> Iterator[int]:
    """One for each note."""
    return (1 for _ in _elements(file))


def _elements(file: File) -> Iterator[Any]:
    with file.open() as opened:
        reader = Reader(opened)
        first = reader.peek()
        if first == "[":
            yield from reader.array()
        elif first == "{":
            yield from _in_export(reader)
        else:
            raise UnreadableError("It is not JSON: it begins with neither [ nor {.")
        if reader.peek():
            raise UnreadableError("It is not JSON: something follows its end.")


def _in_export(reader: Reader) -> Iterator[Any]:
    reader.skip("{")
    found = False
    while reader.peek() == '"':
        key = reader.value()
        reader.skip(":")
        if key == "notes" and reader.peek() == "[":
            found = True
            yield from reader.array()
        elif (value := reader.value()) != VERSION and key == MARK:
            raise UnreadableError(f"It is an export of version {value!r:.20}; known here is {VERSION}.")
        if reader.skip(",", "}") == "}":
            break
    if not found:
        raise UnreadableError("There are no notes in it: no array under the name notes.")
