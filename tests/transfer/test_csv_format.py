"""Notes as CSV tables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quart_notes.transfer.errors import UnreadableError
from tests.support.note_files import FILES_OF_OTHERS, items, only, put


@pytest.mark.parametrize(
    "table",
    [
        "title,description,done\nBuy milk,Two litres.,true\n",
        "\ufeffTitle;Text;Completed\r\nBuy milk;Two litres.;x\r\n",
        "Name\tBody\tChecked\nBuy milk\tTwo litres.\tYES",
        'nr,"TITLE",unknown,content,done\n1,"Buy milk",?,"Two litres.",1\n\n,,,,\n',
        "title,title,notes,done\nBuy milk,other,Two litres.,✓\n",
    ],
)
def test_a_table_may_have_various_column_names_and_separators(tmp_path: Path, table: str):
    entry = only(put(tmp_path, "x.csv", table))

    assert (entry.title, entry.description, entry.done) == ("Buy milk", "Two litres.", True)


def test_a_cell_may_contain_line_breaks_and_quotation_marks(tmp_path: Path):
    path = put(tmp_path, "x.csv", 'title,text\r\n"say ""hi""","a\r\nb\nc"\r\n')

    assert (only(path).title, only(path).description) == ('say "hi"', "a\r\nb\nc")


def test_an_apostrophe_in_another_programs_table_is_not_unescaped(tmp_path: Path):
    assert only(put(tmp_path, "x.csv", "title\n'=1\n")).title == "'=1"


def test_dates_of_a_table_are_imported(tmp_path: Path):
    path = put(tmp_path, "x.csv", "title,created,modified\na,2026-01-31,2026-01-31T10:30:00+01:00\n")

    entry = only(path)

    assert entry.created_at == datetime(2026, 1, 31, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",yes,", "neither a title nor a text"),
        ('"' + "x" * 200_000 + '",,', "a cell is far too long"),
    ],
)
def test_a_bad_row_is_reported_with_its_number_and_reason(tmp_path: Path, row: str, reason: str):
    path = put(tmp_path, "x.csv", f"title,done,created_at\ngood,,\n{row}\ngood too,,\n")

    found = items(path)

    assert [item.entry.title for item in found if item.entry] == ["good", "good too"]
    (bad,) = [item for item in found if item.problem]
    assert bad.name == "x.csv: line 3"
    assert reason in (bad.problem or "")


def test_a_table_without_a_known_column_is_refused_with_that_reason(tmp_path: Path):
    with pytest.raises(UnreadableError, match="names a column"):
        items(put(tmp_path, "x.csv", "a,b\n1,2\n"))


def test_an_endless_line_is_cut_off(tmp_path: Path):
    path = put(tmp_path, "x.csv", "title\n" + "x" * (5 << 20) + "\nlast\n")

    *bad, last = items(path)

    assert bad
    assert last.entry and last.entry.title == "last"


def test_a_broken_row_is_reported_and_the_rows_before_it_are_imported(tmp_path: Path):
    alone = items(FILES_OF_OTHERS / "own_unclosed_quote.csv")
    assert [(item.name, item.problem) for item in alone] == [
        ("own_unclosed_quote.csv: line 2", "a quotation mark is not closed; lines 3 to 4 were not imported either")
    ]

    table = 'title,text\nfirst,"two\nlines"\nsecond,x\n"third,y\n"fourth","z"\nfifth,"last\n'
    *good, fifth = items(put(tmp_path, "x.csv", table))

    assert [item.entry.title if item.entry else item.name for item in good] == ["first", "second", "x.csv: line 5"]
    assert fifth.problem == "a quotation mark is not closed"
    assert fifth.name == "x.csv: line 7"
