"""axe finds no violation in any state of the pages."""

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.windows import finish_animations, visit

# axe loads the style sheets again for one rule, which tests/web/test_page_files.py checks: nothing depends on the
# orientation of a screen.
RULES: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
RULES_OF_COLOURS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Waits until the page's own listeners have run; a busy browser that draws no frame calls none.
FOLLOW = """dark => {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const called = new Promise(done => query.addEventListener("change", done, { once: true }));
  window.followed = query.matches === dark || Promise.race([called, new Promise(done => setTimeout(done, 5000))]);
}"""
# Marks what axe need not check.
RUN = """async ([where, rules]) => {
  await window.followed;
  const {passes, violations} = await axe.run(where ?? document, rules);
  return [passes.length, violations];
}"""
SMALL = """of => [...document.querySelectorAll(of)]
  .filter(element => element.checkVisibility({opacityProperty: true, contentVisibilityAuto: true}))
  .filter(element => element.offsetWidth < 44 || element.offsetHeight < 44)
  .map(element => element.outerHTML.slice(0, 80))"""
# The whole document has hundreds of operations, all shown alike.
SOME_OPERATIONS = re.compile(r"^/api/rooms$")
# All cards are alike, and axe is slow for each.
LEAVE_SOME = """() => [
  '.opblock-tag-section', '.opblock:not(.is-open)', '.models article', 'tr.response', '.microlight'
].forEach((each) => [...document.querySelectorAll(each)].slice(2).forEach((one) => one.remove()))"""


def assert_accessible(page: Page, where: str | None = None) -> None:
    """In light mode, which windows have afterwards as before, and with its colours in dark mode.

    With motion, a part that was not rendered until axe checks it would start its transition only then.
    where   a selector of the part to check, instead of the whole page
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    schemes: dict[Literal["dark", "light"], dict[str, Any]] = {"dark": RULES_OF_COLOURS, "light": RULES}
    for scheme, rules in schemes.items():
        page.evaluate(FOLLOW, scheme == "dark")
        page.emulate_media(color_scheme=scheme)
        finish_animations(page)
        passes, violations = page.evaluate(RUN, [where, rules])
        assert passes, "nothing was looked at"
        assert not violations, f"in {scheme}: {AxeResults({'violations': violations}).generate_report()}"


def assert_fits(page: Page) -> None:
    """No part of the page extends beyond the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def assert_fits_a_thumb(page: Page, targets: str) -> None:
    """All visible touch targets are large enough."""
    assert page.evaluate(SMALL, targets) == [], page.url


@pytest.fixture
def board(windows, shared_server, rest):
    note = create(rest, fresh(), "line\n" * 30)
    create(rest, None, "A text alone")
    rest.patch(f"/api/notes/{create(rest, fresh())['id']}", json={"done": True})
    page = visit(windows(), shared_server)
    expect(card_of(page, note).locator(".more-button")).to_be_visible()
    return page


def test_a_board_with_an_error_the_shortcuts_a_selection_and_an_empty_search_is_accessible(board):
    board.fill("#add-title", "x" * 201)
    board.click("#add-note-form [type=submit]")
    expect(board.locator("#add-title-error")).to_be_visible()
    assert_accessible(board)
    board.click("#shortcuts-button")
    assert_accessible(board, "dialog:modal")
    board.keyboard.press("Escape")
    board.locator(".note").first.focus()
    board.keyboard.press("s")
    expect(board.get_by_text("1 selected")).to_be_visible()
    assert_accessible(board)
    board.keyboard.press("Escape")
    board.fill("#search-field", "nothing has this word")
    expect(board.locator("#empty-search")).to_be_visible()

    assert_accessible(board)


def test_drafts_and_conflicts_are_accessible(board, rest):
    aside, changed, note = (create(rest, fresh(), "before") for _ in range(3))
    edit(board, card_of(board, aside)).locator("[name=description]").fill("mine")
    board.keyboard.press("Escape")
    expect(card_of(board, aside).locator(".note-aside")).to_be_visible()
    for one in (changed, note):
        editor = edit(board, card_of(board, one)).and_(card_of(board, one).locator(".editor"))
        editor.locator("[name=description]").fill("mine")
        rest.patch(f"/api/notes/{one['id']}", json={"description": "theirs"})
        expect(editor.locator(".elsewhere")).to_be_visible()
    card_of(board, note).locator(".save-button").click()
    expect(card_of(board, note).locator(".conflict")).to_be_visible()
    assert_accessible(board)

    card_of(board, note).get_by_role("button", name="Take theirs").click()
    expect(board.locator(".toast").last).to_be_visible()

    assert_accessible(board, "#toasts")


def test_pages_are_accessible_on_a_phone(windows, shared_server, rest):
    create(rest, fresh(), "text")
    note = create(rest, fresh(), "line\n" * 30)
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = visit(windows(**phone), shared_server)
    expect(card_of(page, note).locator(".more-button")).to_be_visible()

    assert_accessible(page)
    assert_fits(page)
    assert_fits_a_thumb(page, "a:not(.skip-link), button, input, textarea")
    page.locator("#select-link").tap()
    page.locator(".note").first.tap()
    expect(page.get_by_text("1 selected")).to_be_visible()
    assert_accessible(page, "#selection-bar")
    assert_fits(page)
    assert_fits_a_thumb(page, ".select-button, #selection-bar button")


def test_the_edit_page_and_an_error_page_are_accessible(windows, shared_server, rest):
    page = windows()
    for path in (f"{create(rest, fresh())['id']}/edit", "999999"):
        page.goto(f"{shared_server.base}/front/notes/{path}")
        assert_accessible(page)


def shorten(route: Route) -> None:
    """Answer with the API's document of some operations."""
    document = route.fetch().json()
    paths = {path: operations for path, operations in document["paths"].items() if SOME_OPERATIONS.search(path)}
    assert paths
    route.fulfill(json={**document, "paths": paths})


def test_the_documentation_pages_use_only_our_own_files(windows, shared_server):
    page = windows()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/openapi.json", shorten)
    page.goto(f"{shared_server.base}/docs")
    for method in ("get", "post"):
        page.locator(f".opblock-{method} .opblock-summary-control").first.click()
    expect(page.locator(".opblock-post .execute").first).to_be_visible()
    expect(page.locator(".opblock-summary-path", has_text="/api/rooms").first).to_be_visible()
    expect(page.locator(".errors-wrapper")).to_have_count(0)
    for shared in ("Last-Event-ID", "Unchanged since the entity tag", '"code": "sign_in_required"'):
        expect(page.locator(".opblock-get .responses-table").first).to_contain_text(shared)
    expect(page.locator(".models article").nth(2)).to_be_attached()
    page.evaluate(LEAVE_SOME)

    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html.dark-mode")).to_be_visible()
    assert [url for url in asked if not url.startswith((shared_server.base, "data:"))] == []


def test_the_print_style_shows_only_complete_notes(windows, shared_server, rest):
    note = create(rest, fresh(), "line\n" * 30)
    page = visit(windows(color_scheme="dark"), shared_server)
    shown = card_of(page, note)
    expect(shown.locator(".more-button")).to_be_visible()

    page.emulate_media(media="print")

    for part in (".shell", "#add-note-form", ".more-button", ".done-form", ".delete-form"):
        expect(page.locator(part).first).to_be_hidden()
    assert shown.locator(".description").evaluate("text => text.scrollHeight <= text.clientHeight + 1")
    expect(shown.locator(".title")).to_have_css("color", "rgb(42, 38, 33)")  # ink, whatever the colours of the screen
