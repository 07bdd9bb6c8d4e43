"""The search in the page equals `q` of the API."""

import json
import re
import unicodedata
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from quart_notes.domain.text.normalization import searchable
from tests.blueprints.api.test_note_lists import SEARCHES
from tests.browser.board import add, card, card_of, create, edit, fresh
from tests.browser.windows import visit
from tests.support.servers.server_process import wait_for


@pytest.fixture(scope="module")
def window(module_window: Page) -> Page:
    """A window on the board, live, for all tests: each has notes of its own, and sets the search itself."""
    return module_window


# As one text: Playwright takes long for each value of a list.
FOLDS = """async (letters) => {
  const { fold } = await import("/static/js/lib/search_text.js");
  return JSON.stringify(JSON.parse(letters).map(fold));
}"""


def test_the_page_folds_letters_like_the_server(window):
    known = [chr(code) for code in range(0x20, 0x110000) if not 0xD800 <= code < 0xE000]
    known = [letter for letter in known if unicodedata.category(letter) not in {"Cn", "Co"}]
    joined = ["e\u0301", "E\u0323\u0302", "\u1112\u1161\u11ab", "が", "か\u3099", "ΌΔΟΣ", "Σ", "ςσ", "ﷺ", "ǅ", "ŉ"]

    # Cherokee is folded to upper case by one, to lower case by the other.
    there = [searchable(letter).lower() for letter in known + joined]
    here = json.loads(window.evaluate(FOLDS, json.dumps(known + joined)))

    assert [pair for pair in zip(known + joined, here, there, strict=True) if pair[1] != pair[2]] == []


FIND = """async (query) => {
  const field = document.querySelector("#search-field");
  const filtered = new Promise((done) =>
    document.querySelector("#notes").addEventListener("notes:filtered", done, { once: true }));
  field.value = query;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await filtered;
  return [...document.querySelectorAll("ul.notes > li")].filter((one) => !one.hidden).map((one) => +one.dataset.id);
}"""


def test_the_page_and_the_server_find_the_same_notes(window, rest):
    notes = {
        (title, text): create(rest, title, text)["id"]
        for title, text in dict.fromkeys((title, text) for title, text, _, _ in SEARCHES)
    }
    expect(window.locator(f"#note-{max(notes.values())}")).to_have_count(1)

    for title, text, query, found in SEARCHES:
        shown = window.evaluate(FIND, query)

        assert (notes[title, text] in shown) == found, (title, text, query)
        assert shown == [note["id"] for note in rest.get("/api/notes", params={"q": query}).json()], query


# From now on, how often the cards are placed; after some frames, in which the heights of all that are near are known.
COUNT_PLACINGS = """async () => {
  for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  const { place } = Masonry.prototype;
  window.placings = 0;
  Masonry.prototype.place = function () {
    window.placings++;
    place.call(this);
  };
}"""
PLACINGS = """async () => {
  for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  return window.placings;
}"""
# Types words and presses Enter before the next frame; the id of what has the focus then.
ENTER = """(words) => {
  const field = document.querySelector("#search-field");
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.form.requestSubmit();
  return document.activeElement.id;
}"""


def test_a_search_places_the_cards_once_and_enter_does_not_go_to_a_card_that_it_is_about_to_hide(window, rest):
    word = fresh("once").replace(" ", "")
    found = [create(rest, f"{word} {number}") for number in range(3)]
    other = create(rest, fresh("other"))
    window.fill("#search-field", "")
    expect(card_of(window, other)).to_be_visible()
    window.evaluate(COUNT_PLACINGS)

    window.fill("#search-field", word)
    expect(card_of(window, other)).to_be_hidden()
    expect(window.locator("#summary")).to_contain_text("3 of")
    assert window.evaluate(PLACINGS) == 1

    window.fill("#search-field", "")
    expect(card_of(window, other)).to_be_visible()
    assert window.evaluate(ENTER, word) == f"note-{found[-1]['id']}"


# Words of a text that has just been replaced are marked until the next frame, which is not seen.
MARKED = """() => [...(CSS.highlights.get("found") ?? [])].flatMap(({ startContainer, startOffset, endOffset }) => {
  const { isConnected, parentElement, data } = startContainer;
  return isConnected ? [[parentElement.closest("li").id, data.slice(startOffset, endOffset)]] : [];
})"""
# Whether the word that a search has found in a long text is in sight, in the scrolled text.
IN_SIGHT = """(word) => {
  const range = new Range();
  for (const { startContainer, startOffset, endOffset } of CSS.highlights.get("found")) {
    if (startContainer.data.slice(startOffset, endOffset) !== word) continue;
    range.setStart(startContainer, startOffset);
    range.setEnd(startContainer, endOffset);
  }
  const text = document.querySelector("[data-found-below] .description").getBoundingClientRect();
  const { top, bottom } = range.getBoundingClientRect();
  return bottom > top && top >= text.top && bottom <= text.bottom;
}"""


def marked(page, note):
    """The marked words in a card, in order."""
    return [words for card, words in page.evaluate(MARKED) if card == f"note-{note['id']}"]


def test_found_words_are_marked_as_written(window, rest):
    word = fresh("mark").replace(" ", "")
    note = create(rest, f"{word} Chloe\u0301's ﬁne <b>Straße</b>", "한국어, Chloé")
    expect(card_of(window, note)).to_have_count(1)

    window.fill("#search-field", f"{word} chloe FI strass 한국")
    expect(window.locator("#summary")).to_contain_text("1 of")
    wait_for(lambda: marked(window, note), "the words are marked")

    assert sorted(marked(window, note)) == sorted([word, "Chloe\u0301", "Chloé", "ﬁ", "Straß", "한국"])
    assert card_of(window, note).locator("b:has-text('Stra')").count() == 0
    rest.patch(f"/api/notes/{note['id']}", json={"title": f"{word} Chloé has fit Strassen", "description": "한국"})
    expect(card_of(window, note)).to_contain_text("Strassen")
    wait_for(lambda: "Strass" in marked(window, note), "the new ones are marked")
    window.fill("#search-field", "")
    wait_for(lambda: not marked(window, note), "nothing is marked")


def test_without_scripts_the_same_words_are_marked(windows, shared_server, rest):
    word = fresh("plain").replace(" ", "")
    note = create(rest, f"{word} Chloe\u0301's ﬁne <b>Straße</b>", "한국어, Chloé")
    address = f"{shared_server.base}/front/notes?q={quote(f'{word} chloe FI strass 한국')}"
    plain, page = windows(java_script_enabled=False), windows()
    plain.goto(address)
    page.goto(address)
    wait_for(lambda: marked(page, note), "the words are marked")

    words = card_of(plain, note).locator("mark").all_text_contents()

    assert words == [word, "Chloe\u0301", "ﬁ", "Straß", "한국", "Chloé"]
    assert sorted(words) == sorted(marked(page, note))
    expect(card_of(plain, note).locator(".title")).to_have_text(note["title"])
    expect(page.locator("mark")).to_have_count(0)  # the script's own markup


def test_a_long_note_shows_its_matching_text(window, rest):
    word = fresh("deep").replace(" ", "")
    note = create(
        rest, "A long one", "First line.\n" + "Some more words. " * 200 + f"\nHere is {word}.\n" + "And more. " * 50
    )
    card = card_of(window, note)
    expect(card.locator(".more-button")).to_be_visible()
    height = card.evaluate("card => card.offsetHeight")

    window.fill("#search-field", word)

    expect(card).to_have_attribute("data-found-below", "")
    assert window.evaluate(IN_SIGHT, word)
    assert card.evaluate("card => card.offsetHeight") <= height + 2
    expect(card.locator(".more-button")).to_be_visible()
    window.fill("#search-field", "")
    expect(card).not_to_have_attribute("data-found-below", "")
    assert card.locator(".description").evaluate("text => text.scrollTop") == 0


def test_a_new_note_that_does_not_match_the_search_is_announced_and_can_be_shown(window, rest):
    word = fresh("search").replace(" ", "")
    match = create(rest, f"{word} matches")
    window.fill("#search-field", word)
    expect(card_of(window, match)).to_be_visible()

    title = fresh("another")
    add(window, title)
    toast = window.locator(".toast", has_text="Added. It does not match the search.")
    expect(toast).to_be_visible()
    expect(card(window, title)).to_be_hidden()
    toast.get_by_role("button", name="Show it").click()
    expect(card(window, title)).to_be_focused()
    expect(window.locator("#search-field")).to_have_value("")

    window.fill("#search-field", word)
    expect(card_of(window, match)).to_be_visible()
    edit(window, card_of(window, match)).locator("[name=title]").fill("else")
    window.keyboard.press("Control+Enter")
    expect(window.locator(".toast", has_text="Saved. It does not match the search.")).to_be_visible()
    add(window, f"{word} too")
    expect(card(window, f"{word} too")).to_be_visible()
    create(rest, fresh("of somebody else"))
    expect(window.locator(".toast", has_text="does not match")).to_have_count(1)


def test_a_note_added_during_a_search_is_shown_and_counted_only_if_it_matches(window, rest):
    word = fresh("search").replace(" ", "")
    window.fill("#search-field", word)

    other = create(rest, fresh("other"))
    match = create(rest, f"{word} arrives")

    expect(card_of(window, match)).to_be_visible()
    expect(card_of(window, other)).to_be_hidden()
    expect(window.locator("#summary")).to_contain_text("1 of")
    window.fill("#search-field", "")
    expect(card_of(window, other)).to_be_visible()
    window.fill("#search-field", match["title"])
    expect(window.locator("#announcer")).to_contain_text("1 of")


def test_a_search_can_be_linked_to_and_cleared(window, rest, shared_server):
    match, other = create(rest, fresh("linked")), create(rest, fresh("other"))

    visit(window, shared_server, f"/front/notes?q={match['title']}")
    expect(card_of(window, match)).to_be_visible()
    assert card_of(window, other).filter(visible=True).count() == 0
    window.fill("#search-field", "")

    expect(card_of(window, other)).to_be_visible()
    expect(window).not_to_have_url(re.compile("q="))


def test_on_a_phone_the_search_is_behind_a_button(windows, shared_server, rest):
    word = fresh("phone").replace(" ", "")
    note = create(rest, word)
    phone: ViewportSize = {"width": 390, "height": 844}
    page = visit(windows(viewport=phone), shared_server)
    field, button = page.locator("#search-field"), page.get_by_role("button", name="Search notes")
    expect(field).to_be_hidden()

    button.click()
    expect(field).to_be_focused()
    expect(button).to_be_hidden()
    page.keyboard.type(word)
    expect(page.locator("#summary")).to_contain_text("1 of")
    card_of(page, note).focus()
    expect(field).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.press("Escape")

    expect(button).to_be_focused()
    expect(field).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("open")
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(field).to_be_hidden()

    visit(page, shared_server, f"/front/notes?q={word}")
    expect(field).to_be_visible()
    plain = windows(viewport=phone, java_script_enabled=False)
    plain.goto(f"{shared_server.base}/front/notes")
    expect(plain.locator("#search-field")).to_be_visible()
    expect(plain.locator("#search-button")).to_be_hidden()
