"""Figures in a file: every single one of a run, to inspect, to draw, or to print later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.figures import Measurement

Results = dict[tuple[str, str], list[Measurement]]  # by line and system


def save(path: Path, about: Mapping[str, str], results: Mapping[tuple[str, str], Sequence[Measurement]]) -> None:
    """Write single figures; `Infinity` is a lost delivery."""
    single = [
        {"line": line, "system": system, "repeats": [asdict(each) for each in measurements]}
        for (line, system), measurements in results.items()
    ]
    whole = {"machine": about, "results": single}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[dict[str, str], Results]:
    """The machine and the figures of an earlier run."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    results = {
        (each["line"], each["system"]): [Measurement(**repeat) for repeat in each["repeats"]]
        for each in whole["results"]
    }
    return whole["machine"], results
