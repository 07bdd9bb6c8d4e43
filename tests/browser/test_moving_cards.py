"""A moved or removed card affects neither the scroll position nor the focus."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import IN_MOTION, visit

MANY = 40


@pytest.fixture(scope="module")
def notes(shared_server):
    """More notes than fit the window, the newest first."""
    with httpx.Client(base_url=shared_server.base, verify=False) as rest:
        return [create(rest, fresh("moving"), "Some words. " * (number % 7)) for number in range(MANY)][::-1]


@pytest.fixture(scope="module")
def page(module_windows, shared_server, notes):
    """A window on the board with these, for all tests: each leaves them in their order."""
    page = visit(module_windows(**IN_MOTION), shared_server)
    expect(page.locator("ul.notes > li")).to_have_count(MANY)
    return page


def scrolled(page: Page) -> int:
    """The scroll position of the window."""
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(scrollY))))"
    far: int = page.evaluate(frames)
    return far


@pytest.mark.parametrize(("at", "far"), [(1, 0), (20, 400)], ids=["at the top", "further down"])
def test_ticking_moves_only_the_card(page, rest, notes, at, far):
    """By a click, by the space key, and by another user."""
    note, following = notes[at], notes[at + 1]
    box, focus = card_of(page, note).locator(".done-box"), "box => box.focus({ preventScroll: true })"
    ways: list[Callable[[], object]] = [
        box.click,
        lambda: (box.evaluate(focus), page.keyboard.press("Space")),
        lambda: (box.evaluate(focus), rest.patch(f"/api/notes/{note['id']}", json={"done": True})),
    ]
    for tick in ways:
        page.evaluate("far => scrollTo({ top: far, behavior: 'instant' })", far)
        before = scrolled(page)
        tick()
        expect(page.locator("ul.notes > li").last).to_have_id(f"note-{note['id']}")

        expect(card_of(page, following)).to_be_focused()
        assert scrolled(page) == before
        box.evaluate(focus)
        page.keyboard.press("Space")
        expect(card_of(page, note)).not_to_have_attribute("data-done", "")
        assert scrolled(page) == before


def test_a_card_hidden_by_the_search_passes_its_focus_to_the_next(windows, shared_server, rest):
    word = fresh("searched").replace(" ", "")
    notes = [create(rest, f"{word} {number}") for number in range(3)][::-1]
    page = visit(windows(), shared_server, f"/front/notes?q={word}")
    card_of(page, notes[1]).locator(".edit-link").focus()

    rest.patch(f"/api/notes/{notes[1]['id']}", json={"title": "else"})

    expect(card_of(page, notes[1])).to_be_hidden()
    expect(card_of(page, notes[2])).to_be_focused()
    for note in notes:
        rest.delete(f"/api/notes/{note['id']}")


def test_undo_shows_the_note_in_its_old_place_and_closing_a_toast_does_not_scroll(page, rest, notes):
    card_of(page, notes[3]).focus()
    before = scrolled(page)
    page.keyboard.press("Delete")
    expect(card_of(page, notes[4])).to_be_focused()
    assert scrolled(page) == before
    page.keyboard.press("u")
    expect(card_of(page, notes[3])).to_be_focused()
    assert scrolled(page) == before

    page.keyboard.press("Delete")
    expect(card_of(page, notes[3])).to_have_count(0)
    page.locator(".toast-action").first.focus()
    page.evaluate("scrollTo({ top: 900, behavior: 'instant' })")
    before = scrolled(page)
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_have_count(0)
    assert scrolled(page) == before
    rest.post(f"/api/notes/{notes[3]['id']}/restore").raise_for_status()
    expect(card_of(page, notes[3])).to_have_count(1)


def test_a_moved_list_item_keeps_the_focus_and_a_deleted_one_passes_it_to_the_next(windows, shared_server, rest):
    first, second = (rest.post("/api/boards", json={"name": fresh(f"zz{letter}")}).json() for letter in "ab")
    page = visit(windows(), shared_server, "/front/boards")
    page.locator(f"#main [data-board='{first['id']}'] a").first.focus()

    rest.patch(f"/api/boards/{first['id']}", json={"name": fresh("zzz")})
    expect(page.locator(f"#main [data-board='{second['id']}'] + [data-board='{first['id']}']")).to_have_count(1)
    expect(page.locator(f"#main [data-board='{first['id']}'] a").first).to_be_focused()
    rest.delete(f"/api/boards/{first['id']}")

    expect(page.locator(f"#main [data-board='{first['id']}']")).to_have_count(0)
    expect(page.locator(f"#main [data-board='{second['id']}'] a").first).to_be_focused()


# Safari 17 does not support `content-visibility`.
SKIPS_NOTHING = """() => {
  const supports = CSS.supports.bind(CSS);
  CSS.supports = (name, ...values) => name !== "content-visibility" && supports(name, ...values);
  addEventListener("contentvisibilityautostatechange", (event) => event.stopImmediatePropagation(), true);
}"""


def test_a_new_card_shows_its_date_without_content_visibility(windows, shared_server, rest):
    page = windows()
    page.add_init_script(f"({SKIPS_NOTHING})()")
    visit(page, shared_server)

    note = create(rest, fresh())

    expect(page.locator(f"#note-{note['id']} time")).to_have_text("just now")
