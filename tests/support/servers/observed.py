"""Makes a server report its resources on a signal, for `servers.recovery`."""

import asyncio
import json
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path


def _tell(*_: object) -> None:
    place = Path(os.environ["OBSERVED"]) / str(os.getpid())
    told = {
        "tasks": sorted(str(getattr(task.get_coro(), "__qualname__", task)) for task in asyncio.all_tasks()),
        # The event loop's worker threads are started on demand, up to a limit, and stay.
        "threads": sorted(
            one.name for one in threading.enumerate() if not one.name.startswith(("asyncio_", "uvloop_"))
        ),
        "descriptors": _descriptors(),
    }
    half = place.with_suffix(".half")
    half.write_text(json.dumps(told))
    half.rename(place)


def _descriptors() -> list[str]:
    """Their targets; a file counts once, since SQLite reuses that of a closed connection."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return sorted({one for one in found if one.startswith("/")}) + sorted(
        one.partition(":")[0] for one in found if not one.startswith("/")
    )


def observe() -> None:
    """On SIGUSR2 this process, and those that it forks, write their tasks, threads and descriptors into a file."""
    signal.signal(signal.SIGUSR2, _tell)
