"""axe finds nothing, in any state that can be looked at."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.board import card, card_of, create, edit, fresh
from tests.browser.rooms import be, person
from tests.browser.windows import finish_animations, visit

RULES = {"resultTypes": ["violations"]}
RULES_OF_COLOURS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# All are alike, and axe takes long for each.
LEAVE_SOME = """() => ['.opblock-tag-section', '.model-container'].forEach(
  (each) => [...document.querySelectorAll(each)].slice(2).forEach((one) => one.remove()))"""


def assert_accessible(page):
    """In light, which windows have at the end as before, and with its colours in dark."""
    for scheme, rules in (("dark", RULES_OF_COLOURS), ("light", RULES)):
        page.emulate_media(color_scheme=scheme)
        finish_animations(page)
        results = Axe().run(page, options=rules)
        assert results.violations_count == 0, f"in {scheme}: {results.generate_report()}"


@pytest.fixture
def board(windows, shared_server, rest):
    note = create(rest, fresh(), "line\n" * 30)
    create(rest, None, "A text alone")
    rest.patch(f"/api/notes/{create(rest, fresh())['id']}", json={"done": True})
    page = visit(windows(), shared_server)
    expect(card_of(page, note).locator(".more-button")).to_be_visible()
    return page


def test_a_board_with_notes(board):
    assert_accessible(board)


def test_an_empty_board(windows, server):
    page = visit(windows(), server)
    expect(page.locator("#empty-board")).to_be_visible()

    assert_accessible(page)


def test_a_search_without_result(board):
    board.fill("#search-field", "nothing has this word")
    expect(board.locator("#empty-search")).to_be_visible()

    assert_accessible(board)


def test_the_sheet_of_shortcuts(board):
    board.click("#shortcuts-button")

    assert_accessible(board)


def test_an_error_in_the_composer(board):
    board.fill("#add-title", "x" * 201)
    board.click("#add-note-form [type=submit]")
    expect(board.locator("#add-title-error")).to_be_visible()

    assert_accessible(board)


def test_editing_conflict_and_toast(board, rest):
    note = create(rest, fresh(), "before")
    editor = edit(board, card_of(board, note))
    editor.locator("[name=description]").fill("mine")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"})
    expect(editor.locator(".elsewhere")).to_be_visible()
    assert_accessible(board)
    editor.locator(".save-button").click()
    expect(card_of(board, note).locator(".conflict")).to_be_visible()
    assert_accessible(board)

    card_of(board, note).get_by_role("button", name="Take theirs").click()
    expect(board.locator(".toast")).to_be_visible()

    assert_accessible(board)


def test_a_change_that_is_set_aside(board, rest):
    note = create(rest, fresh(), "before")
    edit(board, card_of(board, note)).locator("[name=description]").fill("mine")
    board.keyboard.press("Escape")
    expect(card_of(board, note).locator(".note-aside")).to_be_visible()

    assert_accessible(board)


def test_a_phone(windows, shared_server, rest):
    create(rest, fresh(), "text")
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = visit(windows(**phone), shared_server)

    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/front/notes/999999", "/front/notes/{}/edit"])
def test_the_other_pages(windows, shared_server, rest, path):
    page = windows()
    page.goto(shared_server.base + path.format(create(rest, fresh())["id"]))

    assert_accessible(page)


def test_the_pages_of_the_api(windows, shared_server):
    page = windows()
    page.goto(f"{shared_server.base}/docs")
    for method in ("get", "post"):
        page.locator(f".opblock-{method} .opblock-summary-control").first.click()
    expect(page.locator(".opblock-post .execute").first).to_be_visible()
    page.evaluate(LEAVE_SOME)

    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html.dark-mode")).to_be_visible()


def test_letters_twice_as_large_need_no_scrolling_sideways(windows, shared_server, rest):
    ada = person(rest)
    note = create(rest, fresh("long" * 12), "line\n" * 30)
    page = windows(viewport={"width": 390, "height": 844})
    be(page, shared_server, ada)
    paths = ["notes", f"notes/{note['id']}/edit", "users", "rooms", "rooms/1", f"messages/{ada['id']}", "boards"]
    wide = []
    for path in [*paths, "boards/1", "boards/1/transfer", "notes/999999", "sign-in"]:
        page.goto(f"{shared_server.base}/front/{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate("document.documentElement.scrollWidth > 390"):
            wide.append(path)

    assert wide == []


def test_paper_shows_the_notes_whole_and_nothing_else(windows, shared_server, rest):
    note = create(rest, fresh(), "line\n" * 30)
    page = visit(windows(color_scheme="dark"), shared_server)
    shown = card_of(page, note)
    expect(shown.locator(".more-button")).to_be_visible()

    page.emulate_media(media="print")

    for part in (".shell", "#add-note-form", ".more-button", ".done-form", ".delete-form"):
        expect(page.locator(part).first).to_be_hidden()
    assert shown.locator(".description").evaluate("text => text.scrollHeight <= text.clientHeight + 1")
    expect(shown.locator(".title")).to_have_css("color", "rgb(42, 38, 33)")  # ink, whatever the screen has


def test_targets_are_big_enough_for_a_thumb(windows, shared_server, rest):
    note = create(rest, fresh(), "line\n" * 30)
    page = visit(windows(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True), shared_server)
    expect(card(page, note["title"]).locator(".more-button")).to_be_visible()

    small = page.evaluate(
        """() => [...document.querySelectorAll("a:not(.skip-link), button, input, textarea")]
          .filter(element => element.checkVisibility({opacityProperty: true, contentVisibilityAuto: true}))
          .filter(element => element.offsetWidth < 44 || element.offsetHeight < 44)
          .map(element => element.outerHTML.slice(0, 80))"""
    )

    assert small == []
