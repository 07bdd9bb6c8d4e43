"""The write lock: one writer at a time, and no starvation."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from quart_notes.storage.sqlite import write_lock
from quart_notes.storage.sqlite.write_lock import WRITING, FairWriteLock
from tests.support.servers.server_process import wait_for

PYTHON = (sys.executable, "-S", "-E", "-c")  # the lock needs nothing but the standard library


@pytest.fixture
def file() -> Iterator[int]:
    """A descriptor of the shared lock file."""
    with tempfile.TemporaryFile() as opened:
        yield opened.fileno()


@contextmanager
def held_by_another(file: int) -> Iterator[None]:
    """Another process holds the lock while the block runs."""
    told, tell = os.pipe()
    lock = f"import os, fcntl; fcntl.lockf({file}, fcntl.LOCK_EX, 1, {WRITING})"
    command = f"{lock}; print(1, flush=True); os.read({told}, 1)"
    with subprocess.Popen(
        [*PYTHON, command], pass_fds=[file, told], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as other:
        os.close(told)
        assert other.stdout is not None
        other.stdout.readline()
        try:
            yield
        finally:
            os.close(tell)


def _free(file: int) -> bool:
    """Whether another process could acquire the lock now."""
    command = f"import fcntl; fcntl.lockf({file}, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, {WRITING})"
    return not subprocess.run([*PYTHON, command], pass_fds=[file], stderr=subprocess.DEVNULL, check=False).returncode


async def test_acquiring_waits_for_the_holder(file: int):
    turn = FairWriteLock(file)
    with held_by_another(file):
        waiting = asyncio.create_task(turn.__aenter__())
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 10)
    assert not await asyncio.to_thread(_free, file)
    await turn.__aexit__(None, None, None)
    assert await asyncio.to_thread(_free, file)


async def test_acquiring_times_out_and_can_be_retried(file: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write_lock, "ACQUIRE_TIMEOUT", 0.05)
    turn = FairWriteLock(file)
    with held_by_another(file):
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await turn.__aenter__()
    monkeypatch.setattr(write_lock, "ACQUIRE_TIMEOUT", 10.0)
    async with turn:
        assert not await asyncio.to_thread(_free, file)
    assert await asyncio.to_thread(_free, file)


async def test_a_lock_acquired_after_a_timeout_is_released(file: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write_lock, "ACQUIRE_TIMEOUT", 0.05)
    turn = FairWriteLock(file)
    with held_by_another(file), pytest.raises(TimeoutError):
        await turn.__aenter__()

    await asyncio.to_thread(wait_for, lambda: _free(file), "another one may write")
    async with turn:
        pass


# A process that writes this many times, and prints when each write starts and ends.
WRITER = """
import asyncio, os, runpy, sys

FairWriteLock = runpy.run_path(sys.argv[5])["FairWriteLock"]

async def work(turns, told, letter, times):
    for _ in range(times):
        async with turns:
            os.write(told, letter + b"(")
            await asyncio.sleep(0.001)
            os.write(told, letter + b")")

asyncio.run(work(FairWriteLock(int(sys.argv[1])), int(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])))
"""


def _writer(file: int, told: int, letter: str, times: int) -> "subprocess.Popen[bytes]":
    command = [*PYTHON, WRITER, str(file), str(told), letter, str(times), write_lock.__file__]
    return subprocess.Popen(command, pass_fds=[file, told])


def test_processes_write_one_at_a_time(file: int):
    out, told = os.pipe()
    writers = [_writer(file, told, letter, 40) for letter in "abc"]
    os.close(told)
    with os.fdopen(out, "rb") as heard:
        said = heard.read().decode()
    assert [writer.wait(20) for writer in writers] == [0, 0, 0]

    turns = [said[at : at + 4] for at in range(0, len(said), 4)]
    assert len(turns) == 3 * 40
    assert all(turn == f"{turn[0]}({turn[0]})" for turn in turns), said


async def test_the_last_writer_queues_behind_waiting_processes(file: int):
    turn = FairWriteLock(file)
    for letter in "abc":
        out, told = os.pipe()
        await turn.__aenter__()
        writer = _writer(file, told, letter, 1)
        os.close(told)
        await asyncio.to_thread(wait_for, partial(_waits, writer.pid), "it waits for its turn")
        await turn.__aexit__(None, None, None)
        await asyncio.wait_for(turn.__aenter__(), 20)
        os.set_blocking(out, False)
        assert os.read(out, 10) == f"{letter}({letter})".encode()
        await turn.__aexit__(None, None, None)
        assert await asyncio.to_thread(writer.wait, 20) == 0
        os.close(out)


def _waits(process: int) -> bool:
    """Whether a process waits for a lock on a file."""
    return any(
        "->" in line and f" {process} " in line for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()
    )
