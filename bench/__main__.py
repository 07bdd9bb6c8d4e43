"""Measure the lines of work on the systems, in turns, and print one table of medians."""

import argparse
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from bench import machine
from bench.lines import Line, lines
from bench.run import Results, run
from bench.systems import SYSTEMS
from bench.table import table

MOST_READERS = 2_500


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="What each line means: bench/README.md"
    )
    keys = [system.key for system in SYSTEMS]
    default = [system.key for system in SYSTEMS if system.default]
    add = parser.add_argument
    add("--quick", action="store_true", help="one short repeat, for a first look")
    add("--only", nargs="+", metavar="LINE", help="lines whose key begins so: list fanout-ws …")
    add("--systems", nargs="+", choices=keys, default=default, help=f"default: {' '.join(default)}")
    add("--repeats", type=int, metavar="N", help="how often each is measured; default 3, quick 1")
    add("--patience", type=float, metavar="S", default=30.0, help="seconds a measurement may wait for a calm machine")
    add("--out", type=Path, metavar="JSON", help="write every single figure to this file too")
    add("--list", action="store_true", help="name the lines and systems, run nothing")
    return parser.parse_args()


def main() -> int:
    """Run; the exit status is 1 if there was nothing to measure."""
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    prefixes = tuple(asked.only or [""])
    wanted = [line for line in lines(asked.quick) if line.key.startswith(prefixes)]
    chosen = [system for system in SYSTEMS if system.key in asked.systems]
    if asked.list:
        _list(wanted)
        return 0
    for lack in machine.missing(machine.raise_descriptor_limit(), MOST_READERS):
        print(f"missing here: {lack}")
    for system in chosen:
        if lack_of := system.missing():
            print(f"missing here: {lack_of}, for {system.name}")
    systems = [system for system in chosen if not system.missing()]
    if not wanted or not systems:
        print("nothing to measure")
        return 1
    repeats = asked.repeats or (1 if asked.quick else 3)
    about = machine.description()
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    results = run(wanted, systems, repeats, asked.patience, _progress)
    _progress("")
    print(table(wanted, systems, results))
    if asked.out:
        _save(asked.out, about, results)
    return 0


def _list(wanted: list[Line]) -> None:
    print("\n".join(f"{line.key:14} {line.title}" for line in wanted))
    print()
    print("\n".join(f"{system.key:14} {system.name}" for system in SYSTEMS))


def _progress(text: str) -> None:
    """Say where it is; on a terminal over the last such line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def _save(path: Path, about: dict[str, str], results: Results) -> None:
    """Write single figures; `Infinity` is a delivery that did not come."""
    single = [
        {"line": line, "system": system, "repeats": [asdict(each) for each in measurements]}
        for (line, system), measurements in results.items()
    ]
    whole = {"machine": about, "results": single}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
