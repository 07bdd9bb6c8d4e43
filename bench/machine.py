"""The machine: the cores of the server and of the load generator, and its limits."""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SPARE_DESCRIPTORS = 200  # file descriptors for everything besides readers
ALLOWED = sorted(os.sched_getaffinity(0))  # read before anything is pinned
SERVER_CORE, LOAD_CORE = ALLOWED[-1], ALLOWED[0]  # the same core if there is only one
CALM = 0.1  # cores that other programs may use before a result is disturbed


@contextmanager
def pinned(*cores: int) -> Iterator[None]:
    """Pin this process, and every process that it starts, to these cores within the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def raise_descriptor_limit() -> int:
    """Raise the limit of open files to its maximum; returns it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def missing(descriptors: int, readers: int) -> list[str]:
    """What the machine lacks for reliable results, one sentence each."""
    lacks = []
    if len(ALLOWED) < 2:
        lacks.append("a second core: server and load share one, so every figure is too low")
    if descriptors < readers + SPARE_DESCRIPTORS:
        lacks.append(f"open files: {descriptors} allowed, {readers} readers wanted (ulimit -Hn)")
    return lacks


class Others:
    """CPU use of all other processes, from the construction to `share`.

    Kernel threads that work for the benchmark are counted as others, so that it is never quite 0.
    """

    def __init__(self) -> None:
        self._at, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """Cores that others used on average: 1.0 is one core all the time."""
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others / (time.monotonic() - self._at))


def wait_for_calm(until: float) -> None:
    """Wait until the machine was idle for a second, or the monotonic clock shows `until`."""
    while time.monotonic() < until:
        others = Others()
        time.sleep(1)
        if others.share() < CALM:
            return


def _busy_seconds() -> float:
    """CPU time of all cores that was not idle: user, nice, system, irq, softirq, steal."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:]
    return sum(int(line[place]) for place in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """CPU time of this process and of its children that have exited."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def description() -> dict[str, str]:
    """A description of the machine, to print with the results."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
