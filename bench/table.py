"""The table: medians, ratios, and faults."""

import math
from collections.abc import Mapping, Sequence

from bench.figures import NEVER, Measurement, Summary
from bench.lines import Line
from bench.machine import CALM
from bench.systems import System

DISTURBED = "~"
LOST = "†"
SPREAD = 0.1  # of the median; a larger spread is printed

Results = Mapping[tuple[str, str], Sequence[Measurement]]  # by line and system


def table(lines: Sequence[Line], systems: Sequence[System], results: Results) -> str:
    """All figures, one row each; in brackets the first system's median divided by this one."""
    head = ["", "unit", *(system.key for system in systems)]
    rows = [head]
    for line in lines:
        for row in line.rows:
            measured = [results.get((line.key, system.key), ()) for system in systems]
            summaries = [summary(each, row.value) for each in measured]
            cells = [
                _cell(each, s, row.digits) + ("" if place == 0 else _ratio(summaries[0], s))
                for place, (each, s) in enumerate(zip(measured, summaries, strict=True))
            ]
            if any(summaries) or any(measured):
                rows.append([f"{line.title} {row.label}".strip(), row.unit, *cells])
    notes = [_legend(systems, results), _left_out(lines, systems), _remarks(lines, systems, results)]
    return "\n\n".join(filter(None, [_aligned(rows), *notes]))


def summary(measurements: Sequence[Measurement], value: str) -> Summary | None:
    """The summary of one figure; None if it was not measured."""
    values = [m.values[value] for m in measurements if value in m.values]
    return Summary.of(values) if values else None


def loses(measurements: Sequence[Measurement]) -> bool:
    """Whether deliveries were lost in any of the repeats."""
    return any(each.values.get("lost", 0) > 0 for each in measurements)


def _cell(measurements: Sequence[Measurement], summary: Summary | None, digits: int) -> str:
    """A median, its spread if that is large, and marks of doubt."""
    if summary is None:
        return "-"
    disturbed = DISTURBED if any(each.others > CALM for each in measurements) else ""
    return disturbed + _median(summary, digits) + (LOST if loses(measurements) else "")


def _median(summary: Summary, digits: int) -> str:
    middle = number(summary.middle, digits)
    away = max(summary.greatest - summary.middle, summary.middle - summary.least)
    if not 0 < summary.middle < NEVER or away <= SPREAD * summary.middle:
        return middle
    return f"{middle} ±{away / summary.middle:.0%}" if away < NEVER else f"{middle} … never"


def number(value: float, digits: int) -> str:
    """A number for people to read."""
    return "never" if value == NEVER else f"{value:,.{digits}f}".replace(",", " ")


def _ratio(ours: Summary | None, theirs: Summary | None) -> str:
    """The first system's median divided by this one's, in brackets; empty if there is none."""
    if ours is None or theirs is None or not theirs.middle or not ours.middle:
        return ""
    if not (math.isfinite(ours.middle) and math.isfinite(theirs.middle)):
        return ""
    ratio = ours.middle / theirs.middle
    return f" ({ratio:.2f} ×)" if ratio < 3 else f" ({ratio:.1f} ×)"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns: the first two aligned left, numbers right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _legend(systems: Sequence[System], results: Results) -> str:
    """The marks that occur in the cells, explained; then the caveats of the systems."""
    said = [f"(n ×) {systems[0].name} divided by this system."] if len(systems) > 1 else []
    if any(map(loses, results.values())):
        said.append(f"{LOST} Deliveries were lost.")
    shares = [each.others for measurements in results.values() for each in measurements]
    if max(shares, default=0) > CALM:
        greatest = f"at most {max(shares):.0%}"
        said.append(f"{DISTURBED} Other programs used more than {CALM:.0%} of a core during this, {greatest}.")
    said += [f"{system.key}: {system.caveat}." for system in systems if system.caveat]
    return "\n".join(said)


def _left_out(lines: Sequence[Line], systems: Sequence[System]) -> str:
    """Features that a system lacks, and the lines that are left out for it."""
    said = []
    for system in systems:
        reasons: dict[str, list[str]] = {}
        for line in lines:
            reason = system.cannot(line.needs)
            if reason and line.concerns(system):
                reasons.setdefault(reason, []).append(line.key)
        said += [f"  {system.key} {reason}: {', '.join(keys)}" for reason, keys in reasons.items()]
    return "\n".join(["Left out:", *said]) if said else ""


def _remarks(lines: Sequence[Line], systems: Sequence[System], results: Results) -> str:
    """The faults, by line and system, with the repeats in which they occurred."""
    said = []
    for line in lines:
        for system in systems:
            measurements = results.get((line.key, system.key), ())
            faults = [f"{n}: {'; '.join(m.remarks)}" for n, m in enumerate(measurements, 1) if m.remarks]
            if faults:
                said.append(f"  {line.title}, {system.name}, repeat " + " | ".join(faults))
    if not said:
        return "Every answer was right and every delivery came, once."
    return "Not as it should be:\n" + "\n".join(said)
