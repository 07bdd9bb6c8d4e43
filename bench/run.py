"""One measurement after another: fresh systems, in turns, in calm moments."""

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
    """Measure every line on every system `repeats` times, the systems taking turns at each line.

    patience  seconds one measurement may wait for a calm machine and be done again if it was not
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
    """The first measurement that nothing disturbed; when time runs out, the least disturbed."""
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
    """One line on one system, freshly started on a board of its own; a failure is a remark."""
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
    except Exception as error:  # one line that cannot be measured must not hide the others
        notes = " ".join(getattr(error, "__notes__", ()))
        return Measurement({}, [f"{type(error).__name__}: {error} {notes}"])


def _fill(server: Server, notes: int) -> None:
    """Put the notes on the board that a line begins with, where notes are kept."""
    if not server.system.special and "notes" not in server.system.lacks:
        server.fill(notes)
