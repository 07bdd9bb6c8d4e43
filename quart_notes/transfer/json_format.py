"""Reads notes as JSON: our own export, an array of notes, or an object that contains one, as of many programs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.checklists import check_items, checklists
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.fields import gathered
from quart_notes.transfer.json_stream import BadElement, JsonReader, fields_of, skip_value
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import File
from quart_notes.transfer.trello_board import TrelloBoard
from quart_notes.transfer.trello_card import is_card, note_of

SUFFIXES = frozenset({".json"})
MARK = "quart_notes_export"  # its value is the version of the format
VERSION = 2
VERSIONS = (1, VERSION)  # 1 has neither colours nor an archive
ARRAYS = frozenset({"notes", "memos", "tasks", "cards", "items", "data", "activeNotes"})
TRASH = frozenset({"trashedNotes"})  # Simplenote's
MEMO = frozenset({"content", "visibility"})  # fields that every element of memos has
DERIVED = frozenset({"snippet", "nodes", "property"})  # what memos derives from the content
COPIES = {"displayTime": "createTime", "displayTs": "createdTs"}  # which it shows in place of the other
LISTS = "items"  # the field of a list that has notes of its own, and the array of such lists
CHECKLISTS: Mapping[str, Callable[[Any], str]] = {"checklists": checklists, "items": check_items}
TEXT = "notes"  # a name for a further text


class Trashed(NamedTuple):
    """An element of an array of deleted notes."""

    element: Any


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The notes in a file, each named by its position."""
    board = TrelloBoard(file)
    for number, element in enumerate(_elements(file), 1):
        yield _item(f"{file.name}: note {number:,}", element, options, board)
    if lost := board.lost():
        yield ParsedNote(file.name, lost=lost)


def _item(name: str, element: Any, options: ImportOptions, board: TrelloBoard) -> ParsedNote:
    if isinstance(element, Trashed):
        if not options.trashed:
            return ParsedNote(name, left_out="trashed")
        element = element.element
    if isinstance(element, BadElement):
        return ParsedNote(name, problem=element.why)
    if not isinstance(element, dict):
        return ParsedNote(name, problem="it is not an object")
    if is_card(element):
        return note_of(name, element, board, options)
    return gathered(_without_copies(_with_checklists(element)).items()).item(name, options)


def _without_copies(element: dict[str, Any]) -> dict[str, Any]:
    """An element without what memos derives from its content, or says twice."""
    if not element.keys() >= MEMO:
        return element
    return {
        key: value
        for key, value in element.items()
        if key not in DERIVED and not (key in COPIES and value == element.get(COPIES[key]))
    }


def _with_checklists(element: dict[str, Any]) -> dict[str, Any]:
    """An element with its checklists as a text; what is no checklist stays what it is."""
    field = next((field for field in CHECKLISTS if element.get(field)), None)
    try:
        text = CHECKLISTS[field](element[field]) if field else ""
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return element
    return {name: value for name, value in element.items() if name != field} | {TEXT: text} if text else element


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
    found = False
    for key in fields_of(reader):
        if key in ARRAYS | TRASH and reader.peek() == "[":
            found = True
            read = _flat if key == LISTS else JsonReader.array
            yield from map(Trashed, reader.array()) if key in TRASH else read(reader)
        elif (value := skip_value(reader)) not in VERSIONS and key == MARK:
            raise UnreadableError(f"It is an export of version {value!r:.20}; known here are 1 to {VERSION}.")
    if not found:
        raise UnreadableError("There are no notes in it: no array under the name notes.")


def _flat(reader: JsonReader) -> Iterator[Any]:
    """The elements of an array; of lists with items of their own, as in Google Tasks, the items."""
    for element in reader.array():
        inner = element.get(LISTS) if isinstance(element, dict) else None
        yield from inner if isinstance(inner, list) else [element]
