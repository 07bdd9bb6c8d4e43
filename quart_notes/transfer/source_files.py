"""The files of an import: single files, files in folders, files in zips."""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from quart_notes.transfer.errors import BadFileError, UnreadableError
from quart_notes.transfer.zip_reader import Archive

FILES_MAX = 200_000  # files of one import, of any format
NOTE_MAX = 1 << 20  # bytes of a file with one note: far more than a note may have
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class Bytes(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, fewer only at the end."""


class SourcePath(NamedTuple):
    """A file or folder of this machine, and its sender's name for it."""

    path: Path
    name: str


class File(NamedTuple):
    """A file of an import.

    name   the sender's name, with folders; never a path to open
    open   opens it; BadFileError when it cannot be read
    bad    why it cannot be read, if that is known already
    alone  it is the only file
    """

    name: str
    open: Callable[[], AbstractContextManager[Bytes]]
    bad: str | None = None
    alone: bool = False

    @property
    def suffix(self) -> str:
        """The end of its name, in lower case: `.json`."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """Its name without folders and suffix, in NFC: some systems decompose letters."""
        return unicodedata.normalize("NFC", PurePosixPath(self.name).stem)

    @property
    def folder(self) -> str:
        """Its folder."""
        return self.name.rpartition("/")[0]


def files(sources: Sequence[SourcePath]) -> Iterator[File]:
    """All files of these sources, always in the same order, without the hidden files of operating systems.

    raises   UnreadableError for a zip that cannot be read, and for too many files
    """
    for number, file in enumerate(_all(sources)):
        if number >= FILES_MAX:
            raise UnreadableError(f"There are more than {FILES_MAX:,} files in it.")
        if not _is_hidden(file.name):
            yield file


def _is_hidden(name: str) -> bool:
    *folders, last = name.split("/")
    return last.startswith(".") or "__MACOSX" in folders


def _all(sources: Sequence[SourcePath]) -> Iterator[File]:
    for source in sources:
        if source.path.is_dir():
            yield from _in_folder(source.path, "")
        elif is_zip(source.path):
            yield from _in_zip(source)
        else:
            yield File(source.name.replace("\\", "/"), partial(_open, source.path), alone=len(sources) == 1)


def _open(path: Path) -> AbstractContextManager[Bytes]:
    return path.open("rb")


def is_zip(path: Path) -> bool:
    """Whether a file is a zip, by its first bytes."""
    with path.open("rb") as opened:
        return opened.read(4) in ZIP_MAGIC


def _in_folder(folder: Path, prefix: str) -> Iterator[File]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _in_folder(Path(entry.path), f"{name}/")
        elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            yield File(name, partial(_open, Path(entry.path)))


def _in_zip(source: SourcePath) -> Iterator[File]:
    with closing(Archive(source.path, source.name)) as archive:
        for member in archive.members():
            nested = "it is a zip within a zip: unpack it first" if member.name.lower().endswith(".zip") else None
            yield File(member.name, partial(archive.open, member), member.bad or nested)


def whole(file: File) -> bytes:
    """All that is in a file that has one note; BadFileError when it cannot be one."""
    with file.open() as opened:
        data = opened.read(NOTE_MAX + 1)
        if len(data) > NOTE_MAX or opened.read(1):
            raise BadFileError(f"it is larger than a note can be: more than {NOTE_MAX >> 20} MiB")
    return data
