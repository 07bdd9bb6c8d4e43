"""Reads files as notes: detects their format, counts the notes, and parses them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quart_notes.schemas import ImportFormat, ImportOptions
from quart_notes.transfer import csv_format, json_format, keep_format, markdown_format
from quart_notes.transfer.csv_rows import head_of
from quart_notes.transfer.errors import BadFileError, UnreadableError
from quart_notes.transfer.parsed_note import Lost, ParsedNote
from quart_notes.transfer.source_files import File, SourcePath, files
from quart_notes.transfer.text import beginning

ENTRIES_MAX = 200_000  # notes of one import
UNKNOWN = "The format was not recognised. Choose json, csv, markdown or keep."
NOTHING = "There is nothing in it that could be a note."
TOO_MANY = "There are more than {:,} notes in it: import it in parts."
OTHER_FILES = "files of another kind"


@dataclass(frozen=True)
class Format:
    """The functions that read a format."""

    suffixes: frozenset[str]
    read: Callable[[File, ImportOptions], Iterator[ParsedNote]]
    count: Callable[[File], Iterator[int]]
    one_each: bool  # a note a file: one that cannot be read is a bad entry, and does not end the import


FORMATS: Mapping[ImportFormat, Format] = {
    "json": Format(json_format.SUFFIXES, json_format.read, json_format.count, one_each=False),
    "csv": Format(csv_format.SUFFIXES, csv_format.read, csv_format.count, one_each=False),
    "markdown": Format(markdown_format.SUFFIXES, markdown_format.read, markdown_format.count, one_each=True),
    "keep": Format(keep_format.SUFFIXES, keep_format.read, keep_format.count, one_each=True),
}


class Kind(NamedTuple):
    """The format of the files; those of Google Keep are in `folders`, whose names depend on the language."""

    format: ImportFormat
    folders: frozenset[str] | None = None

    def has(self, file: File, *, alone: bool) -> bool:
        """Whether a file may have this format, or must be reported because it cannot be read."""
        suffixes = FORMATS[self.format].suffixes
        fits = alone or file.suffix in suffixes or (file.bad is not None and file.suffix == ".zip")
        return fits and (self.folders is None or file.folder in self.folders)


def read(sources: Sequence[SourcePath], options: ImportOptions, kind: Kind) -> Iterator[ParsedNote]:
    """The entries of these sources, always in the same order.

    raises   UnreadableError when they cannot be read, or not to the end
    """
    form = FORMATS[kind.format]
    number = 0
    labels: set[str] = set()
    for file in _of_kind(sources, kind):
        for item in _read(file, form, options) if isinstance(file, File) else (file,):
            number += item.counts
            if number > ENTRIES_MAX:
                raise UnreadableError(TOO_MANY.format(ENTRIES_MAX))
            labels.update(item.entry.labels if item.entry else ())
            yield item
    for file in files(sources) if kind.folders else ():
        if file.folder in (kind.folders or ()) and keep_format.lists_labels(file):
            yield from keep_format.unused_labels(file, labels)


def _read(file: File, form: Format, options: ImportOptions) -> Iterator[ParsedNote]:
    if file.bad is not None:
        yield ParsedNote(file.name, problem=file.bad)
        return
    try:
        yield from form.read(file, options)
    except BadFileError as error:
        if not form.one_each:
            raise UnreadableError(f"{file.name}: {error}") from None
        yield ParsedNote(file.name, problem=str(error))


def count(sources: Sequence[SourcePath], kind: Kind) -> Iterator[int]:
    """An item for each note that `read` will return; raises the same errors."""
    form = FORMATS[kind.format]
    number = 0
    for file in _of_kind(sources, kind):
        if isinstance(file, ParsedNote):
            continue
        try:
            for one in (1,) if file.bad is not None else form.count(file):
                number += 1
                if number > ENTRIES_MAX:
                    raise UnreadableError(TOO_MANY.format(ENTRIES_MAX))
                yield one
        except BadFileError as error:
            raise UnreadableError(f"{file.name}: {error}") from None


def _of_kind(sources: Sequence[SourcePath], kind: Kind) -> Iterator[File | ParsedNote]:
    """The files of this format, and a report of each other file; beside those of Keep, others are not reported."""
    alone = _alone(sources)
    found = False
    for file in files(sources):
        if kind.has(file, alone=alone):
            found = True
            yield file
        elif kind.folders is None:
            yield ParsedNote(file.name, lost=[Lost(OTHER_FILES, file.name)])
    if not found:
        raise UnreadableError(NOTHING)


def _alone(sources: Sequence[SourcePath]) -> bool:
    """Whether there is one file, neither zip nor folder: then its name does not matter."""
    return next((file.alone for file in files(sources)), False)


def kind_of(sources: Sequence[SourcePath], options: ImportOptions) -> Kind:
    """The format of these files: as chosen, by their names, or by their beginnings.

    One note of Google Keep is enough to take them for Google Takeout, which may contain files of other products, in
    folders whose names depend on the language.

    raises   UnreadableError when it cannot be detected
    """
    first: ImportFormat | None = None
    folders = set()
    for file in files(sources) if options.format in {None, "keep"} else ():
        kind = None if first is not None and file.suffix != ".json" else _kind_of_file(file)
        first = first or kind
        if kind == "keep":
            folders.add(file.folder)
    if folders:
        return Kind("keep", frozenset(folders))
    wanted = options.format or first
    if wanted is None:
        raise UnreadableError(UNKNOWN)
    return Kind(wanted)


def _kind_of_file(file: File) -> ImportFormat | None:
    if file.suffix in markdown_format.SUFFIXES:
        return "markdown"
    if file.suffix in csv_format.SUFFIXES:
        return "csv"
    if file.bad is not None or file.suffix not in {".json", ".txt", ""}:
        return None
    try:
        with file.open() as opened:
            head = beginning(opened).lstrip()
    except BadFileError:
        return None
    return _kind_of_head(head)


def _kind_of_head(head: str) -> ImportFormat | None:
    if head.startswith("["):
        return "json"
    if head.startswith("{"):
        is_keep = f'"{json_format.MARK}"' not in head and any(f'"{key}"' in head for key in keep_format.KEYS)
        return "keep" if is_keep else "json"
    table = head_of(head.splitlines(keepends=True))
    if table and (table.rows == 1 or table.known > 1):
        return "csv"
    return "markdown" if head.startswith(("# ", "---\n", "---\r\n", "+++\n", "+++\r\n")) else None
