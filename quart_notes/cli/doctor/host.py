"""Checks of the machine: file systems, free space, clock, and permissions of the key."""

import ctypes
import os
import re
import shutil
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from quart_notes.settings import Postgres
from quart_notes.storage.signing_key import FILE, KEY_BYTES

MOUNTS = Path("/proc/mounts")  # without it, file systems are not checked
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "vboxsf"}
)
TEMPORARY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})
YEAR = 2026  # of this version: a clock that shows an earlier one is wrong
CLOCK_TOLERANCE = timedelta(minutes=1)  # of the newest event, which may come from another machine
TIMEX = struct.Struct("@I4li")  # the beginning of `struct timex` of adjtimex(2), up to its status
TIMEX_SIZE = 512  # bytes, more than the whole struct
UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)


class Finding(NamedTuple):
    """One result of a check."""

    verdict: Literal["ok", "warn", "fail"]
    subject: str
    detail: str


def file_systems(data: Path, database: Path | Postgres, mounts: Path = MOUNTS) -> Iterator[Finding]:
    """Whether the file systems of data and database support locks, and keep data."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    folders = [data] if isinstance(database, Postgres) else [database.parent, data]
    for kind, mount_point in dict.fromkeys(mounted(existing(folder), table) for folder in folders):
        if kind in NETWORK_FILE_SYSTEMS:
            yield Finding("warn", "File system", f"{mount_point} is {kind}: locks and syncing do not always hold there")
        elif kind in TEMPORARY_FILE_SYSTEMS:
            yield Finding("warn", "File system", f"{mount_point} is {kind}: all is gone when this machine stops")
        else:
            yield Finding("ok", "File system", f"{kind} at {mount_point}")


def mounted(folder: Path, mounts: str) -> tuple[str, str]:
    """Type and mount point of a folder's file system; of two at one mount point the later one counts.

    source   fstab(5): blanks and backslashes in names are three octal digits after a backslash
    """
    found = "unknown", "/"
    deepest = -1
    for line in mounts.splitlines():
        _, mount_point, kind, *_ = line.split(" ")
        mount_point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), mount_point)
        depth = len(Path(mount_point).parts)
        if folder.is_relative_to(mount_point) and depth >= deepest:
            found, deepest = (kind, mount_point), depth
    return found


def disk_space(data: Path, import_bytes: int, database: Path | Postgres) -> Iterator[Finding]:
    """Whether there is room for the largest import, and for the copy of the database that a migration makes."""
    needed = [("Imports", data / "imports", import_bytes)]
    if not isinstance(database, Postgres):
        size = database.stat().st_size if database.is_file() else 0
        needed.append(("Copies", database.parent / "copies", size))
    for subject, planned, size in needed:
        folder = existing(planned)
        free = shutil.disk_usage(folder).free
        detail = f"{free >> 20:,} MiB free at {folder} for up to {max(size >> 20, 1):,} MiB"
        yield Finding("ok" if free > size else "warn", subject, detail)


def existing(folder: Path) -> Path:
    """The folder, or its nearest existing parent."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder.resolve()


def secret(folder: Path) -> Iterator[Finding]:
    """Whether the signing key is valid, and only the server's user can read it."""
    file = folder / FILE
    try:
        status = file.stat()
    except OSError:
        return  # the first start creates it
    if status.st_size < KEY_BYTES or not os.access(file, os.R_OK):
        yield Finding("fail", "Secret", f"{file} is not a key, or cannot be read")
    elif status.st_mode & 0o077:
        yield Finding("warn", "Secret", f"others may read or change {file}; chmod 600 {file}")
    else:
        yield Finding("ok", "Secret", f"{file} is for the server alone")


def privacy(database: Path | Postgres) -> Iterator[Finding]:
    """Whether others may read the database file: an existing file keeps its permissions."""
    try:
        if isinstance(database, Path) and database.stat().st_mode & 0o077 and database.parent.stat().st_mode & 0o011:
            yield Finding("warn", "Privacy", f"others may read or change {database}; chmod 600 {database}*")
    except OSError:
        return  # the first start creates it


def clock(newest: datetime | None) -> Iterator[Finding]:
    """Whether the clock is plausible.

    newest   time of the newest event
    """
    now = datetime.fromtimestamp(time.time(), UTC)
    if newest is not None and newest.tzinfo is None:
        newest = newest.replace(tzinfo=UTC)
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now.year < YEAR:
        yield Finding("warn", "Clock", f"{shown} was before this version")
    elif newest is not None and newest > now + CLOCK_TOLERANCE:
        yield Finding("warn", "Clock", f"{shown}, but the newest event is of {newest:%Y-%m-%d %H:%M:%S}")
    elif clock_synchronised() is False:
        yield Finding("warn", "Clock", f"{shown}; nothing keeps it right (NTP)")
    else:
        yield Finding("ok", "Clock", shown)


def clock_synchronised() -> bool | None:
    """Whether the kernel reports a synchronised clock; None where it does not say.

    source   adjtimex(2)
    """
    timex = ctypes.create_string_buffer(TIMEX_SIZE)
    try:
        if ctypes.CDLL(None).adjtimex(timex) < 0:
            return None
    except (OSError, AttributeError):
        return None
    *_, status = TIMEX.unpack_from(timex)
    return not status & UNSYNCHRONISED
