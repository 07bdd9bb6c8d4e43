"""The one table: medians, the spread, how many times better or worse."""

import math
from collections.abc import Mapping, Sequence

from bench.figures import NEVER, Measurement, Summary
from bench.lines import Line, Row
from bench.machine import CALM
from bench.systems import System

DISTURBED = "~"

Results = Mapping[tuple[str, str], Sequence[Measurement]]  # by line and system


def table(lines: Sequence[Line], systems: Sequence[System], results: Results) -> str:
    """All figures, one row each; the first system is what the others are compared with."""
    first, *others = systems
    head = ["", "unit", *(system.name for system in systems)]
    head += [f"{first.name} / {other.name}" for other in others]
    rows = [head]
    for line in lines:
        for row in line.rows:
            measured = [results.get((line.key, system.key), ()) for system in systems]
            summaries = [_summary(each, row) for each in measured]
            cells = [_mark(each) + _cell(s, row.digits) for each, s in zip(measured, summaries, strict=True)]
            ratios = [_ratio(summaries[0], other) for other in summaries[1:]]
            rows.append([f"{line.title} {row.label}".strip(), row.unit, *cells, *ratios])
    return _aligned(rows) + "\n" + _disturbance(results) + "\n" + _remarks(lines, systems, results)


def _summary(measurements: Sequence[Measurement], row: Row) -> Summary | None:
    values = [m.values[row.value] for m in measurements if row.value in m.values]
    return Summary.of(values) if values else None


def _mark(measurements: Sequence[Measurement]) -> str:
    return DISTURBED if any(each.others > CALM for each in measurements) else ""


def _cell(summary: Summary | None, digits: int) -> str:
    """A median, with the least and the greatest behind it."""
    if summary is None:
        return "-"
    middle, least, greatest = (_number(value, digits) for value in (summary.middle, summary.least, summary.greatest))
    return middle if least == greatest else f"{middle} ({least}–{greatest})"


def _number(value: float, digits: int) -> str:
    return "never" if value == NEVER else f"{value:,.{digits}f}".replace(",", " ")


def _ratio(ours: Summary | None, theirs: Summary | None) -> str:
    if ours is None or theirs is None or not theirs.middle or not math.isfinite(ours.middle):
        return "-"
    if theirs.middle == NEVER:
        return "they lose"
    ratio = ours.middle / theirs.middle
    return f"{ratio:.2f} ×" if ratio < 3 else f"{ratio:.1f} ×"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns: the first two to the left, figures to the right."""
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


def _disturbance(results: Results) -> str:
    shares = [each.others for measurements in results.values() for each in measurements]
    if max(shares) <= CALM:
        return ""
    greatest = f"at most {max(shares):.0%}"
    return f"\n{DISTURBED} Other programs used more than {CALM:.0%} of a core meanwhile, {greatest}."


def _remarks(lines: Sequence[Line], systems: Sequence[System], results: Results) -> str:
    """Whatever was wrong, by line and system; the repeats it was seen in."""
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
