"""Reads notes as Markdown, a file each. The title is in the front matter, the first heading, or the file name."""

import re
from collections.abc import Iterator

from quart_notes.schemas import ImportOptions
from quart_notes.transfer import front_matter
from quart_notes.transfer.fields import gathered
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import File, whole
from quart_notes.transfer.text import decoded

SUFFIXES = frozenset({".md", ".markdown"})
HEADING = re.compile(r"(?:[ \t]*+\r?\n)*+ {0,3}#[ \t]([^\n]*+)(?:\n|\Z)")


def read(file: File, options: ImportOptions) -> Iterator[ParsedNote]:
    """The one note in a file."""
    yield note(file.name, file.stem, decoded(whole(file)), options)


def count(_: File) -> Iterator[int]:
    """One item: a file is a note."""
    yield 1


def note(name: str, stem: str, text: str, options: ImportOptions) -> ParsedNote:
    """The note in a text; `stem` is its title if it has none of its own."""
    pairs, body = front_matter.split(text)
    fields = gathered(pairs)
    if "origin" in fields.values:  # our own export: an empty line before the text, a line end after it
        end = "\r\n" if body.startswith("\r\n") else "\n"  # another program changed all line ends
        return fields.item(name, options, body=body.removeprefix(end).removesuffix(end))
    heading = HEADING.match(body)
    words = _without_closing_hashes(heading[1]) if heading else None
    if heading and fields.title in {None, words}:
        stem, body = words or stem, body[heading.end() :]
    return fields.item(name, options, title=stem, body=_text(body))


def _without_closing_hashes(heading: str) -> str:
    """The words of `# Words #`; in `# C#` they end with the hash."""
    words = heading.strip()
    before = words.rstrip("#")
    return before.rstrip() if not before or before[-1] in " \t" else words


def _text(body: str) -> str:
    """A file's text as it is, without an empty line before it and the end of its last line."""
    for end in ("\r\n", "\n"):
        if body.startswith(end):
            body = body.removeprefix(end)
            break
    return body.removesuffix("\r\n" if body.endswith("\r\n") else "\n")
