"""What `quart-notes doctor` asks of the machine: its file systems, the room on them, its clock, who reads the key."""

import ctypes
import os
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from quart_notes.settings import Postgres
from quart_notes.storage.signing_key import FILE, KEY_BYTES

MOUNTS = Path("/proc/mounts")  # where there is none, nothing is said of file systems
FAR = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "vboxsf"})
PASSING = frozenset({"tmpfs", "ramfs"})
YEAR = 2026  # of this version: a clock that shows an earlier one is wrong
AHEAD = timedelta(minutes=1)  # of the newest event, which may come from another machine
UNKEPT = 0x40  # STA_UNSYNC of adjtimex(2)


class Finding(NamedTuple):
    """One thing that was looked at."""

    verdict: Literal["ok", "warn", "fail"]
    subject: str
    detail: str


def file_systems(data: Path, database: Path | Postgres, mounts: Path = MOUNTS) -> Iterator[Finding]:
    """Whether locks hold on what data and database lie on, and what was written stays."""
    try:
        told = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    folders = [data] if isinstance(database, Postgres) else [database.parent, data]
    for kind, place in dict.fromkeys(mounted(existing(folder), told) for folder in folders):
        if kind in FAR:
            yield Finding("warn", "File system", f"{place} is {kind}: locks and syncing do not always hold there")
        elif kind in PASSING:
            yield Finding("warn", "File system", f"{place} is {kind}: all is gone when this machine stops")
        else:
            yield Finding("ok", "File system", f"{kind} at {place}")


def mounted(folder: Path, mounts: str) -> tuple[str, str]:
    """Kind and place of the file system that a folder lies on; of two at one place the later one counts.

    source   fstab(5): blanks and backslashes in names are three octal digits behind a backslash
    """
    found = "unknown", "/"
    deepest = -1
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        place = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), place)
        depth = len(Path(place).parts)
        if folder.is_relative_to(place) and depth >= deepest:
            found, deepest = (kind, place), depth
    return found


def room(data: Path, import_bytes: int, database: Path | Postgres) -> Iterator[Finding]:
    """Whether the largest import fits, and the copy of a database file that a migration keeps."""
    wanted = [("Imports", data / "imports", import_bytes)]
    if not isinstance(database, Postgres):
        size = database.stat().st_size if database.is_file() else 0
        wanted.append(("Copies", database.parent / "copies", size))
    for subject, folder, size in wanted:
        there = existing(folder)
        free = shutil.disk_usage(there).free
        detail = f"{free >> 20:,} MiB free at {there} for up to {max(size >> 20, 1):,} MiB"
        yield Finding("ok" if free > size else "warn", subject, detail)


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder.resolve()


def secret(folder: Path) -> Iterator[Finding]:
    """Whether the key that signs sessions is one, and nobody else's to read."""
    file = folder / FILE
    try:
        status = file.stat()
    except OSError:
        return  # the first start makes it
    if status.st_size < KEY_BYTES or not os.access(file, os.R_OK):
        yield Finding("fail", "Secret", f"{file} is not a key, or cannot be read")
    elif status.st_mode & 0o077:
        yield Finding("warn", "Secret", f"others may read or change {file}; chmod 600 {file}")
    else:
        yield Finding("ok", "Secret", f"{file} is for the server alone")


def privacy(database: Path | Postgres) -> Iterator[Finding]:
    """Whether somebody else may read a file's database: one that was there before keeps its permissions."""
    try:
        if isinstance(database, Path) and database.stat().st_mode & 0o077 and database.parent.stat().st_mode & 0o011:
            yield Finding("warn", "Privacy", f"others may read or change {database}; chmod 600 {database}*")
    except OSError:
        return  # the first start makes it


def clock(newest: datetime | None) -> Iterator[Finding]:
    """Whether the clock can be right, as far as anybody here can tell.

    newest   when the newest event was
    """
    now = datetime.fromtimestamp(time.time(), UTC)
    if newest is not None and newest.tzinfo is None:
        newest = newest.replace(tzinfo=UTC)
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now.year < YEAR:
        yield Finding("warn", "Clock", f"{shown} was before this version")
    elif newest is not None and newest > now + AHEAD:
        yield Finding("warn", "Clock", f"{shown}, but the newest event is of {newest:%Y-%m-%d %H:%M:%S}")
    elif kept_right() is False:
        yield Finding("warn", "Clock", f"{shown}; nothing keeps it right (NTP)")
    else:
        yield Finding("ok", "Clock", shown)


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`, and room for the rest.

    source   adjtimex(2)
    """

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "frequency", "max_error", "estimated_error")),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kept_right() -> bool | None:
    """Whether the kernel knows of something that keeps the clock right; None where it does not say."""
    asked = _Timex()
    try:
        if ctypes.CDLL(None).adjtimex(ctypes.byref(asked)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    return not asked.status & UNKEPT
