"""The benchmark's statistics, table, file and picture."""

import math
from typing import Any, cast
from xml.etree import ElementTree

from bench.figures import NEVER, Measurement, Summary, percentile, percentile_with_lost
from bench.lines import Line, Row, lines
from bench.picture import PANELS, picture
from bench.saved import load, save
from bench.systems import BY_KEY
from bench.table import table

LINE = Line("list", "list of 100 notes", cast(Any, None), (Row("rate", "", "requests/s", 0),), needs=("notes",))
FAN = Line("fanout-ws-100", "websocket, 100/s:", cast(Any, None), (Row("p99", "p99", "ms", 1),), needs=("websocket",))
CHOSEN = [BY_KEY[key] for key in ("ours", "pocketbase", "socketio")]
RESULTS = {
    ("list", "ours"): [Measurement({"rate": rate}) for rate in (4000.0, 4100.0, 5000.0)],
    ("list", "pocketbase"): [Measurement({"rate": 1000.0}, others=0.4)],
    ("fanout-ws-100", "ours"): [Measurement({"p99": 5.0, "lost": 0.0})],
    ("fanout-ws-100", "socketio"): [Measurement({"p99": NEVER, "lost": 0.5}, ["50% not delivered in time"])],
}


def test_a_lost_delivery_counts_as_later_than_any_other():
    came = [float(number) for number in range(1, 100)]

    assert percentile(came, 0.5) == 50
    assert percentile_with_lost(came, 1, 0.99) == 99
    assert percentile_with_lost(came, 2, 0.99) == NEVER
    assert percentile_with_lost([], 3, 0.5) == NEVER
    assert math.isnan(percentile([], 0.5))
    assert Summary.of([3, 1, 2]) == Summary(2, 1, 3)


def test_the_table_has_medians_ratios_marks_and_left_out_lines():
    text = table([LINE, FAN], CHOSEN, RESULTS)
    rows = [line.split("  ") for line in text.splitlines()]

    assert [cell.strip() for cell in rows[2] if cell] == [
        *("list of 100 notes", "requests/s", "4 100 ±22%", "~1 000 (4.1 ×)", "-"),
    ]
    assert [cell.strip() for cell in rows[3] if cell] == ["websocket, 100/s: p99", "ms", "5.0", "-", "never†"]
    assert "† Deliveries were lost." in text
    assert "~ Other programs used more than 10% of a core during this, at most 40%." in text
    assert "socketio keeps no notes, it only passes them on: list" in text
    assert "pocketbase has no websocket: fanout-ws-100" in text
    assert "python-socketio, repeat 1: 50% not delivered in time" in text


def test_figures_survive_a_round_trip_through_a_file(tmp_path):
    save(tmp_path / "figures.json", {"cores": "2"}, RESULTS)

    about, results = load(tmp_path / "figures.json")
    assert about == {"cores": "2"}
    assert results == RESULTS


def test_the_picture_has_a_bar_for_each_figure_and_marks_losses():
    root = ElementTree.fromstring(picture([LINE, FAN], CHOSEN, RESULTS, {"processor": "A <B> & C", "cores": "2"}))
    name = "{http://www.w3.org/2000/svg}"
    bars = [rect for rect in root.iter(f"{name}rect") if rect.get("class") != "ground"]
    words = [text.text for text in root.iter(f"{name}text")]

    assert [bar.get("class") for bar in bars] == ["ours", "peer", "ours", "lost"]
    assert [int(bar.get("width", "0")) for bar in bars][:2] == [380, 93]
    assert words[1:5] == ["Quart Notes", "4 100", "PocketBase", "1 000"]
    assert "never, loses" in words
    assert "Medians of one run on A <B> & C, 2" in words
    assert all(float(rect.get("width", "0")) + float(rect.get("x", "0")) <= 720 for rect in bars)


def test_the_picture_supports_dark_mode_and_loads_nothing():
    text = picture([LINE, FAN], CHOSEN, RESULTS, {"cores": "2"})
    style = text.partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")

    assert all(f".{name} {{" in part for part in (light, dark) for name in ("ground", "ours", "peer", "lost", "quiet"))
    assert "href" not in text
    assert "url(" not in text
    assert 'role="img"' in text


def test_every_panel_of_the_picture_shows_a_figure_of_its_line():
    whole = {line.key: {row.value for row in line.rows} for line in lines(quick=False)}

    assert all(panel.value in whole[panel.line] for panel in PANELS)
