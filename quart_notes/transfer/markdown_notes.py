"""Notes as Markdown: a file a note. Its title is in the front matter, in a first heading, or the name of the file."""

import json
import re
from collections.abc import Iterator
from typing import Any

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.csv_notes import COLUMNS, NO, YES
from quart_notes.transfer.files import File, whole
from quart_notes.transfer.items import Item, checked

SUFFIXES = frozenset({".md", ".markdown"})
FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"([A-Za-z_ -]+):[ \t]*(.*?)[ \t]*\r?")
HEADING = re.compile(r"\s*#[ \t]+(.*?)[ \t]*#*[ \t]*(?:\r?\n|\Z)")
FIELDS = {name: field for field, names in COLUMNS.items() if field != "description" for name in names}


def read(file: File, _: ImportOptions) -> Iterator[Item]:
    """The one note in a file."""
    yield note(file.name, file.stem, whole(file).decode("utf-8-sig", "surrogateescape"))


def count(_: File) -> Iterator[int]:
    """One for each file."""
    yield 1


def note(name: str, stem: str, text: str) -> Item:
    """The note that a text makes; `stem` is its title when it has none of its own."""
    front = FRONT.match(text)
    values = _front_matter(front[1]) if front else {}
    body = text[front.end() :] if front else text
    if "origin" in values:  # our own: an empty line before the text and an end of line behind it
        description = body.removeprefix("\n").removesuffix("\n")
    else:
        heading = HEADING.match(body) if "title" not in values else None
        if heading:
            values["title"], body = heading[1], body[heading.end() :]
        description = body.strip("\r\n")
        values.setdefault("title", stem)
    done = values.get("done", False)
    if isinstance(done, str):
        if done.lower() not in YES | NO:
            return Item(name, problem=f"done: {done[:50]} is neither yes nor no")
        values["done"] = done.lower() in YES
    return checked(name, {**values, "description": description})


def _front_matter(text: str) -> dict[str, Any]:
    """Those lines `name: value` that say something about a note; all other YAML is passed over."""
    values: dict[str, Any] = {}
    for line in text.split("\n"):
        found = LINE.fullmatch(line)
        field = FIELDS.get(found[1].strip().lower()) if found else None
        if found and field and field not in values:
            values[field] = _scalar(found[2])
    return values


def _scalar(text: str) -> Any:
    """A value of YAML on one line: in quotation marks of either kind, null, or plain."""
    if text in {"null", "~", ""}:
        return None
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text
