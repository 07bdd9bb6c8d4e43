"""Files and folders that nobody but the server's own user may read, whatever the umask says.

What was there before keeps its permissions: somebody may have chosen them.
"""

import os
from pathlib import Path
from typing import IO, Any

FILE, FOLDER = 0o600, 0o700  # permissions


def open_file(file: Path, mode: str, **options: Any) -> IO[Any]:
    """The file, opened to be written to; OSError as `open` raises it."""
    return open(file, mode, opener=_opened, **options)


def make_file(file: Path) -> None:
    """Make an empty file, unless there is one: what makes it later would ask the umask.

    SQLite gives its write-ahead log and its journal the permissions of the database.
    """
    open_file(file, "ab").close()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as far as they are not there yet."""
    if not folder.is_dir():
        make_folder(folder.parent)
        try:
            folder.mkdir(FOLDER)
        except FileExistsError:  # another process was sooner, or it is no folder
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
