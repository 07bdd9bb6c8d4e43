"""Titles of a block of notes as one text: a search in it finds what a search in each title finds."""

from hypothesis import given
from hypothesis import strategies as st

from quart_notes.domain.search.titles import matching, packed, title_in

words = st.text("ab1", min_size=1, max_size=2)
titles = st.lists(words, max_size=3).map(" ".join)


@given(st.lists(titles, max_size=8), st.lists(words, min_size=1, max_size=3))
def test_the_notes_with_all_words_in_their_titles_are_found(all_titles: list[str], wanted: list[str]):
    rows = list(enumerate(all_titles, 11))  # so ids have the digit that words have

    found = matching(packed(rows), wanted)

    assert found == [number for number, title in rows if title and all(word in title for word in wanted)]


def test_the_title_ends_where_the_description_begins():
    assert title_in("milk\ntwo litres\nof it") == "milk"
    assert title_in("\nmilk") == ""
