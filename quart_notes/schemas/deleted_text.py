"""Removes the text from events of deleted objects."""

import json
import re
from typing import Any

# Objects with text, and their text fields, each with the value that replaces the text.
TEXT: dict[str, dict[str, Any]] = {
    "note": {"title": None, "description": None, "content": None, "labels": []},
    "message": {"content": "", "formatted": None},
}
BEGINNING = re.compile(
    rb'\{(?:"id":"[^"]*",)?"topic":"[^"]*","action":"(create|update|delete)","(%s)":\{"id":(\d+)[,}]'
    % b"|".join(name.encode() for name in TEXT)
)


def subject_of(event: bytes) -> tuple[str | None, bool]:
    """The object with text of an encoded event, e.g. `note:12`, or None; and whether the event deletes it."""
    match = BEGINNING.match(event)
    if match is None:
        return None, False
    return f"{match[2].decode()}:{match[3].decode()}", match[1] == b"delete"


def blanked(event: bytes) -> bytes:
    """An encoded event without its object's text; events of other objects as they are."""
    return with_text(event, {}) if BEGINNING.match(event) else event


def with_text(event: bytes, text: dict[str, Any]) -> bytes:
    """An encoded event with its object's text set from `text`, by field; missing fields become empty."""
    document = json.loads(event)
    name = next(name for name in TEXT if name in document)
    document[name] |= TEXT[name] | text
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
