"""Reads notes of Google Keep from Google Takeout: a JSON file for each note, all in one folder.

The text of a note becomes Markdown. A text without formatting stays as it was written: what looks like Markdown in it,
such as a list with hyphens, is what its writer typed. In a formatted text such characters are escaped, because there
the HTML says what is formatted.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from quart_notes.errors import InvalidJsonError
from quart_notes.schemas import NOTE_FLAGS, ImportOptions
from quart_notes.schemas.strict_json import parse
from quart_notes.transfer.checklists import task_list
from quart_notes.transfer.columns import colour_of, use_of
from quart_notes.transfer.dates import moment_of
from quart_notes.transfer.errors import BadFileError
from quart_notes.transfer.fields import as_text
from quart_notes.transfer.html_reader import Document, read_html, unescaped
from quart_notes.transfer.labels import labels_in, usable
from quart_notes.transfer.markdown_writer import escaped, markdown_of
from quart_notes.transfer.parsed_note import Lost, ParsedNote, checked
from quart_notes.transfer.source_files import File, whole

SUFFIXES = frozenset({".json"})
KEYS = frozenset({"textContent", "listContent", "isTrashed", "isArchived", "userEditedTimestampUsec", "isPinned"})
MOMENTS = {"createdTimestampUsec": "created_at", "userEditedTimestampUsec": "updated_at"}
LOST_NAMES = {"sharees": "shared with", "attachments": "attached files"}
USUAL: tuple[Any, ...] = ("DEFAULT", False, None, "", [], {})  # values without information
FORMATTING = "formatting"
LABELS = "Labels.txt"  # the file with the names of all labels
UNUSED_LABELS = "labels without notes"


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


def lists_labels(file: File) -> bool:
    """Whether a file beside the notes has the names of all labels."""
    return file.name.rpartition("/")[2] == LABELS and file.bad is None


def unused_labels(file: File, used: Collection[str]) -> Iterator[ParsedNote]:
    """A report of the labels in a file that no imported note has: labels are made by notes."""
    try:
        names = whole(file).decode("utf-8-sig", "replace").splitlines()
    except BadFileError as error:
        yield ParsedNote(file.name, lost=[Lost(UNUSED_LABELS, str(error))])
        return
    if lost := [Lost(UNUSED_LABELS, name) for name in names if name.strip() and name not in used]:
        yield ParsedNote(file.name, lost=lost)


def is_note(value: Any) -> bool:
    """Whether a JSON document looks like a note of Google Keep."""
    return isinstance(value, dict) and not KEYS.isdisjoint(value)


class _Texts:
    """The parts of a note's text, and the names of the formatting that is lost."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.lost: set[str] = set()

    def formatted(self, html: str, plain: str) -> Document | None:
        """A text with its formatting; None when it has none, or says less than the plain text."""
        document = read_html(html)
        self.lost |= document.lost
        if plain and not document.is_formatted:
            return None
        if len("".join(document.text.split())) < len("".join(plain.split())):
            self.lost.add("of another text")
            return None
        return document


def _item(name: str, note: dict[str, Any]) -> ParsedNote:
    """The note of its parts; an invalid part is reported as lost, and the others are used."""
    values: dict[str, Any] = {}
    texts = _Texts()
    lost: list[Lost] = []
    for key in (*PARTS, *(key for key in note if key not in PARTS)):
        value = note.get(key)
        if value in USUAL:
            continue
        try:
            if key in PARTS:
                texts.parts.append(PARTS[key](value, texts))
            elif key in MOMENTS:
                values[MOMENTS[key]] = _required(moment_of(value))
            elif key == "title":
                values["title"] = _text(value)
            elif key == "labels":
                values["labels"], excess = usable(_required(labels_in(value)))
                lost += [Lost(key, name) for name in excess]
            elif key == "color":
                values["colour"] = _required(colour_of(_text(value)))
            elif (use := use_of(key)) in NOTE_FLAGS:
                values[use] = _required(value if isinstance(value, bool) else None)
        except (TypeError, ValueError, KeyError, AttributeError):
            lost.append(Lost(key, as_text(value)))
        else:
            lost += _lost_parts(key, value)
    _name_link(values, texts.parts, note)
    values["description"] = "\n\n".join(text for text in texts.parts if text) or None
    lost += [Lost(FORMATTING, ", ".join(sorted(texts.lost)))] if texts.lost else []
    if not (values.get("title") or "").strip() and not values["description"] and not lost:
        return ParsedNote(name, left_out="empty")
    return checked(name, values, lost)


def _required(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _lost_parts(key: str, value: Any) -> list[Lost]:
    """The parts of a field that a note has no place for."""
    if (key in PARTS and key != "attachments") or key in MOMENTS or key in {"title", "color", "labels"}:
        return []
    if use_of(key) in NOTE_FLAGS:
        return []
    return [Lost(LOST_NAMES.get(key, key), _example(value))]


def _example(value: Any) -> str:
    """The first value, by a name that people know."""
    one = value[0] if isinstance(value, list) and value else value
    names = [one[key] for key in ("email", "filePath", "name") if key in one] if isinstance(one, dict) else []
    return str(names[0]) if names else as_text(value)


def _text(text: Any, _: _Texts | None = None) -> str:
    if not isinstance(text, str):
        raise TypeError
    return text


def _from_html(html: Any, texts: _Texts) -> str:
    """The text with its formatting, in place of the plain one."""
    plain = texts.parts[0] if texts.parts else ""
    document = texts.formatted(_text(html), plain)
    if document is None:
        return ""
    texts.parts.clear()
    return markdown_of(document.lines) if document.is_formatted else document.text


def _list(lines: Any, texts: _Texts) -> str:
    """Tasks, one a line; Keep escapes their texts as HTML."""
    return task_list((_task(line, texts), bool(line.get("isChecked"))) for line in lines)


def _task(line: Mapping[str, Any], texts: _Texts) -> str:
    plain = unescaped(_text(line.get("text") or ""))
    html = line.get("textHtml")
    document = texts.formatted(html, plain) if isinstance(html, str) and html else None
    if document is None:
        return plain
    return markdown_of(found._replace(heading=0) for found in document.lines if found.text.strip())


def _attachments(files: Any, _: _Texts) -> str:
    return "\n".join(f"Attachment: {escaped(_text(one['filePath']))}" for one in files)


def _links(links: Any, texts: _Texts) -> str:
    """The addresses that are not in the text already, each with the title of its page."""
    before = "\n".join(texts.parts)
    lines = [(_title_of(link), _text(link["url"])) for link in links]
    return "\n".join(_named(words, url) for words, url in lines if url not in before)


def _named(words: str, url: str) -> str:
    return f"{escaped(words)}: {url}" if words else url


def _title_of(link: Mapping[str, Any]) -> str:
    return " ".join((_text(link.get("title") or "") or _text(link.get("description") or "")).split())


# Field → function that returns its part of the text, in this order; it gets the parts before it.
PARTS: Mapping[str, Callable[[Any, _Texts], str]] = {
    "textContent": _text,
    "textContentHtml": _from_html,
    "listContent": _list,
    "annotations": _links,
    "attachments": _attachments,
}


def _name_link(values: dict[str, Any], texts: list[str], note: dict[str, Any]) -> None:
    """Give a note that is only a link the title of the page."""
    if not (values.get("title") or "").strip() and len(texts) == 1 and len(note.get("annotations") or []) == 1:
        (link,) = note["annotations"]
        if _title_of(link) and texts[0] == _named(_title_of(link), link["url"]):
            values["title"], texts[0] = _title_of(link), link["url"]
