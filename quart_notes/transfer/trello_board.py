"""What is beside the cards in the file of a board of Trello, and what of it no note has a place for."""

from collections.abc import Iterator, Mapping
from typing import Any

from quart_notes.transfer.fields import as_text
from quart_notes.transfer.json_stream import JsonReader, fields_of, skip_value
from quart_notes.transfer.parsed_note import Lost
from quart_notes.transfer.source_files import File
from quart_notes.transfer.text import readable

ARRAYS = ("lists", "checklists", "members", "customFields", "labels")  # of objects that cards name by id
ACTIONS = "actions"
PLUGINS = "pluginData"
SIZE_MAX = 8 << 20  # characters of all that is kept
EXAMPLE_MAX = 100  # characters
COMMENTS = frozenset({"commentCard", "copyCommentCard"})  # the types of actions that contain a comment


class TrelloBoard:
    """The board in a file, which is read when the first card asks for a part of it."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._parts: dict[str, dict[str, Any]] | None = None
        self._comments: dict[str, list[Mapping[str, Any]]] = {}
        self._lost: list[Lost] = []
        self._used: set[str] = set()

    def find(self, array: str, element_id: Any) -> dict[str, Any]:
        """The element of an array of the file; KeyError when there is none."""
        found: dict[str, Any] = self._read()[array][str(element_id)]
        self._used.add(str(element_id))
        return found

    def comments(self, card_id: Any) -> list[Mapping[str, Any]]:
        """The comments on a card, oldest first."""
        self._read()
        return sorted(self._comments.get(str(card_id), ()), key=lambda one: str(one.get("date")))

    def lost(self) -> list[Lost]:
        """What is left out of the board, once its cards are read; nothing when it had no card."""
        if self._parts is None:
            return []
        lists, labels = self._parts["lists"], self._parts["labels"].values()
        empty = [one.get("name") for key, one in lists.items() if key not in self._used]
        colours = [f"{one['name']}: {one['color']}" for one in labels if one.get("name") and one.get("color")]
        return [
            *self._lost,
            *(_lost("lists without cards", name) for name in empty),
            *(_lost("colours of labels", words) for words in colours),
        ]

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._parts is not None:
            return self._parts
        self._parts = {array: {} for array in ARRAYS}
        size = 0
        for array, element in self._elements():
            size += len(str(element))
            if not isinstance(element, dict):
                self._lost.append(_lost(array, element))
            elif size > SIZE_MAX:
                self._lost.append(_lost(f"{array} of a large board", element))
            elif array == PLUGINS:
                self._lost.append(_lost("data of power-ups", element.get("value")))
            elif array == ACTIONS:
                self._keep_comment(element)
            else:
                self._parts[array][str(element.get("id"))] = element
        return self._parts

    def _elements(self) -> Iterator[tuple[str, Any]]:
        with self._file.open() as opened:
            reader = JsonReader(opened)
            if reader.peek() != "{":
                return
            for name in fields_of(reader):
                if name in (*ARRAYS, ACTIONS, PLUGINS) and reader.peek() == "[":
                    for element in reader.array():
                        yield name, element
                elif (value := skip_value(reader)) and name == "desc":
                    self._lost.append(_lost("description of the board", value))

    def _keep_comment(self, action: Mapping[str, Any]) -> None:
        try:
            if action["type"] in COMMENTS:
                self._comments.setdefault(str(action["data"]["card"]["id"]), []).append(action)
                return
        except (KeyError, TypeError):
            pass
        self._lost.append(_lost("activity", action.get("type")))


def _lost(what: str, value: Any) -> Lost:
    return Lost(what, readable(as_text(value)[:EXAMPLE_MAX]))
