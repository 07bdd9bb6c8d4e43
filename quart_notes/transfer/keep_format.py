"""Reads notes of Google Keep from Google Takeout: a JSON file for each note, all in one folder."""

import html
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from quart_notes.errors import InvalidJsonError
from quart_notes.schemas import NOTE_FLAGS, ImportOptions
from quart_notes.schemas.strict_json import parse
from quart_notes.transfer.columns import use_of
from quart_notes.transfer.dates import moment_of
from quart_notes.transfer.fields import as_text
from quart_notes.transfer.parsed_note import Lost, ParsedNote, checked
from quart_notes.transfer.source_files import File, whole

SUFFIXES = frozenset({".json"})
KEYS = frozenset({"textContent", "listContent", "isTrashed", "isArchived", "userEditedTimestampUsec", "isPinned"})
MOMENTS = {"createdTimestampUsec": "created_at", "userEditedTimestampUsec": "updated_at"}
LOST_NAMES = {"sharees": "shared with", "attachments": "attached files", "textContentHtml": "formatting"}
USUAL: tuple[Any, ...] = ("DEFAULT", False, None, "", [], {})  # values without information
PLAIN_TAGS = frozenset({"p", "br", "span", "div", "html", "body"})


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The one note in a file. If it is the only file, it is imported even when it is archived."""
    try:
        note = parse(whole(file).removeprefix(b"\xef\xbb\xbf"))
    except InvalidJsonError as error:
        yield ParsedNote(file.name, problem=error.detail.replace("The body", "It"))
        return
    if not is_note(note):
        yield ParsedNote(file.name, problem="it is not a note of Google Keep")
    elif note.get("isTrashed") is True and not options.trashed:
        yield ParsedNote(file.name, left_out="trashed")
    elif note.get("isArchived") is True and not (options.archived or file.alone):
        yield ParsedNote(file.name, left_out="archived")
    else:
        yield _item(file.name, note)


def count(_: File) -> Iterator[int]:
    """One item: a file is a note."""
    yield 1


def is_note(value: Any) -> bool:
    """Whether a JSON document looks like a note of Google Keep."""
    return isinstance(value, dict) and not KEYS.isdisjoint(value)


def _item(name: str, note: dict[str, Any]) -> ParsedNote:
    """The note of its parts; an invalid part is reported as lost, and the others are used."""
    values: dict[str, Any] = {}
    texts: list[str] = []
    lost: list[Lost] = []
    for key in (*PARTS, *(key for key in note if key not in PARTS)):
        value = note.get(key)
        if value in USUAL:
            continue
        try:
            if key in PARTS:
                texts.append(PARTS[key](value, "\n".join(texts)))
            elif key in MOMENTS:
                values[MOMENTS[key]] = _required(moment_of(value))
            elif key == "title":
                values["title"] = _text(value)
            elif (use := use_of(key)) in NOTE_FLAGS:
                values[use] = _required(value if isinstance(value, bool) else None)
        except (TypeError, ValueError, KeyError, AttributeError):
            lost.append(Lost(key, as_text(value)))
        else:
            lost += _lost_parts(key, value)
    _name_link(values, texts, note)
    values["description"] = "\n\n".join(text for text in texts if text) or None
    if not (values.get("title") or "").strip() and not values["description"] and not lost:
        return ParsedNote(name, left_out="empty")
    return checked(name, values, lost)


def _required(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _lost_parts(key: str, value: Any) -> list[Lost]:
    """The parts of a field that a note has no place for."""
    if key == "textContentHtml":
        tags = _Html.of(_text(value)).tags - PLAIN_TAGS
        return [Lost(LOST_NAMES[key], ", ".join(sorted(tags)))] if tags else []
    if (key in PARTS and key != "attachments") or key in MOMENTS or key == "title" or use_of(key) in NOTE_FLAGS:
        return []
    return [Lost(LOST_NAMES.get(key, key), _example(value))]


def _example(value: Any) -> str:
    """The first value, by a name that people know."""
    one = value[0] if isinstance(value, list) and value else value
    names = [one[key] for key in ("email", "filePath", "name") if key in one] if isinstance(one, dict) else []
    return str(names[0]) if names else as_text(value)


def _text(text: Any, _: str = "") -> str:
    if not isinstance(text, str):
        raise TypeError
    return text


def _plain(text: Any, before: str) -> str:
    """The text of a note that has only HTML."""
    return _Html.of(_text(text)).text if not before else ""


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: set[str] = set()

    @classmethod
    def of(cls, text: str) -> "_Html":
        reader = cls()
        reader.feed(text)
        reader.close()
        reader.text = reader.text.strip("\n")
        return reader

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self.text += "\n" if tag in {"p", "div", "li"} else ""


def _list(lines: Any, _: str) -> str:
    """Tasks, one a line; Keep escapes their texts as HTML."""
    tasks = [(html.unescape(line["text"]), line.get("isChecked")) for line in lines]
    return "\n".join(f"- [{'x' if done else ' '}] " + "\n  ".join(text.split("\n")) for text, done in tasks if text)


def _attachments(files: Any, _: str) -> str:
    return "\n".join(f"Attachment: {one['filePath']}" for one in files)


def _links(links: Any, before: str) -> str:
    """The addresses that are not in the text already, each with the title of its page."""
    lines = [(_title_of(link), _text(link["url"])) for link in links]
    return "\n".join(f"{words}: {url}" if words else url for words, url in lines if url not in before)


def _title_of(link: Mapping[str, Any]) -> str:
    return " ".join((_text(link.get("title") or "") or _text(link.get("description") or "")).split())


def _labels(labels: Any, _: str) -> str:
    """The labels as words on one line; a label of several words becomes one word."""
    return " ".join("#" + "-".join(label["name"].split()) for label in labels)


# Field → function that returns its part of the text, in this order; it gets the text before it.
PARTS: Mapping[str, Callable[[Any, str], str]] = {
    "textContent": _text,
    "textContentHtml": _plain,
    "listContent": _list,
    "annotations": _links,
    "attachments": _attachments,
    "labels": _labels,
}


def _name_link(values: dict[str, Any], texts: list[str], note: dict[str, Any]) -> None:
    """Give a note that is only a link the title of the page."""
    if not (values.get("title") or "").strip() and len(texts) == 1 and len(note.get("annotations") or []) == 1:
        (link,) = note["annotations"]
        if texts[0] == f"{_title_of(link)}: {link['url']}":
            values["title"], texts[0] = _title_of(link), link["url"]
