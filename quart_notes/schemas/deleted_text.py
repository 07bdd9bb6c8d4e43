"""Events of things that were deleted: what they say without the text that people wrote."""

import json
import re
from typing import Any

# The name of what has text, and its fields that hold it, each with what stands there once it is deleted.
TEXT: dict[str, dict[str, str | None]] = {"note": {"title": None, "description": None}, "message": {"content": ""}}
BEGINNING = re.compile(
    rb'\{(?:"id":"[^"]*",)?"topic":"[^"]*","action":"(create|update|delete)","(%s)":\{"id":(\d+)[,}]'
    % b"|".join(name.encode() for name in TEXT)
)


def subject_of(event: bytes) -> tuple[str | None, bool]:
    """The thing with text that an encoded event is about, e.g. `note:12`, or None; and whether the event deletes it."""
    match = BEGINNING.match(event)
    if match is None:
        return None, False
    return f"{match[2].decode()}:{match[3].decode()}", match[1] == b"delete"


def blanked(event: bytes) -> bytes:
    """An encoded event without the text of what it is about; others as they are."""
    return with_text(event, {}) if BEGINNING.match(event) else event


def with_text(event: bytes, text: dict[str, Any]) -> bytes:
    """An encoded event of a thing with text that holds the given text, by field, and none where nothing is given."""
    document = json.loads(event)
    name = next(name for name in TEXT if name in document)
    document[name] |= TEXT[name] | text
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
