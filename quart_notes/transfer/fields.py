"""Interprets named values as a note: the columns of a row, the fields of an object, front matter."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from quart_notes.schemas import NOTE_FLAGS, OWN_ORIGIN, ImportOptions
from quart_notes.transfer.columns import TITLES, colour_of, plain, use_of, yes_or_no
from quart_notes.transfer.dates import moment_of
from quart_notes.transfer.labels import labels_in, usable
from quart_notes.transfer.parsed_note import Lost, ParsedNote, checked
from quart_notes.transfer.text import readable

RESOURCE = re.compile(r"[a-z]+/[\w-]+")  # the name of a resource in memos, which is no title


class Fields:
    """Collects the values of one note."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lost: list[Lost] = []
        self.archived = False
        self._titles: list[tuple[int, str, str]] = []
        self._texts: list[tuple[str, str]] = []
        self._links: list[tuple[str, str]] = []

    def add(self, name: str, value: Any) -> None:
        """Add a value; blank ones are ignored."""
        text = as_text(value)
        if not text.strip():
            return
        use = use_of(name)
        if use == "labels" and self._add_labels(name, value):
            return
        if isinstance(value, list | dict) or use is None or not self._interpret(use, name, value, text):
            self.lost.append(Lost(readable(name.strip()), readable(text)))

    @property
    def title(self) -> str | None:
        """The title so far."""
        return min(self._titles, key=lambda one: one[0])[2] if self._titles else None

    def _interpret(self, use: str, name: str, value: Any, text: str) -> bool:
        if isinstance(value, bool) and use in {"title", "text", "link"}:  # Simplenote: whether the text is Markdown
            return False
        if use == "title" and not (plain(name) == "name" and RESOURCE.fullmatch(text)):
            self._titles.append((TITLES.index(plain(name)), name, text))
        elif use == "text":
            self._texts.append((name, text))
        elif use == "link":
            self._links.append((name, text))
        elif use == "origin" and OWN_ORIGIN.fullmatch(text):
            self.values["origin"] = text
        elif use in {"created_at", "updated_at"}:
            return self._add_date(use, value)
        elif use == "archived_at":
            self.archived = True
            return self._add_date(use, value)
        elif use in {"done", "done_at", "archived"}:
            return self._add_done(use, value, text)
        elif use == "colour" and (colour := colour_of(text)) is not None:
            self.values[use] = colour
        elif use in NOTE_FLAGS and (flag := yes_or_no(text)) is not None:
            self.values[use] = flag
        else:
            return False
        return True

    def _add_labels(self, name: str, value: Any) -> bool:
        found = labels_in(value)
        if found is None:
            return False
        self.values["labels"], lost = usable([*self.values.get("labels", ()), *found])
        self.lost += [Lost(readable(name.strip()), readable(one)) for one in lost]
        return True

    def _add_date(self, use: str, value: Any) -> bool:
        moment = moment_of(value)
        if moment is None or use in self.values:
            return False
        self.values[use] = moment
        return True

    def _add_done(self, use: str, value: Any, text: str) -> bool:
        """A time of completion means done."""
        answer = yes_or_no(text)
        if use == "archived" or plain(text) == "archived":
            self.archived = self.archived or answer is True or plain(text) == "archived"
            return answer is not None or plain(text) == "archived"
        moment = None if answer is not None else moment_of(value) or moment_of(text)
        dated = answer is None and (use == "done_at" or moment is not None)
        self.values["done"] = self.values.get("done", False) or answer is True or dated
        if moment is not None:
            self.values.setdefault("done_at", moment)
        return answer is not None or moment is not None

    def item(
        self, name: str, options: ImportOptions, *, title: str | None = None, body: str | None = None
    ) -> ParsedNote:
        """The note; with `title` if it has none of its own, and `body` after its texts."""
        self._resolve()
        parts = [text for _, text in self._texts]
        parts += [body] if body and body.strip() else []
        if len(parts) > 1:
            parts = [part.strip("\r\n") for part in parts]
        self.values.setdefault("title", title)
        self.values["description"] = "\n\n".join(parts) or None
        if "origin" in self.values:
            # Our own export: the note starts at version 1 again, and belongs to the user who imports it.
            self.lost = [one for one in self.lost if use_of(one.what) not in {"version", "by"}]
        if self.archived and not (options.archived or "origin" in self.values):
            return ParsedNote(name, left_out="archived")
        self.values["archived"] = self.archived
        return checked(name, self.values, self.lost)

    def _resolve(self) -> None:
        if not self._titles and len(self._texts) > 1 and plain(self._texts[0][0]) == "content":
            self._titles = [(0, *self._texts.pop(0))]  # Todoist
        self._titles.sort(key=lambda one: one[0])  # stable: of equals, the first is used
        if self._titles:
            (_, _, self.values["title"]), *others = self._titles
            self.lost += [Lost(name, text) for _, name, text in others]
        if self._links and not self._texts:
            self._texts.append(self._links.pop(0))
        self.lost += [Lost(name, text) for name, text in self._links]


def gathered(pairs: Iterable[tuple[str, Any]]) -> Fields:
    """The named values of one note."""
    fields = Fields()
    for name, value in pairs:
        fields.add(name, value)
    return fields


def as_text(value: Any) -> str:
    """A value as text for people."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | int | float | str):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str)
