"""Creates files and folders that only the server's own user may read, whatever the umask is.

Existing ones keep their permissions: somebody may have chosen them.
"""

import os
from pathlib import Path
from typing import IO, Any

FILE, FOLDER = 0o600, 0o700  # permissions


def open_file(file: Path, mode: str, **options: Any) -> IO[Any]:
    """The file, opened for writing; OSError as raised by `open`."""
    return open(file, mode, opener=_opened, **options)


def make_file(file: Path) -> None:
    """Create an empty file, unless it exists: code that creates it later would use the umask.

    SQLite gives its write-ahead log and its journal the permissions of the database.
    """
    open_file(file, "ab").close()


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, where they are missing."""
    if not folder.is_dir():
        make_folder(folder.parent)
        try:
            folder.mkdir(FOLDER)
        except FileExistsError:  # another process was first, or it is no folder
            if not folder.is_dir():
                raise
        else:
            folder.chmod(FOLDER)


def _opened(file: str, flags: int) -> int:
    try:
        descriptor = os.open(file, flags | os.O_EXCL, FILE)
    except FileExistsError:
        if flags & os.O_EXCL:
            raise
        return os.open(file, flags & ~os.O_CREAT)
    os.fchmod(descriptor, FILE)
    return descriptor
