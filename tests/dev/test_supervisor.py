"""The supervisor of `quart-notes dev`, with a server that does nothing."""

import asyncio
import itertools
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quart_notes.dev import server_process
from quart_notes.dev.file_watcher import ChangeKind, WatchedFiles
from quart_notes.dev.server_process import ServerProcess as Child
from quart_notes.dev.supervisor import ReloadSupervisor
from tests.support.servers.processes import children

RESTARTS = 40  # of a server that does nothing; a manual test used 200 of the real one

IDLE = """
import signal, socket, sys
signal.signal(signal.SIGTERM, signal.{term})
signal.pthread_sigmask(signal.SIG_UNBLOCK, {{signal.SIGINT}})
line = socket.socket(fileno=int(sys.argv[-1]))
line.sendall(b'{{"ready": true}}\\n')
while line.recv(4096): pass
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The started processes, in order."""
    found: list[Child] = []
    start = Child.start

    async def noted(*arguments: Any) -> Child:
        found.append(await start(*arguments))
        return found[-1]

    monkeypatch.setattr(Child, "start", noted)
    return found


@contextmanager
def supervising(folder: Path, term: str = "SIG_DFL") -> Iterator[ReloadSupervisor]:
    for name in ("quart_notes", "templates", "static"):
        (folder / name).mkdir()
    watched = WatchedFiles(folder / "quart_notes", folder / "templates", folder / "static", frozenset())
    program = (sys.executable, "-S", "-E", "-c", IDLE.format(term=term))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield ReloadSupervisor(listener, watched, "{}", "", program)


async def nth(started: list[Child], number: int) -> None:
    """Return once that many have been started, and the last is ready."""
    async with asyncio.timeout(20):
        while len(started) < number:  # noqa: ASYNC110 - nobody says it
            await asyncio.sleep(0.005)
        await started[-1].ready.wait()


async def test_many_restarts_leak_no_descriptors_or_threads(tmp_path, started):
    def measure() -> tuple[int, int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(asyncio.all_tasks())

    code = {Path("code.py"): ChangeKind.CODE}
    with supervising(tmp_path) as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)
        before: list[tuple[int, int, int]] = []
        for number in range(2, RESTARTS + 2):
            supervised.notice(code)
            await nth(started, number)
            if number == 3:
                before.append(measure())

        async with asyncio.timeout(10):
            while measure() > before[0]:  # noqa: ASYNC110 - nobody says it
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert len(started) == RESTARTS + 1
    assert [await child.ended() for child in started]


async def test_a_server_that_does_not_stop_is_killed(tmp_path, started, monkeypatch):
    monkeypatch.setattr(server_process, "STOP_TIMEOUT", 0.2)
    with supervising(tmp_path, term="SIG_IGN") as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)

        supervised.notice({Path("code.py"): ChangeKind.CODE})
        await nth(started, 2)

        assert (await started[0].ended()).message.startswith("It was ended by SIGKILL")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_every_kind_of_file_change_is_detected(tmp_path, started):
    with supervising(tmp_path) as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)
        new = tmp_path / "quart_notes" / "new"
        acts = [
            lambda: (tmp_path / "quart_notes" / "one.py").write_text("1"),
            lambda: (tmp_path / "quart_notes" / "one.py").replace(tmp_path / "quart_notes" / "two.py"),
            (tmp_path / "quart_notes" / "two.py").unlink,
            lambda: (new.mkdir(), (new / "three.py").write_text("3")),
            lambda: (new / "three.py").write_text("4"),
        ]
        for number, act in enumerate(acts, 2):
            act()
            await nth(started, number)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert len(started) >= len(acts) + 1


async def test_a_server_whose_start_is_interrupted_at_any_step_does_not_stay(tmp_path):
    others = children(os.getpid())
    with supervising(tmp_path) as supervised:
        for steps in itertools.count(1):
            starting = asyncio.create_task(Child.start(supervised._program, supervised._listener, "run", "{}"))
            for _ in range(steps):
                await asyncio.sleep(0)
            if starting.done():
                break
            starting.cancel()
            await asyncio.wait([starting])

            assert starting.cancelled()
            assert children(os.getpid()) == others, f"after {steps} steps"
        await starting.result().stop()

    assert steps > 3
