"""Dates of imported notes, in any format."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quart_notes.schemas import BadEntryError, ImportedNote
from tests.support.note_files import FILES_OF_OTHERS, items, put

DATES = [
    ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31t09:30:00z", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31 09:30:00.5+01:00", "2026-01-31T08:30:00.500000+00:00"),
    ("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00+00:00"),
    ("2026-01-31T09:30:00.123456789Z", "2026-01-31T09:30:00.123456+00:00"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
    ("2016-12-31t23:59:60.25z", "2017-01-01T00:00:00.250000+00:00"),
    ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00+00:00"),
    ("2015-07-01T05:29:60+05:30", "2015-07-01T00:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "moment"), DATES)
def test_every_date_of_rfc_3339_is_imported(text: str, moment: str):
    entry = ImportedNote.of({"title": "a", "created_at": text})

    assert entry.created_at == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text", ["2026-01-31T09:30:60Z", "2026-01-31T23:59:61Z", "2026-01-31T09:60:00Z", "9999-12-31T23:59:60Z"]
)
def test_an_invalid_leap_second_is_refused(text: str):
    with pytest.raises(BadEntryError, match="created_at: is not a date"):
        ImportedNote.of({"title": "a", "created_at": text})


YESTERDAY = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_dates_in_each_programs_format_are_imported():
    dates = {
        name: [item.entry.created_at for item in items(FILES_OF_OTHERS / name) if item.entry]
        for name in ("asana.csv", "notion.csv", "ticktick.csv", "hugo_toml.md", "notesnook.md", "yaml_comment.md")
    }

    assert dates == {
        "asana.csv": [datetime(2026, 1, 2, tzinfo=UTC)] * 2,
        "notion.csv": [datetime(2026, 1, 31, 9, 30, tzinfo=UTC), datetime(2026, 2, 1, 8, tzinfo=UTC)],
        "ticktick.csv": [datetime(2026, 1, 1, 8, tzinfo=UTC)],
        "hugo_toml.md": [datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)],
        "notesnook.md": [datetime(2024, 1, 1, 1, 23, tzinfo=UTC)],
        "yaml_comment.md": [datetime(2024, 1, 1, tzinfo=UTC)],
    }


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T09:30:00Z", "2026-01-31t09:30:00z", "2026-01-31 10:30:00+01:00", "2026-01-31 09:30",
        "20260131T093000Z", "2026-01-31T10:30:00+0100", "2026-01-31 09:30:00 UTC", "2026-01-31 10:30:00 +0100",
        "January 31, 2026 9:30 AM", "@January 31, 2026 9:30 AM", "Jan 31, 2026, 9:30:00\u202fAM",
        "Jan 31st, 2026 at 9:30 am", "31 January 2026 09:30", "31.01.2026 09:30", "31.1.2026, 09:30:00",
        "31-01-2026 09:30 AM", "31/01/2026 09:30", "1/31/2026 9:30 AM", "2026/01/31 09:30:00",
        "Sat, 31 Jan 2026 09:30:00 GMT", "1769851800", "1769851800000", "1769851800000000",
    ],
)  # fmt: skip
def test_a_date_is_parsed_in_any_format(tmp_path: Path, written: str):
    (item,) = items(put(tmp_path, "x.json", [{"title": "a", "created": written}]))

    assert item.entry and item.entry.created_at == YESTERDAY
    assert not item.lost


@pytest.mark.parametrize(
    "written", ["1/2/2026", "2/1/2026 10:30", "Tuesday", "32.01.2026", "0", "99999999999999999", "5"]
)
def test_an_ambiguous_or_invalid_date_is_reported(tmp_path: Path, written: str):
    (item,) = items(put(tmp_path, "x.json", [{"title": "a", "created": written}]))

    assert item.entry and item.entry.created_at is None
    assert [tuple(one) for one in item.lost] == [("created", written)]
