"""Whether there is room on the disk for what is written."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

CHANGE = 256 * 1024  # bytes: more than the largest change of one note takes, with its event


class Room:
    """The room in folders that are written to. Its methods wait for the disk."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = frozenset(folders)

    def is_left(self) -> bool:
        """Whether one more change fits; when the free space does not say so, a file of that size is tried.

        It may fit all the same: some space is kept for the superuser.
        """
        return all(_free(folder) >= CHANGE or _fits(folder) for folder in self._folders if folder.is_dir())


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _fits(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".room-") as file:
            file.write(bytes(CHANGE))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True
