"""The page of the search in everything, in a browser with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.board import create, fresh
from tests.browser.rooms import person, say
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit


@pytest.mark.parametrize("script", [True, False])
def test_a_search_from_the_bar_leads_to_the_note_and_to_the_message(windows, shared_server, rest, script):
    word = fresh("quince").replace(" ", "")
    note = create(rest, f"{word} jelly", "for Chloé")
    said = say(rest, 1, person(rest), f"is there {word} left?")
    for number in range(3):
        say(rest, 1, person(rest), f"later {number}")
    page = windows(java_script_enabled=script)
    page.goto(f"{shared_server.base}/front/notes")

    page.locator("#search-everything-link").click()
    expect(page.get_by_label("Words")).to_be_focused()
    page.keyboard.type(f"{word.upper()} ")
    page.keyboard.press("Enter")

    hits = page.locator("#hits .hit")
    expect(hits).to_have_count(2)
    expect(hits.locator("mark")).to_have_text([word, word])
    hits.nth(0).get_by_role("link").click()
    expect(page.locator(f"#note-{note['id']} .title")).to_have_text(f"{word} jelly")
    page.go_back()
    hits.nth(1).get_by_role("link").click()
    expect(page.locator(f"#message-{said['id']}")).to_be_in_viewport()


def test_the_page_is_accessible_and_its_times_are_of_the_reader(windows, shared_server, rest):
    word = fresh("medlar").replace(" ", "")
    create(rest, word)
    page = visit(windows(), shared_server, f"/front/search?q={word}&in=notes")

    expect(page.locator("#hits time")).to_have_text("just now")
    assert_accessible(page)
    visit(page, shared_server, f"/front/search?q={word}&after=x")
    assert_accessible(page)
