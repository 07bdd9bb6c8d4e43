"""Stores the uploaded files of imports until they are no longer needed."""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_SH, flock
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import IO

from quart_notes.errors import OverloadedError, StorageFullError, TooLargeError
from quart_notes.file_locks import lock_within, try_lock
from quart_notes.private_files import make_folder, open_file
from quart_notes.transfer.source_files import SourcePath

NAMES = "names.json"  # the names that their sender gives the files, in order; on the disk they are 0, 1, 2 …
MARK_SUFFIX = ".mark"  # the file beside the folder that identifies this store among those of other machines
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FILES_MAX = 10_000  # files of one upload
LOCK_TIMEOUT = 5.0  # seconds for another process to release the folder: a suspended one may hold it for ever
BUSY_MESSAGE = "The folder of imports is in use by another process; try again."


class Upload:
    """Files that are being received, one after another, into a folder of their own. Its methods wait for the disk.

    raises   TooLargeError beyond `limit` bytes in total or FILES_MAX files; StorageFullError when the disk is full;
             OverloadedError when another process does not release the folder of imports
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
        """Start the next file, under the name that its sender gives it."""
        self.close()
        if len(self.names) >= FILES_MAX:
            raise TooLargeError(f"At most {FILES_MAX:,} files can be sent together; put them into a zip.")
        with _disk_full_as_error():
            if self._lock is None:
                self._lock = _create_locked(self.folder)
            self._file = open_file(self.folder / str(len(self.names)), "xb")
        self.names.append(name)
        self._digest.update(b"\0%b\0%d\0" % (name.encode("utf-8", "surrogatepass"), self.size))

    def write(self, data: bytes) -> None:
        """Append to the current file."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLargeError(f"An import is at most {self._limit:,} bytes (max_import_bytes).")
        self._digest.update(data)
        if self._file is not None:
            with _disk_full_as_error():
                self._file.write(data)

    @property
    def digest(self) -> str:
        """Digest of the names and of all received bytes."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Complete the upload."""
        self.close()
        with _disk_full_as_error(), open_file(self.folder / NAMES, "w", encoding="ascii") as file:
            json.dump(self.names, file)

    def discard(self) -> None:
        """Remove everything received."""
        with suppress(StorageFullError):  # the rest is not needed
            self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Unlock the folder: it counts as finished."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        """Close the current file."""
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
        if not lock_within(descriptor, LOCK_TIMEOUT):
            raise OverloadedError(BUSY_MESSAGE, headers={"Retry-After": "1"})
        yield
    finally:
        os.close(descriptor)


def _create_locked(folder: Path) -> int:
    """Create a folder that counts as unfinished, for every process, as long as the returned descriptor is open."""
    make_folder(folder.parent)
    with _locked(folder.parent):  # no process may see it between the two steps
        make_folder(folder)
        descriptor = os.open(folder, os.O_RDONLY)
        flock(descriptor, LOCK_EX)
    return descriptor


def _is_locked(folder: Path) -> bool:
    """Whether a folder is unfinished, or was deleted."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        return not try_lock(descriptor, LOCK_SH)
    finally:
        os.close(descriptor)


class UploadStore:
    """The folder of imports, with a folder for each upload. All processes of the machine share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def receiving(self, limit: int) -> Iterator[Upload]:
        """An upload of at most `limit` bytes, which is unfinished until the block ends.

        If the block raises, the upload is removed.
        """
        upload = Upload(self._folder / f"{self._mark}-{secrets.token_hex(11)}", limit)
        try:
            yield upload
        except BaseException:
            upload.discard()
            raise
        finally:
            upload.release()

    def finished(self) -> set[str]:
        """The names of all folders but the unfinished ones. Waits for the disk."""
        if not self._folder.is_dir():
            return set()
        with _locked(self._folder):
            folders = [folder for folder in self._folder.iterdir() if folder.is_dir()]
            return {folder.name for folder in folders if not _is_locked(folder)}

    def is_local(self, folder: str) -> bool:
        """Whether a folder was created in this store, of all machines that share a database; it may be deleted."""
        return folder.startswith(f"{self._mark}-")

    @cached_property
    def _mark(self) -> str:
        """The prefix of the names of this store's folders."""
        with _disk_full_as_error():
            return self._read_mark()

    def _read_mark(self) -> str:
        make_folder(self._folder.parent)
        with open_file(self._folder.with_name(self._folder.name + MARK_SUFFIX), "a+", encoding="ascii") as file:
            flock(file, LOCK_EX)  # of two processes that start at once, one creates it
            file.seek(0)
            mark: str = file.read()
            if not mark:
                mark = secrets.token_hex(4)
                file.write(mark)
        return mark

    def remove(self, folders: Collection[str]) -> None:
        """Remove folders. Waits for the disk."""
        for folder in folders:
            shutil.rmtree(self._folder / folder, ignore_errors=True)

    def sources(self, folder: str) -> list[SourcePath]:
        """The files in a folder, with the sender's names; FileNotFoundError when they are deleted."""
        upload = self._folder / folder
        names: list[str] = json.loads((upload / NAMES).read_text(encoding="ascii"))
        return [SourcePath(upload / str(number), name) for number, name in enumerate(names)]
