"""A picture of a run: bar charts as an SVG that is readable on light and dark backgrounds."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from bench.figures import Measurement
from bench.lines import Line
from bench.systems import System
from bench.table import Results, loses, number, summary

WIDTH, NAME, BAR, FIGURE = 720, 190, 380, 130  # pixels: all; the system's name; the longest bar; the value behind it
MARGIN, STEP, THICK, TITLE, GAP = 20, 24, 16, 30, 18  # pixels: margin; a bar's share of the height; a bar; …
STYLE = """
.ground { fill: #ffffff }
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.quiet { fill: #57606a }
.ours { fill: #1a7f37 }
.peer { fill: #8c959f }
.limit { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
.lost { fill: #cf222e }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  text { fill: #e6edf3 }
  .quiet { fill: #9da7b3 }
  .ours { fill: #3fb950 }
  .peer { fill: #6e7681 }
  .limit { stroke: #8b949e }
  .lost { fill: #ff7b72 }
}
"""
LIMITS = frozenset({"asgi", "raw", "kernel", "sqlite"})


class Panel(NamedTuple):
    """The bars of one line: the key of its figure, and whether more is better."""

    line: str
    value: str
    more: bool


PANELS = (
    Panel("list", "rate", True),
    Panel("one", "rate", True),
    Panel("create-16", "rate", True),
    Panel("fanout-ws-100", "p99", False),
    Panel("fanout-sse-100", "p99", False),
    Panel("crowd-sse-2000", "p50", False),
    Panel("most-ws", "rate", True),
    Panel("most-sse", "rate", True),
    Panel("memory-sse", "kb", False),
)


class Bar(NamedTuple):
    """A system's value in a panel; `never` is infinite."""

    system: System
    figure: float
    lost: bool


def picture(lines: Sequence[Line], systems: Sequence[System], results: Results, about: Mapping[str, str]) -> str:
    """The whole SVG; panels without values are left out."""
    by_key = {line.key: line for line in lines}
    parts: list[str] = []
    height = MARGIN
    for panel in PANELS:
        if panel.line in by_key and (bars := _bars(panel, systems, results)):
            parts.append(_panel(by_key[panel.line], panel, bars, height))
            height += TITLE + STEP * len(bars) + GAP
    machine = escape(", ".join(about.values()))
    parts.append(f'<text class="quiet" x="{MARGIN}" y="{height + 4}">Medians of one run on {machine}</text>')
    height += MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' role="img" aria-labelledby="name">',
            '<title id="name">Quart Notes beside other systems: medians of one run of the benchmark</title>',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _bars(panel: Panel, systems: Sequence[System], results: Results) -> list[Bar]:
    """The systems that have this figure, the best first; systems without storage are left out of `create`."""
    bars = []
    for system in systems:
        if panel.line.startswith("create") and not system.stores:
            continue
        measured: Sequence[Measurement] = results.get((panel.line, system.key), ())
        if found := summary(measured, panel.value):
            bars.append(Bar(system, found.middle, loses(measured)))
    return sorted(bars, key=lambda bar: -bar.figure if panel.more else bar.figure)


def _panel(line: Line, panel: Panel, bars: Sequence[Bar], top: int) -> str:
    row = next(row for row in line.rows if row.value == panel.value)
    title = f"{line.title} {row.label}".replace(": ", ", ").rstrip(":, ")
    # A system that loses deliveries has no upper bound: its bar is as long as the longest of the others.
    sound = [bar.figure for bar in bars if not bar.lost] or [bar.figure for bar in bars]
    longest = max(filter(math.isfinite, sound), default=1.0) or 1.0
    better = "more is better" if panel.more else "less is better"
    said = [
        f'<text class="title" x="{MARGIN}" y="{top + 14}">{escape(title)}'
        f'<tspan class="quiet" font-weight="400"> {escape(row.unit)}, {better}</tspan></text>'
    ]
    for place, bar in enumerate(bars):
        y = top + TITLE + STEP * place
        length = BAR if math.isinf(bar.figure) else min(BAR, max(1, round(BAR * bar.figure / longest)))
        text = number(bar.figure, row.digits) + (", loses" if bar.lost else "")
        said += [
            f'<text x="{MARGIN}" y="{y + 9}">{escape(bar.system.name)}</text>',
            f'<rect class="{_kind(bar)}" x="{NAME}" y="{y - 4}" width="{length}" height="{THICK}" rx="2"/>',
            f'<text x="{NAME + length + 6}" y="{y + 9}">{escape(text)}</text>',
        ]
    return "\n".join(said)


def _kind(bar: Bar) -> str:
    if bar.lost:
        return "lost"
    if bar.system.key in LIMITS:
        return "limit"
    return "ours" if bar.system.key.startswith("ours") else "peer"
