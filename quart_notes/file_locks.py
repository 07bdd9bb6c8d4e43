"""Locks on files and folders among the processes of one machine; the kernel releases those of dead processes."""

import time
from fcntl import LOCK_EX, LOCK_NB, flock
from typing import IO, Any

RETRY_INTERVAL = 0.01  # seconds between attempts


def try_lock(file: IO[Any] | int, kind: int = LOCK_EX) -> bool:
    """Lock an open file, or a descriptor, unless another process has locked it; returns whether this process did."""
    try:
        flock(file, kind | LOCK_NB)
    except OSError:
        return False
    return True


def lock_within(file: IO[Any] | int, seconds: float) -> bool:
    """The same, but wait for the other process."""
    deadline = time.monotonic() + seconds
    while not try_lock(file):
        if time.monotonic() >= deadline:
            return False
        time.sleep(RETRY_INTERVAL)
    return True
