"""Checks the free space of the disk."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

CHANGE_BYTES = 256 * 1024  # bytes: more than the largest change of one note needs, with its event


def is_available(folders: Iterable[Path]) -> bool:
    """Whether one more change fits into each of these folders. Waits for the disk.

    If the free space is too small, a file of that size is tried: some space is reserved for the superuser.
    """
    return all(shutil.disk_usage(folder).free >= CHANGE_BYTES or _fits(folder) for folder in folders if folder.is_dir())


def _fits(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".room-") as file:
            file.write(bytes(CHANGE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True
