"""Reads notes as JSON: our own export, an array of notes, or an object that contains one, as of many programs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.checklists import check_items, checklists
from quart_notes.transfer.errors import UnreadableError
from quart_notes.transfer.fields import gathered
from quart_notes.transfer.json_stream import BadElement, JsonReader
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import File

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
CHECKLISTS_MAX = 4 << 20  # characters of all checklists of a board
CHECKLISTS = ("checklists", "idChecklists", "items")  # fields with a checklist, or naming one
TEXT = "notes"  # a name for a further text


class Trashed(NamedTuple):
    """An element of an array of deleted notes."""

    element: Any


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The notes in a file, each named by its position."""
    lists = _Checklists(file)
    for number, element in enumerate(_elements(file), 1):
        yield _item(f"{file.name}: note {number:,}", element, options, lists)


def _item(name: str, element: Any, options: ImportOptions, lists: "_Checklists") -> ParsedNote:
    if isinstance(element, Trashed):
        if not options.trashed:
            return ParsedNote(name, left_out="trashed")
        element = element.element
    if isinstance(element, BadElement):
        return ParsedNote(name, problem=element.why)
    if not isinstance(element, dict):
        return ParsedNote(name, problem="it is not an object")
    return gathered(_without_copies(lists.added_to(element)).items()).item(name, options)


def _without_copies(element: dict[str, Any]) -> dict[str, Any]:
    """An element without what memos derives from its content, or says twice."""
    if not element.keys() >= MEMO:
        return element
    return {
        key: value
        for key, value in element.items()
        if key not in DERIVED and not (key in COPIES and value == element.get(COPIES[key]))
    }


class _Checklists:
    """The checklists of a board of Trello, which are beside its cards in a file. Read when a card names one."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._by_card: dict[str, list[dict[str, Any]]] | None = None

    def added_to(self, element: dict[str, Any]) -> dict[str, Any]:
        """An element with its checklists as a text; what is no checklist stays what it is."""
        field = next((field for field in CHECKLISTS if element.get(field)), None)
        try:
            text = self._text(element, field) if field else ""
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            return element
        if not text:
            return element
        return {name: value for name, value in element.items() if name not in CHECKLISTS} | {TEXT: text}

    def _text(self, element: dict[str, Any], field: str) -> str:
        if field == "items":
            return check_items(element["items"])
        return checklists(element["checklists"] if field == "checklists" else self._of(element["id"]))

    def _of(self, card_id: str) -> list[dict[str, Any]]:
        if self._by_card is None:
            self._by_card = {}
            size = 0
            for checklist in self._all():
                size += len(str(checklist))
                if isinstance(checklist, dict) and size <= CHECKLISTS_MAX:
                    self._by_card.setdefault(str(checklist.get("idCard")), []).append(checklist)
        return self._by_card.get(card_id, [])

    def _all(self) -> Iterator[Any]:
        with self._file.open() as opened:
            reader = JsonReader(opened)
            if reader.peek() == "{":
                for key in _fields(reader):
                    if key == "checklists" and reader.peek() == "[":
                        yield from reader.array()
                    else:
                        _skip(reader)


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
    for key in _fields(reader):
        if key in ARRAYS | TRASH and reader.peek() == "[":
            found = True
            read = _flat if key == LISTS else JsonReader.array
            yield from map(Trashed, reader.array()) if key in TRASH else read(reader)
        elif (value := _skip(reader)) not in VERSIONS and key == MARK:
            raise UnreadableError(f"It is an export of version {value!r:.20}; known here are 1 to {VERSION}.")
    if not found:
        raise UnreadableError("There are no notes in it: no array under the name notes.")


def _fields(reader: JsonReader) -> Iterator[str]:
    """The names of an object's fields; read or skip the value of each before the next."""
    reader.skip("{")
    while reader.peek() == '"':
        key = reader.value()
        reader.skip(":")
        yield key
        if reader.skip(",", "}") == "}":
            break


def _skip(reader: JsonReader) -> Any:
    """Skip a value, and return it unless it is an array, which may be long."""
    if reader.peek() != "[":
        return reader.value()
    for _ in reader.array():
        pass
    return None


def _flat(reader: JsonReader) -> Iterator[Any]:
    """The elements of an array; of lists with items of their own, as in Google Tasks, the items."""
    for element in reader.array():
        inner = element.get(LISTS) if isinstance(element, dict) else None
        yield from inner if isinstance(inner, list) else [element]
