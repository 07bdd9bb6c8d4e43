"""The palette of Ctrl+K: it is loaded when it is wanted, and works by keyboard as a combobox does."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import create, fresh
from tests.browser.rooms import be, person, room
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit

FIELD = "#palette [role=combobox]"
ACTIVE = "#palette [role=option][aria-selected=true]"
COMPOSED = """(field, init) => field.dispatchEvent(
  new KeyboardEvent("keydown", { bubbles: true, cancelable: true, key: "Enter", ...init })
)"""


def opened(page: Page, key: str = "Control+k") -> Page:
    """The page with the palette open."""
    page.keyboard.press(key)
    expect(page.locator(FIELD)).to_be_focused()
    return page


@pytest.fixture
def page(module_window, shared_server):
    """The module's window, on the board: each test leaves the palette closed."""
    if module_window.url.partition("#")[0] != f"{shared_server.base}/front/notes":
        visit(module_window, shared_server)
    return module_window


def test_nothing_of_it_is_loaded_before_the_key(windows, shared_server):
    page = windows()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, shared_server)
    assert asked
    assert not [url for url in asked if "palette/" in url or "palette.css" in url]

    opened(page, "Meta+k")

    assert [url for url in asked if url.endswith("/js/palette/palette.js")]


def test_a_note_a_board_a_room_and_a_person_are_reached_by_typing_a_part(page, shared_server, rest):
    word = fresh("Zweig").replace(" ", "")
    note = create(rest, f"Chloé {word}")
    board = rest.post("/api/boards", json={"name": f"Board {word}"}).json()["id"]
    place, who = room(rest, f"Room {word}"), person(rest, word)
    for typed, address in (
        (f"chloe {word.lower()}", rf"/front/boards/1/notes/{note['id']}$"),
        (f"board {word}", rf"/front/boards/{board}/notes$"),
        (f"room {word}", rf"/front/rooms/{place}$"),
        (who["nickname"], rf"/front/messages/{who['id']}$"),
    ):
        opened(visit(page, shared_server)).keyboard.type(typed)
        expect(page.locator(ACTIVE)).to_contain_text(re.compile(word, re.IGNORECASE))
        expect(page.locator(ACTIVE)).not_to_contain_text("Search everything")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(address))


def test_arrows_move_through_the_options_and_escape_gives_the_focus_back(page):
    page.locator("#search-field").focus()
    opened(page)
    options = page.locator("#palette [role=option]")
    expect(options.last).to_have_text("Search everything")

    expect(page.locator(ACTIVE)).to_have_text("New note")
    page.keyboard.press("ArrowDown")
    expect(page.locator(ACTIVE)).to_have_text("Go to Notes")
    active = page.locator(FIELD).get_attribute("aria-activedescendant")
    assert active == page.locator(ACTIVE).get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(ACTIVE)).to_have_text("Search everything")
    expect(page.locator(ACTIVE)).to_be_in_viewport()

    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#search-field")).to_be_focused()
    opened(page).keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()


def test_results_are_counted_and_the_last_line_searches_everything(page, rest):
    word = fresh("Ulme").replace(" ", "")
    create(rest, word)

    opened(page).keyboard.type(word)
    expect(page.locator("#palette [role=status]")).to_have_text("1 result")
    expect(page.locator(f"{ACTIVE} mark")).to_have_text(word)
    page.keyboard.type("&nothing")
    expect(page.locator("#palette [role=status]")).to_have_text("No results")
    expect(page.locator(ACTIVE)).to_have_text(f"Search everything for “{word}&nothing”")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"/front/search\?q={word}%26nothing$"))
    expect(page.locator("#no-hits")).to_be_visible()


def test_enter_of_an_input_method_chooses_nothing(page):
    opened(page)
    address = page.url

    for composing in ({"isComposing": True}, {"keyCode": 229}):
        page.locator(FIELD).evaluate(COMPOSED, composing)
        expect(page.locator("#palette")).to_be_visible()
        assert page.url == address, composing

    page.locator(FIELD).evaluate(COMPOSED, {})
    expect(page.locator("#palette")).to_be_hidden()


def test_actions_do_what_the_controls_of_the_page_do(page, shared_server, rest):
    be(page, shared_server, person(rest))
    visit(page, shared_server)

    opened(page).keyboard.type("new no")
    expect(page.locator(ACTIVE)).to_have_text("New note")
    page.keyboard.press("Enter")
    expect(page.locator("#add-note-form [name=title]")).to_be_focused()

    opened(page).keyboard.type("toggle th")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("light|dark"))

    opened(page).keyboard.type("to peo")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/front/users$"))
    opened(visit(page, shared_server, "/front/users")).keyboard.type("new note")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/front/notes#add-title$"))
    expect(page.locator("#add-note-form [name=title]")).to_be_focused()


def test_a_pointer_chooses_an_option_and_leaves_by_a_click_beside_it(page):
    opened(page).mouse.click(5, 500)
    expect(page.locator("#palette")).to_be_hidden()

    opened(page).get_by_role("option", name="Go to Rooms").click()
    expect(page).to_have_url(re.compile("/front/rooms"))


def test_it_stays_closed_over_another_dialog(windows, shared_server):
    page = visit(windows(), shared_server)
    page.locator("#shortcuts-button").click()
    expect(page.locator("#shortcuts")).to_be_visible()
    expect(page.locator("#shortcuts")).to_contain_text("Ctrl K")

    with page.expect_response(lambda response: response.url.endswith("/css/shell/palette.css")):
        page.keyboard.press("Control+k")

    expect(page.locator("#palette")).to_be_hidden()


def test_the_search_opens_when_it_cannot_be_loaded(windows, shared_server):
    page = windows()
    page.route("**/js/palette/*", lambda route: route.abort())
    visit(page, shared_server)

    page.keyboard.press("Control+k")

    expect(page).to_have_url(re.compile("/front/search$"))


def test_it_is_accessible(page):
    opened(page)
    expect(page.get_by_role("option", name="Go to Rooms")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
