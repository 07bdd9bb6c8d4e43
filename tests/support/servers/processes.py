"""Processes in /proc, their network namespaces; and clean-up after the end of the test process."""

import ctypes
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000  # source   setns(2)


def enter_network(file: str) -> None:
    """Have this thread, and the processes that it starts, use the network namespace of a file."""
    with Path(file).open() as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {file}")


@contextmanager
def in_network(file: str) -> Iterator[None]:
    """The same, for a while."""
    with Path("/proc/thread-self/ns/net").open() as own:
        enter_network(file)
        try:
            yield
        finally:
            enter_network(f"/proc/self/fd/{own.fileno()}")


def children(pid: int) -> list[int]:
    """The running child processes of a process.

    Not by its file `children`: that omits some while others exit, and belongs to a thread.

    source   proc_pid_task(5)
    """
    others = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [other for other in others if _stat(other)[1] == str(pid) and not ended(other)]


def ended(pid: int) -> bool:
    """Whether a process has ended; a zombie counts as ended."""
    return _stat(pid)[0] in "XZ"


def _stat(pid: int) -> list[str]:
    """Its state, its parent, and more; X and 0 if it does not exist."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["X", "0"]


class Guardian:
    """Runs a shell script once this process has ended, for whatever reason, or on demand."""

    def __init__(self, script: str, *arguments: str) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(  # the other end of its input is closed with this process
            ["sh", "-c", f"read -r _\n{script}", "sh", *arguments],
            stdin=subprocess.PIPE,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )

    def act(self) -> None:
        """Run it; returns once it has finished."""
        self._process.communicate()
