"""Notes that are added all the time, and what a copy that was made at the same time has to be like."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.clients.command_line import ask
from tests.support.servers.server_process import wait_for

TOGETHER = 10  # notes of one connection: with several workers each of them is written to


@contextmanager
def steady_writers(base: str) -> Iterator[list[int]]:
    """Three clients add notes to a server while the block runs; gives the number acknowledged so far, at least one."""
    stop = threading.Event()
    acknowledged = [0]

    def write() -> None:
        while not stop.is_set():
            with httpx.Client(base_url=base, timeout=20, verify=False) as client:
                for _ in range(TOGETHER):
                    made = client.post("/api/notes", json={"title": "w", "description": "x" * 3000})
                    assert made.status_code == 201
                    acknowledged[0] += 1

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        wait_for(lambda: acknowledged[0] > 50, "some writes")
        yield acknowledged
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def assert_whole(copy: Path, acknowledged: int) -> None:
    """A copy has the rows and events of a moment: no fewer notes than were acknowledged before, and none half there."""
    notes = ask(copy, "SELECT count(*) FROM note")
    assert ask(copy, "PRAGMA integrity_check") == "ok"
    assert ask(copy, "SELECT count(*) FROM event_log") == notes
    assert ask(copy, "SELECT newest FROM log_head") == notes
    assert notes >= acknowledged, "an acknowledged note is missing"
    assert not list(copy.parent.glob(f"{copy.name}?*")), "something is left beside the copy"
