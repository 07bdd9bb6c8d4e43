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
HEADING = re.compile(r"\s*#[ \t]+(.*?)[ \t]*#*[ \t]*(?:\r?\n|\Z)")


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
        return fields.item(name, options, body=body.removeprefix("\n").removesuffix("\n"))
    heading = HEADING.match(body)
    if heading and fields.title in {None, heading[1]}:
        stem, body = heading[1] or stem, body[heading.end() :]
    return fields.item(name, options, title=stem, body=body.strip("\r\n"))
