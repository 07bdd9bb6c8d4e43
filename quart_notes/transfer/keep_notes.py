"""Notes of Google Keep, as Google Takeout gives them: a JSON file a note, in a folder Keep."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from quart_notes.errors import InvalidJsonError
from quart_notes.jsonio import parse
from quart_notes.schemas import ImportOptions
from quart_notes.transfer.files import File, whole
from quart_notes.transfer.items import Item, checked

SUFFIXES = frozenset({".json"})
KEYS = frozenset({"textContent", "listContent", "isTrashed", "isArchived", "userEditedTimestampUsec", "isPinned"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(file: File, options: ImportOptions) -> Iterator[Item]:
    """The one note in a file."""
    try:
        note = parse(whole(file).removeprefix(b"\xef\xbb\xbf"))
    except InvalidJsonError as error:
        yield Item(file.name, problem=error.detail.replace("The body", "It"))
        return
    if not is_note(note):
        yield Item(file.name, problem="it is not a note of Google Keep")
    elif (note.get("isTrashed") is True and not options.trashed) or (
        note.get("isArchived") is True and not options.archived
    ):
        yield Item(file.name)
    else:
        yield _item(file.name, note)


def count(_: File) -> Iterator[int]:
    """One for each file."""
    yield 1


def is_note(value: Any) -> bool:
    """Whether a JSON document looks like a note of Google Keep."""
    return isinstance(value, dict) and not KEYS.isdisjoint(value)


def _item(name: str, note: dict[str, Any]) -> Item:
    try:
        parts = [_text(note), _list(note), _attachments(note), _labels(note)]
        values = {
            "title": note.get("title"),
            "description": "\n\n".join(part for part in parts if part),
            "created_at": _moment(note, "createdTimestampUsec"),
            "updated_at": _moment(note, "userEditedTimestampUsec"),
        }
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return Item(name, problem="it is not made as notes of Google Keep are")
    return checked(name, values)


def _text(note: dict[str, Any]) -> str:
    text = note.get("textContent") or ""
    if not isinstance(text, str):
        raise TypeError
    return text


def _list(note: dict[str, Any]) -> str:
    lines = note.get("listContent") or []
    return "\n".join(f"- [{'x' if line.get('isChecked') else ' '}] {line['text']}" for line in lines)


def _attachments(note: dict[str, Any]) -> str:
    return "\n".join(f"Attachment: {one['filePath']}" for one in note.get("attachments") or [])


def _labels(note: dict[str, Any]) -> str:
    """The labels as words on a line; a label of several words becomes one."""
    return " ".join("#" + "-".join(label["name"].split()) for label in note.get("labels") or [])


def _moment(note: dict[str, Any], key: str) -> datetime | None:
    """A time in microseconds since 1970."""
    value = note.get(key)
    if value is None:
        return None
    return EPOCH + timedelta(microseconds=int(value) if isinstance(value, str) else value)
