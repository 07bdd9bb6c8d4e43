"""One measurement after another: new systems, in turns, while the machine is idle."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import machine
from bench.figures import Measurement
from bench.lines import Line
from bench.server import Server, running
from bench.systems import System

Results = dict[tuple[str, str], list[Measurement]]  # by line and system


def run(
    lines: Sequence[Line],
    systems: Sequence[System],
    repeats: int,
    patience: float,
    progress: Callable[[str], None],
) -> Results:
    """Measure every line on every system `repeats` times, in turns.

    patience  seconds that a measurement may wait for an idle machine, and be repeated if it was disturbed
    """
    results: Results = {(line.key, system.key): [] for line in lines for system in systems if line.runs_on(system)}
    with machine.pinned(machine.LOAD_CORE):
        for repeat in range(repeats):
            first = repeat % len(systems)
            for line in lines:
                for system in (*systems[first:], *systems[:first]):
                    if not line.runs_on(system):
                        continue
                    progress(f"{repeat + 1}/{repeats} {line.title}, {system.name}")
                    results[line.key, system.key].append(_calmly(line, system, patience))
    return results


def _calmly(line: Line, system: System, patience: float) -> Measurement:
    """The first undisturbed measurement; after a time limit, the least disturbed."""
    until = time.monotonic() + patience
    tries: list[Measurement] = []
    while not tries or (tries[-1].others > machine.CALM and time.monotonic() < until):
        machine.wait_for_calm(until)
        others = machine.Others()
        measured = _measure(line, system)
        measured.others = others.share()
        tries.append(measured)
    return min(tries, key=lambda measured: measured.others)


def _measure(line: Line, system: System) -> Measurement:
    """One line on one system, newly started on a board of its own; a failure becomes a remark."""
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            data = Path(folder)
            if line.restart:
                with running(system, data) as server:
                    _fill(server, line.notes)
            with running(system, data) as server:
                if not line.restart:
                    _fill(server, line.notes)
                return line.work.measure(server)
    except Exception as error:  # one line that fails must not stop the others
        notes = " ".join(getattr(error, "__notes__", ()))
        return Measurement({}, [f"{type(error).__name__}: {error} {notes}"])


def _fill(server: Server, notes: int) -> None:
    """Create the notes that a line starts with, on systems that store notes."""
    if not server.system.special and "notes" not in server.system.lacks:
        server.fill(notes)
