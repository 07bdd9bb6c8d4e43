"""The machine: which core serves, which core loads, and what is missing here."""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SPARE_DESCRIPTORS = 200  # for whatever is open besides readers
ALLOWED = sorted(os.sched_getaffinity(0))  # before anything here is pinned
SERVER_CORE, LOAD_CORE = ALLOWED[-1], ALLOWED[0]  # one and the same if there is only one
CALM = 0.1  # cores that others may use before figures are in doubt


@contextmanager
def pinned(*cores: int) -> Iterator[None]:
    """Run on these cores within, with every process started here; then as before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def raise_descriptor_limit() -> int:
    """Allow as many open files as the system lets us; returns how many."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def missing(descriptors: int, readers: int) -> list[str]:
    """What this machine lacks for figures that can be trusted, one sentence each."""
    lacks = []
    if len(ALLOWED) < 2:
        lacks.append("a second core: server and load share one, so every figure is too low")
    if descriptors < readers + SPARE_DESCRIPTORS:
        lacks.append(f"open files: {descriptors} allowed, {readers} readers wanted (ulimit -Hn)")
    return lacks


class Others:
    """How much of the machine everything else used, from here to `share`.

    Kernel threads that work for us are counted among them, so that it is never quite 0.
    """

    def __init__(self) -> None:
        self._at, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """Cores that others used on average: 1.0 is one core all the time."""
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others / (time.monotonic() - self._at))


def wait_for_calm(until: float) -> None:
    """Wait till others leave the machine alone for a second, or the monotonic clock shows `until`."""
    while time.monotonic() < until:
        others = Others()
        time.sleep(1)
        if others.share() < CALM:
            return


def _busy_seconds() -> float:
    """Processor time of all cores that was not idle: user, nice, system, irq, softirq, steal."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:]
    return sum(int(line[place]) for place in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Processor time of this process and of the children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def description() -> dict[str, str]:
    """The machine, as it belongs beside any figure."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
