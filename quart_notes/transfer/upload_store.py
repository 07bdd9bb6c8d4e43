"""Where the files of imports lie until they are not needed any more."""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import sha256
from pathlib import Path
from typing import IO

from quart_notes.errors import OverloadedError, StorageFullError, TooLargeError
from quart_notes.private_files import make_folder, open_file
from quart_notes.transfer.source_files import SourcePath

NAMES = "names.json"  # what their sender calls the files, in order; they themselves are 0, 1, 2 …
MARK_SUFFIX = ".mark"  # after the folder's name: a file that tells this place from those of other machines
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FILES_MAX = 10_000  # files sent together: each is one on the disk
LOCK_TIMEOUT = 5.0  # seconds for another process to let go of the folder: one that was stopped may hold it for ever
LOCK_INTERVAL = 0.01  # seconds between looks whether it has
BUSY_MESSAGE = "The folder of imports is in use by another process; try again."


class Upload:
    """Files that are being received, one after another, in a folder of their own. Its methods wait for the disk.

    raises   TooLargeError beyond `limit` bytes in all or FILES_MAX files; StorageFullError when the disk is full;
             OverloadedError when another process does not let go of the folder of imports
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self._lock: int | None = None
        self.names: list[str] = []
        self.size = 0
        self._digest = sha256()
        self._limit = limit
        self._file: IO[bytes] | None = None

    def start_file(self, name: str) -> None:
        """A further file, under the name that its sender gives it."""
        self.close()
        if len(self.names) >= FILES_MAX:
            raise TooLargeError(f"At most {FILES_MAX:,} files can be sent together; put them into a zip.")
        with _disk_full_as_error():
            if self._lock is None:
                self._lock = _made_and_locked(self.folder)
            self._file = open_file(self.folder / str(len(self.names)), "xb")
        self.names.append(name)
        self._digest.update(b"\0%b\0%d\0" % (name.encode("utf-8", "surrogatepass"), self.size))

    def write(self, data: bytes) -> None:
        """More of the file that was begun last."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLargeError(f"An import is at most {self._limit:,} bytes (max_import_bytes).")
        self._digest.update(data)
        if self._file is not None:
            with _disk_full_as_error():
                self._file.write(data)

    @property
    def digest(self) -> str:
        """Of the names and all bytes that have come."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Nothing more comes."""
        self.close()
        with _disk_full_as_error(), open_file(self.folder / NAMES, "w", encoding="ascii") as file:
            json.dump(self.names, file)

    def discard(self) -> None:
        """Remove all that has come."""
        with suppress(StorageFullError):  # what was still to be written is not wanted any more
            self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Have the folder count among those that are kept."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        """Let go of the file that was begun last."""
        file, self._file = self._file, None
        if file is not None:
            with _disk_full_as_error():
                file.close()


@contextmanager
def _disk_full_as_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError("There is no room left on the disk; nothing was kept.") from error
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    given_up = time.monotonic() + LOCK_TIMEOUT
    while not _taken(descriptor, LOCK_EX):
        if time.monotonic() >= given_up:
            raise OverloadedError(BUSY_MESSAGE, headers={"Retry-After": "1"})
        time.sleep(LOCK_INTERVAL)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        flock(descriptor, kind | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _made_and_locked(folder: Path) -> int:
    """Make a folder that counts as being filled, for every process, as long as the descriptor is open."""
    make_folder(folder.parent)
    with _locked(folder.parent):  # nobody may find it between the two steps
        make_folder(folder)
        descriptor = os.open(folder, os.O_RDONLY)
        flock(descriptor, LOCK_EX)
    return descriptor


def _is_locked(folder: Path) -> bool:
    """Whether a folder is being filled, or was and has gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        return not _taken(descriptor, LOCK_SH)
    finally:
        os.close(descriptor)


class UploadStore:
    """The folder of imports, with a folder for each, on one machine: its processes share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._marked = ""

    @contextmanager
    def receiving(self, limit: int) -> Iterator[Upload]:
        """Room for files of at most `limit` bytes, which is not among those that are kept until it is left.

        Left by an exception, nothing stays of it.
        """
        upload = Upload(self._folder / f"{self._mark()}-{secrets.token_hex(11)}", limit)
        try:
            yield upload
        except BaseException:
            upload.discard()
            raise
        finally:
            upload.release()

    def finished(self) -> set[str]:
        """The folders that are there, but for those that are being filled. Waits for the disk."""
        if not self._folder.is_dir():
            return set()
        with _locked(self._folder):
            folders = [folder for folder in self._folder.iterdir() if folder.is_dir()]
            return {folder.name for folder in folders if not _is_locked(folder)}

    def is_local(self, folder: str) -> bool:
        """Whether a folder was made in this place, of all machines that share a database; it may be gone."""
        return folder.startswith(f"{self._mark()}-")

    def _mark(self) -> str:
        """What the names of this place's folders begin with."""
        if not self._marked:
            with _disk_full_as_error():
                self._marked = self._read_mark()
        return self._marked

    def _read_mark(self) -> str:
        make_folder(self._folder.parent)
        with open_file(self._folder.with_name(self._folder.name + MARK_SUFFIX), "a+", encoding="ascii") as file:
            flock(file, LOCK_EX)  # of two processes that begin, one makes it
            file.seek(0)
            marked: str = file.read()
            if not marked:
                marked = secrets.token_hex(4)
                file.write(marked)
        return marked

    def remove(self, folders: Collection[str]) -> None:
        """Remove folders that nobody needs. Waits for the disk."""
        for folder in folders:
            shutil.rmtree(self._folder / folder, ignore_errors=True)

    def sources(self, folder: str) -> list[SourcePath]:
        """The files in a folder, by their senders' names; FileNotFoundError when they are gone."""
        here = self._folder / folder
        names: list[str] = json.loads((here / NAMES).read_text(encoding="ascii"))
        return [SourcePath(here / str(number), name) for number, name in enumerate(names)]
