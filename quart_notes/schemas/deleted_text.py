"""Removes the text from events of deleted objects, and the former names of labels."""

import json
import re
from typing import Any

# Objects with text, and their text fields, each with the value that replaces the text.
TEXT: dict[str, dict[str, Any]] = {
    "note": {"title": None, "description": None, "content": None, "labels": []},
    "message": {"content": "", "formatted": None},
    "label": {"name": ""},
    "room": {"name": None},
}
# What is left of a quote when its message is deleted; its id stays.
QUOTE: dict[str, Any] = {"version": 0, "author_id": None, "author": None, "guest": None, "snippet": "", "deleted": True}
LABEL = b"label"  # in TEXT it has no subject: its name is in the events of notes, too, and is removed by `with_label`
BEGINNING = re.compile(
    rb'\{(?:"id":"[^"]*",)?"topic":"[^"]*","action":"(create|update|delete)","(%s)":\{"id":(\d+)[,}]'
    % b"|".join(name.encode() for name in TEXT)
)
# Within a text, its quotation marks would be escaped.
QUOTED = re.compile(rb'"reply_to":\{"id":(\d+),')


def subject_of(event: bytes) -> tuple[str | None, bool]:
    """The object with text of an encoded event, e.g. `note:12`, or None; and whether the event deletes it."""
    match = BEGINNING.match(event)
    if match is None:
        return None, False
    action, kind, number = match.groups()
    return (None, False) if kind == LABEL else ((b"%b:%b" % (kind, number)).decode(), action == b"delete")


def renames_a_label(event: bytes) -> bool:
    """Whether an encoded event renames, recolours or deletes a label: earlier events may have lost a name with it."""
    match = BEGINNING.match(event)
    return match is not None and match[2] == LABEL and match[1] != b"create"


def with_label(event: bytes, former: str, name: str | None) -> bytes:
    """An encoded event of a note or a label with another name in place of a label's former one; None for no label."""
    document = json.loads(event)
    if "note" in document:
        labels = [name if one == former else one for one in document["note"].get("labels", ())]
        document["note"]["labels"] = [one for one in dict.fromkeys(labels) if one is not None]
    elif document.get("label", {}).get("name") == former:
        document["label"]["name"] = name or ""
    return _encoded(document)


def deletes_a_message(event: bytes) -> bool:
    """Whether an encoded event deletes a message: earlier events of replies to it may have lost its text."""
    match = BEGINNING.match(event)
    return match is not None and match[2] == b"message" and match[1] == b"delete"


def quoted_by(event: bytes) -> str | None:
    """The message that an encoded event of another message quotes, e.g. `message:12`, or None."""
    match = QUOTED.search(event)
    return match and f"message:{match[1].decode()}"


def without_quote(event: bytes) -> bytes:
    """An encoded event of a message with what is left of its quote when the quoted message is deleted."""
    document = json.loads(event)
    document["message"]["reply_to"] |= QUOTE
    return _encoded(document)


def blanked(event: bytes) -> bytes:
    """An encoded event without its object's text; events of other objects as they are."""
    return with_text(event, {}) if BEGINNING.match(event) else event


def with_text(event: bytes, text: dict[str, Any]) -> bytes:
    """An encoded event with its object's text set from `text`, by field; missing fields and a quote become empty."""
    document = json.loads(event)
    name = next(name for name in TEXT if name in document)
    document[name] |= TEXT[name] | text
    if quote := document[name].get("reply_to"):
        quote["snippet"] = ""
    return _encoded(document)


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
