"""Permissions of the program's files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISREG


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Files created within the block get only the permissions that this umask leaves."""
    former = os.umask(mask)
    try:
        yield
    finally:
        os.umask(former)


def not_private(folder: Path) -> list[str]:
    """The files and folders in it with other permissions than 0600 and 0700."""
    found = []
    for file in folder.rglob("*"):
        mode = file.lstat().st_mode
        wanted = 0o700 if S_ISDIR(mode) else 0o600
        if (S_ISDIR(mode) or S_ISREG(mode)) and S_IMODE(mode) != wanted:
            found.append(f"{file.relative_to(folder)} {S_IMODE(mode):04o}")
    return found
