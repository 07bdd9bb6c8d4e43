"""Measure lines on systems, in turns; print one table of medians, and draw a picture."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import machine
from bench.lines import Line, lines
from bench.picture import picture
from bench.run import run
from bench.saved import load, save
from bench.systems import SYSTEMS, System
from bench.table import table
from bench.workloads import page

MOST_READERS = 5_000


def arguments() -> argparse.Namespace:
    """Parsed command-line arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="What each line means: bench/README.md"
    )
    keys = [system.key for system in SYSTEMS]
    add = parser.add_argument
    add("--quick", action="store_true", help="one short repeat, for a first look")
    add("--only", nargs="+", metavar="LINE", help="lines whose key begins so: list fanout-ws …")
    add("--systems", nargs="+", metavar="SYSTEM", choices=keys, default=keys, help=f"of {' '.join(keys)}")
    add("--repeats", type=int, metavar="N", help="how often each is measured; default 3, quick 1")
    add("--patience", type=float, metavar="S", default=30.0, help="seconds a measurement may wait for a calm machine")
    add("--out", type=Path, metavar="JSON", help="write every single figure to this file too")
    add("--picture", type=Path, metavar="SVG", help="draw the medians into this file")
    add("--from", type=Path, dest="earlier", metavar="JSON", help="run nothing: the figures that --out wrote")
    add("--list", action="store_true", help="name the lines and systems, run nothing")
    return parser.parse_args()


def main() -> int:
    """Run the benchmark; returns exit status 1 if there was nothing to measure."""
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server keeps running
    prefixes = tuple(asked.only or [""])
    wanted = [line for line in lines(asked.quick) if line.key.startswith(prefixes)]
    chosen = [system for system in SYSTEMS if system.key in asked.systems]
    if asked.list:
        _list(wanted)
        return 0
    if asked.earlier:
        about, results = load(asked.earlier)
        systems = [system for system in chosen if any(key == system.key for _, key in results)]
    else:
        systems = _installed(chosen, wanted)
        about, results = machine.description(), {}
    if not wanted or not systems:
        print("nothing to measure")
        return 1
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    if not asked.earlier:
        results = run(wanted, systems, asked.repeats or (1 if asked.quick else 3), asked.patience, _progress)
        _progress("")
    print(table(wanted, systems, results))
    if asked.out:
        save(asked.out, about, results)
    if asked.picture:
        asked.picture.write_text(picture(wanted, systems, results, about), encoding="utf-8")
    return 0


def _installed(chosen: Sequence[System], wanted: Sequence[Line]) -> list[System]:
    """The systems whose programs are installed; prints what the others lack."""
    for lack in machine.missing(machine.raise_descriptor_limit(), MOST_READERS):
        print(f"missing here: {lack}")
    for system in chosen:
        if lack_of := system.missing():
            print(f"missing here: {lack_of}, for {system.name}")
    if any(line.key in ("page", "phone-page", "long-page", "room") for line in wanted) and (lack_of := page.missing()):
        print(f"missing here: {lack_of}, for the page")
    return [system for system in chosen if not system.missing()]


def _list(wanted: list[Line]) -> None:
    print("\n".join(f"{line.key:20} {line.title}" for line in wanted))
    print()
    print("\n".join(f"{system.key:14} {system.name}" for system in SYSTEMS))


def _progress(text: str) -> None:
    """Print the progress; on a terminal it overwrites the previous progress line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
