"""Search while typing means what the API's `q` means."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import visit


@pytest.mark.parametrize(
    ("title", "text", "query"),
    [
        ("Émile et l'été", "", "émile ÉTÉ"),
        ("", "Straße nach Süden", "STRASSE süd"),
        ("Lentil", "soup", "soup lent"),
        ("ΣΊΣΥΦΟΣ", "", "σίσυφος"),
        ("Cafe\u0301", "", "café"),
        ("100 % sure_thing", "", "% _"),
    ],
)
def test_a_match_here_is_a_match_there(window, rest, title, text, query):
    note = create(rest, title or None, text or None)
    other = create(rest, fresh("zzz"))

    window.fill("#search-field", query)

    expect(card_of(window, other)).to_be_hidden()
    expect(card_of(window, note)).to_be_visible()
    assert note["id"] in [found["id"] for found in rest.get("/api/notes", params={"q": query}).json()]


def test_a_note_that_arrives_during_a_search_shows_only_if_it_matches(window, rest):
    word = fresh("search").replace(" ", "")
    window.fill("#search-field", word)

    other = create(rest, fresh("other"))
    match = create(rest, f"{word} arrives")

    expect(card_of(window, match)).to_be_visible()
    expect(card_of(window, other)).to_be_hidden()
    expect(window.locator("#summary")).to_contain_text("1 of")


def test_how_many_were_found_is_read_out(window, rest):
    note = create(rest, fresh("counted"))
    expect(card_of(window, note)).to_have_count(1)

    window.fill("#search-field", note["title"])

    expect(window.locator("#announcer")).to_contain_text("1 of")


def test_a_search_can_be_linked_to_and_cleared(window, rest, shared_server):
    match, other = create(rest, fresh("linked")), create(rest, fresh("other"))

    visit(window, shared_server, f"/front/notes?q={match['title']}")
    expect(card_of(window, match)).to_be_visible()
    assert card_of(window, other).filter(visible=True).count() == 0
    window.fill("#search-field", "")

    expect(card_of(window, other)).to_be_visible()
    expect(window).not_to_have_url(re.compile("q="))
