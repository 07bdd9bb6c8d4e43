"""Processes, as /proc shows them; and what is done when that of the tests has ended."""

import subprocess
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that one has started and that run.

    Not by its file `children`: that leaves some out while others end, and goes with its thread.

    source   proc_pid_task(5)
    """
    others = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [other for other in others if _stat(other)[1] == str(pid) and not ended(other)]


def ended(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked about yet counts as well."""
    return _stat(pid)[0] in "XZ"


def _stat(pid: int) -> list[str]:
    """Its state, its parent, and more; X and 0 when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["X", "0"]


class Guardian:
    """Runs a shell script once this process has ended, however it has, or at once when it is told to."""

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
        """Run it, and return once that is done."""
        self._process.communicate()
