"""A long board: all notes are loaded, in several requests, and remain on the page."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.board import card, create
from tests.browser.conftest import serving
from tests.browser.transfers import bring
from tests.browser.windows import change_script, visit
from tests.support.servers.server_process import wait_for

A_REQUEST = 100
MANY = 330  # more than two requests for further notes, beside those that the server renders


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server with many notes, every tenth of them done."""
    constants = {"quart_notes.background.import_runner.REST_FACTOR": 0.0}
    many = [
        {"title": f"Note {number}", "description": f"Text of note {number}. " * (number % 20), "done": number % 10 == 0}
        for number in range(MANY)
    ]
    with serving("shared", tmp_path_factory.mktemp("server"), constants=constants) as server:
        with httpx.Client(base_url=server.base, timeout=30, verify=False) as rest:
            job = bring(rest, "many.json", json.dumps(many).encode())
            wait_for(lambda: rest.get(f"/api/jobs/{job}").json()["state"] == "done", "they are imported")
        yield server


def test_all_notes_are_loaded_in_order_and_remain(windows, shared_server, rest):
    page = windows()
    change_script(page, "shared", {"limit=1000": f"limit={A_REQUEST}"})
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if f"limit={A_REQUEST}&after_id" in request.url else None
    )
    visit(page, shared_server)
    expect(page.locator("#summary")).to_have_text(f"{MANY - MANY // 10} open, {MANY // 10} done")
    expect(page.locator("#pages")).to_be_hidden()

    keys = page.locator("ul.notes > li").evaluate_all(
        "cards => cards.map(card => [card.dataset.done === undefined ? 0 : 1, -Number(card.dataset.id)])"
    )
    assert len(keys) == MANY
    assert len(asked) > 2
    assert keys == sorted(keys)
    assert page.locator(".delete-button").count() == MANY

    last = page.locator("ul.notes > li").last
    assert last.locator("svg").count() == 0  # far cards have no icons yet
    for _ in range(3):  # heights are estimates until a card is near the view: the end moves a little
        page.keyboard.press("End")
        last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    expect(last.locator(".edit-link svg > path")).to_have_count(2)
    expect(last.locator(".icon-place:empty")).to_have_count(0)
    newest = create(rest, "The newest of all")
    expect(page.locator("ul.notes > li").first).to_have_id(f"note-{newest['id']}")
    page.fill("#search-field", f"note {MANY - 1}")
    expect(card(page, f"Note {MANY - 1}")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("1 of")


# Not an expectation of a locator: Playwright would describe all cards each time.
LOADED = "() => document.querySelector('#notes').ariaBusy !== 'true'"
# The chunks of cards: how many cards each has, and whether the browser renders it.
CHUNKS = """() => [...document.querySelectorAll("#notes .notes")].map(({ children }) =>
  [children.length, children.length > 0 && children[0].checkVisibility({ contentVisibilityAuto: true })])"""
# The ids of all items of the open list, as a screen reader has it.
ITEMS = """() => {
  const list = document.querySelector("#notes [role=list]");
  const isPart = (item) => item.role === "listitem" && item.parentElement.role === "none";
  return [list.ariaLabel, [...list.querySelectorAll("li.note")].filter(isPart).length];
}"""


def test_far_cards_are_skipped_in_chunks_and_are_found_reached_and_read_all_the_same(windows, shared_server, rest):
    page = visit(windows(), shared_server)
    open_notes = [note["id"] for note in rest.get("/api/boards/1/notes?done=false&limit=1000").json()]
    page.wait_for_function(LOADED)

    sizes, rendered = zip(*page.evaluate(CHUNKS), strict=True)
    assert max(sizes) <= 100
    assert rendered[0]
    assert sum(rendered) < len(sizes) / 2
    assert page.evaluate(ITEMS) == ["Notes", page.locator("#notes li.note:not([data-done])").count()]

    # The find command of the browser, and an address.
    assert page.evaluate("find('Text of note 19.')")
    expect(card(page, "Text of note 19.")).to_be_in_viewport()
    page.evaluate("id => location.replace(`#note-${id}`)", open_notes[0])
    expect(page.locator(f"#note-{open_notes[0]}")).to_be_in_viewport()

    # The next card may be in another chunk.
    last = page.locator("#notes .notes").first.locator("li").last
    last.focus()
    page.keyboard.press("j")
    expect(page.locator("#notes .notes").nth(1).locator("li").first).to_be_focused()
    page.keyboard.press("k")
    expect(last).to_be_focused()


def test_the_button_of_the_done_notes_is_between_the_open_and_the_done_ones_in_the_tab_order(windows, shared_server):
    page = visit(windows(), shared_server)
    page.wait_for_function(LOADED)
    first_done = page.locator("#notes li[data-done]").first

    page.locator("#notes li:not([data-done])").last.locator(".pin-button").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#fold-button")).to_be_focused()
    expect(page.locator("#fold-button")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(first_done.locator(".done-box")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(first_done).to_be_hidden()
    expect(page.locator("#fold-button")).to_be_focused()


def test_a_chunk_that_is_full_is_split_around_a_card_that_is_edited(windows, shared_server, rest):
    page = visit(windows(), shared_server)
    page.wait_for_function(LOADED)
    edited = page.locator("#notes li").nth(80)
    edited.locator(".edit-link").focus()
    page.keyboard.press("Enter")
    field = page.locator(".editor [name=title]")
    field.fill("Being written")

    made = [create(rest, f"One more {number}") for number in range(101 - page.evaluate(CHUNKS)[0][0])]

    expect(page.locator("#notes li").first).to_have_id(f"note-{made[-1]['id']}")
    assert max(size for size, _ in page.evaluate(CHUNKS)) <= 100
    expect(field).to_be_focused()
    expect(field).to_have_value("Being written")
    ids = [
        -int(one)
        for one in page.locator("#notes li:not([data-done])").evaluate_all("all => all.map(c => c.dataset.id)")
    ]
    assert ids == sorted(ids)
    for note in made:
        rest.delete(f"/api/notes/{note['id']}")
