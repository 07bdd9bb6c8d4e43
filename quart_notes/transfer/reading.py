"""Files read as notes: what kind they are, how many there are, and the notes themselves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quart_notes.schemas import ImportFormat, ImportOptions
from quart_notes.transfer import csv_notes, json_notes, keep_notes, markdown_notes
from quart_notes.transfer.files import File, Place, files
from quart_notes.transfer.items import Item
from quart_notes.transfer.trouble import BadFileError, UnreadableError

ENTRIES_MAX = 200_000  # notes of one import
HEAD = 4096  # bytes by which a file is known
UNKNOWN = "It cannot be told what kind of file this is: say whether it is json, csv, markdown or keep."
NOTHING = "There is nothing in it that could be a note."
TOO_MANY = "There are more than {:,} notes in it: import it in parts."
KEEP_FOLDER = "keep"


@dataclass(frozen=True)
class Format:
    """How one kind of file is read."""

    suffixes: frozenset[str]
    read: Callable[[File, ImportOptions], Iterator[Item]]
    count: Callable[[File], Iterator[int]]
    one_each: bool  # a file a note: one that cannot be read is a bad entry, and not the end


FORMATS: Mapping[ImportFormat, Format] = {
    "json": Format(json_notes.SUFFIXES, json_notes.read, json_notes.count, one_each=False),
    "csv": Format(csv_notes.SUFFIXES, csv_notes.read, csv_notes.count, one_each=False),
    "markdown": Format(markdown_notes.SUFFIXES, markdown_notes.read, markdown_notes.count, one_each=True),
    "keep": Format(keep_notes.SUFFIXES, keep_notes.read, keep_notes.count, one_each=True),
}


def read(places: Sequence[Place], options: ImportOptions, kind: ImportFormat) -> Iterator[Item]:
    """What is in these places, in an order that stays the same.

    raises   UnreadableError when it cannot be read, or not to its end
    """
    form = FORMATS[kind]
    number = 0
    for file in _of_kind(places, kind):
        for item in _read(file, form, options):
            number += 1
            if number > ENTRIES_MAX:
                raise UnreadableError(TOO_MANY.format(ENTRIES_MAX))
            yield item


def _read(file: File, form: Format, options: ImportOptions) -> Iterator[Item]:
    if file.bad is not None:
        yield Item(file.name, problem=file.bad)
        return
    try:
        yield from form.read(file, options)
    except BadFileError as error:
        if not form.one_each:
            raise UnreadableError(f"{file.name}: {error}") from None
        yield Item(file.name, problem=str(error))


def count(places: Sequence[Place], kind: ImportFormat) -> Iterator[int]:
    """One for each note that `read` will find, or none; raises like it."""
    form = FORMATS[kind]
    number = 0
    for file in _of_kind(places, kind):
        try:
            for one in (1,) if file.bad is not None else form.count(file):
                number += 1
                if number > ENTRIES_MAX:
                    raise UnreadableError(TOO_MANY.format(ENTRIES_MAX))
                yield one
        except BadFileError as error:
            raise UnreadableError(f"{file.name}: {error}") from None


def _of_kind(places: Sequence[Place], kind: ImportFormat) -> Iterator[File]:
    """The files that can be of this kind, and those of which it has to be said that they cannot be read."""
    form = FORMATS[kind]
    alone = _alone(places)
    in_keep = kind == "keep" and any(_is_in_keep(file) for file in files(places))
    found = False
    for file in files(places):
        fits = alone or file.suffix in form.suffixes or (file.bad is not None and file.suffix == ".zip")
        if fits and (not in_keep or _is_in_keep(file)):
            found = True
            yield file
    if not found:
        raise UnreadableError(NOTHING)


def _alone(places: Sequence[Place]) -> bool:
    """Whether it is one file that is no zip and no folder: then its name says nothing."""
    return len(places) == 1 and [file.name for _, file in zip(range(2), files(places), strict=False)] == [
        places[0].name.replace("\\", "/")
    ]


def _is_in_keep(file: File) -> bool:
    return KEEP_FOLDER in (folder.lower() for folder in file.folders)


def kind_of(places: Sequence[Place], options: ImportOptions) -> ImportFormat:
    """What kind of files these are: as asked for, by their names, or by what they begin with.

    raises   UnreadableError when it cannot be told
    """
    if options.format is not None:
        return options.format
    seen: dict[ImportFormat, None] = {}
    for file in files(places):
        if _is_in_keep(file) and file.suffix == ".json":
            return "keep"
        kind = _kind_of_file(file) if len(seen) < 1 else None
        if kind is not None:
            seen[kind] = None
    if not seen:
        raise UnreadableError(UNKNOWN)
    return next(iter(seen))


def _kind_of_file(file: File) -> ImportFormat | None:
    if file.suffix in markdown_notes.SUFFIXES:
        return "markdown"
    if file.suffix in csv_notes.SUFFIXES:
        return "csv"
    if file.bad is not None or file.suffix not in {".json", ".txt", ""}:
        return None
    try:
        with file.open() as opened:
            head = opened.read(HEAD).decode("utf-8-sig", "replace").lstrip()
    except BadFileError:
        return None
    return _kind_of_head(head)


def _kind_of_head(head: str) -> ImportFormat | None:
    if head.startswith("["):
        return "json"
    if head.startswith("{"):
        is_keep = f'"{json_notes.MARK}"' not in head and any(f'"{key}"' in head for key in keep_notes.KEYS)
        return "keep" if is_keep else "json"
    first = head.partition("\n")[0]
    cells = [cell.strip(' \r"') for cell in first.split(csv_notes.delimiter_of(first))]
    if csv_notes.columns_of(cells).keys() & {"title", "description"}:
        return "csv"
    return "markdown" if head.startswith(("# ", "---\n", "---\r\n")) else None
