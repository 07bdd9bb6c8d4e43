"""A schedule of requests for a process of its own, and the record of their responses."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field

from bench.server import Server

NANO = 1_000_000_000
START = 0.7  # seconds for the writer's process to start
PATIENCE = 5.0  # seconds after the last due time in which responses and deliveries still count
LATE = 0.005  # seconds that the writer may be late without a remark
NICE = -10


@dataclass
class Order:
    """`count` requests at `rate` a second, over `connections`, from monotonic `begin` to `end` (ns).

    system   its key
    headers  header lines of each request
    paths    in turn: where note i is created, or, with `reads`, the list that is read
    """

    port: int
    system: str
    headers: str
    paths: list[str]
    count: int
    rate: float
    connections: int
    begin: int
    end: int
    reads: bool = False

    @classmethod
    def soon(cls, server: Server, paths: list[str], count: int, rate: float, connections: int) -> "Order":
        """Starting as soon as the process can be ready."""
        begin = time.monotonic() + START + count / 20_000
        end = begin + count / rate + PATIENCE
        who = (server.port, server.system.key, server.headers)
        return cls(*who, paths, count, rate, connections, int(begin * NANO), int(end * NANO))


@dataclass
class Record:
    """Times of each request: the ns from which it counts, and the ns of its response (0: none).

    late  the maximum delay by the process itself, ns
    """

    sent: list[int]
    answered: list[int]
    late: int = 0
    failures: list[str] = field(default_factory=list)

    def remarks(self) -> list[str]:
        """The faults."""
        said = [f"{n} × writer: {why}" for why, n in Counter(self.failures).most_common(2)]
        if unanswered := self.answered.count(0):
            said.append(f"{unanswered} of {len(self.answered)} requests not answered in time")
        if self.late / NANO > LATE:
            said.append(f"the writer was late by up to {self.late / 1e6:.0f} ms")
        return said


class Clerk:
    """A process that executes an order."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def record(self) -> Record:
        """The record, once the order is done."""
        assert self._process.stdout is not None
        return Record(**json.load(self._process.stdout))


@contextmanager
def given(order: Order) -> Iterator[Clerk]:
    """Execute an order while the block runs."""
    command = [sys.executable, "-m", "bench.workloads.writer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None
            json.dump(asdict(order), process.stdin)
            process.stdin.close()
            yield Clerk(process)
        finally:
            process.kill()


def go_first() -> None:
    """Give this process priority over the readers' process on the same core."""
    if (policy := os.sched_getscheduler(0)) in {os.SCHED_RR, os.SCHED_FIFO}:
        priority = os.sched_getparam(0).sched_priority + 1
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    else:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
