"""Boards: created, shared with roles, renamed, left, deleted and restored, in the open windows of their members."""

import re

from playwright.sync_api import Page, expect

from tests.browser.access import Member, fresh, known_as, switcher
from tests.browser.board import add, card
from tests.browser.rooms import block_websockets
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.test_xss import CORPUS
from tests.browser.windows import visit

LONG = "A board whose name goes on and on until it has eighty characters and no more yet"
HEBREW = "לוח המטבח"


ada, bob = known_as("ada"), known_as("bob")


def test_a_lost_board_is_reported_at_once_and_keeps_typed_text(ada, bob):
    board = ada.board(name := fresh("garden "), editor=bob)
    ada.note(board, "secret")
    page = bob.window(f"/front/boards/{board}/notes")
    elsewhere = visit(bob.windows(page.context), bob.server, "/front/boards/1/notes")
    expect(switcher(elsewhere).get_by_text(name)).to_be_visible()
    page.fill("#add-note-form [name=title]", "typed text")

    ada.take(board, bob)

    expect(page.locator("#board-gone")).to_contain_text(
        "You no longer have access to this board. What you were writing is kept"
    )
    expect(card(page, "secret")).to_be_hidden()
    expect(page.locator("#add-note-form [name=title]")).to_have_value("typed text")
    expect(switcher(elsewhere).get_by_text(name)).to_have_count(0)
    # The tabs' shared connection continues with the other topics.
    title = fresh("shared ")
    assert ada.rest.post("/api/notes", json={"title": title}).status_code == 201
    expect(card(elsewhere, title)).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")

    ada.give(board, bob, "editor")

    expect(page.locator("#board-gone")).to_be_hidden()
    expect(page.locator("#add-note-form [name=title]")).to_have_value("typed text")
    expect(switcher(elsewhere).get_by_text(name)).to_be_visible()
    ada.note(board, "after")
    expect(card(page, "after")).to_be_visible()


def test_a_list_of_boards_that_was_read_before_an_event_does_not_undo_it(ada, bob):
    lost, given = ada.board(viewer=bob), ada.board()
    page = bob.window("/front/boards/1/notes")
    entry = {board: page.locator(f"#switcher-list [data-board='{board}']") for board in (lost, given)}
    switcher(page)
    expect(entry[lost]).to_be_visible()
    page.keyboard.press("Escape")
    responses = []

    def delay(route):
        former = route.fetch()
        ada.take(lost, bob)
        ada.give(given, bob, "viewer")
        expect(entry[lost]).to_have_count(0)
        expect(entry[given]).to_have_count(1)
        route.fulfill(response=former)

    def is_second(response):
        responses.extend([response] if "/api/boards?" in f"{response.url}?" else [])
        return len(responses) == 2

    page.route(re.compile(r"/api/boards(\?|$)"), delay, times=1)
    with page.expect_response(is_second):
        switcher(page)

    expect(entry[given]).to_be_visible()
    expect(entry[lost]).to_have_count(0)


def test_a_page_that_lost_its_board_does_not_retry(ada, bob):
    board = ada.board(editor=bob)
    asked: dict[Page, list[str]] = {}
    for stream in (False, True):
        page = bob.window()
        if stream:
            block_websockets(page)
        visit(page, bob.server, f"/front/boards/{board}/notes")
        said: list[str] = []
        asked[page] = said
        page.on("request", lambda request, said=said: said.append(request.url))
        page.on("websocket", lambda socket, said=said: said.append(socket.url))

    ada.take(board, bob)
    for page in asked:
        expect(page.locator("#board-gone")).to_be_visible()
    page.wait_for_timeout(2000)

    before = int(page.locator("#rooms-place .badge-count").text_content() or 0)
    for page, said in asked.items():
        expect(page.locator("#connection")).to_have_text("Live")
        assert len(said) < 15, said
    ada.rest.post("/api/rooms/1/messages", json={"author_id": ada.id, "content": "heard"})
    for page in asked:
        expect(page.locator("#rooms-place .badge-count")).to_have_text(str(before + 1))


def test_a_boards_new_name_is_shown_everywhere_at_once_as_text(ada, bob):
    board = ada.board(fresh("before "), editor=bob)
    page, about, every = (bob.window(f"/front/boards{path}") for path in (f"/{board}/notes", f"/{board}", ""))
    owner = ada.window(f"/front/boards/{board}")
    owner.get_by_label("Name of the board").fill(name := fresh("after "))
    owner.locator("#board-form").get_by_role("button", name="Save").click()
    expect(page.locator("#switcher summary")).to_contain_text(name)
    expect(page).to_have_title(re.compile(rf"^(\(\d+\) )?{name} "))
    expect(every.locator("#board-list")).to_contain_text(name)

    for risky in (CORPUS[0], CORPUS[1], CORPUS[-1]):  # all of them on cards: test_xss.py
        shown = ada.rest.patch(f"/api/boards/{board}", json={"name": risky}).json()["name"]
        expect(page.locator(".desk-board .board-name")).to_have_text(shown)
        expect(about.locator("h1")).to_have_text(shown)
        expect(every.locator(f"[data-names='{board}']")).to_have_text([shown, shown])  # and the link to its import
    for opened in (page, about, every):
        opened.reload()
        assert opened.evaluate("window.__xss") is None
        assert opened.locator(".board-name :is(script, img, svg, iframe, a)").count() == 0


def test_a_member_is_added_and_removed_and_the_last_owner_cannot_leave(ada, bob):
    page = ada.window(f"/front/boards/{ada.board(name := fresh('allotment '))}")
    _add_and_remove(page, bob, name)


def _add_and_remove(page: Page, bob: Member, name: str) -> None:
    """On the settings page of a board: add a user, try to leave, and remove the user."""
    page.get_by_label("Person").select_option(value=str(bob.id))
    page.locator("#add-role").select_option("ticker")
    page.get_by_role("button", name="Add member").click()
    expect(page.locator(".member", has_text=bob.nickname)).to_contain_text("Ticker: can see notes and tick them off")
    page.get_by_role("button", name="Leave this board").click()
    page.get_by_role("button", name="Leave the board").click()
    expect(page.locator("#add-member-form, .members-section").get_by_text("A board needs an owner")).to_be_visible()
    page.locator(".member", has_text=bob.nickname).get_by_role("button", name="Remove").click()
    expect(page.locator("h1")).to_have_text(f"Remove {bob.nickname} from “{name}”?")
    page.locator(".choices").get_by_role("button", name="Remove").click()
    expect(page.locator(".member")).to_have_count(1)


def test_without_scripts_a_board_is_created_shared_deleted_and_restored(ada, bob):
    page = ada.window("/front/boards", java_script_enabled=False)
    page.get_by_label("Name of the board").fill(name := fresh("allotment "))
    page.get_by_role("button", name="Create board").click()
    expect(page.locator(".desk-board")).to_contain_text(name)
    add(page, "seeds")
    expect(card(page, "seeds")).to_be_visible()
    page.locator(".desk-board a").click()
    _add_and_remove(page, bob, name)
    page.get_by_role("button", name="Delete this board").click()
    expect(page.locator("h1")).to_have_text(f"Delete “{name}”?")
    expect(page.locator("main")).to_contain_text("The board has 1 note and 1 person.")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("h1")).to_have_text(name)
    page.get_by_role("button", name="Delete this board").click()
    page.get_by_role("button", name="Delete the board").click()
    expect(page.get_by_text("The board is deleted.")).to_be_visible()
    expect(page.locator("#board-list").get_by_text(name)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("h1")).to_have_text(name)
    page.get_by_role("link", name="Back to the notes").click()
    expect(card(page, "seeds")).to_be_visible()


def test_drafts_belong_to_one_board_each_has_its_heading_and_the_keyboard_opens_the_switcher(ada):
    board = ada.board(name := fresh("garden "))
    page = ada.window(f"/front/boards/{board}/notes")
    page.fill("#add-note-form [name=title]", "for this one")
    expect(page.locator("h1")).to_have_text(re.compile(rf"^{name} My todo notes v[\d.]+$"))

    visit(page, ada.server, "/front/boards/1/notes")
    expect(page.locator("#add-note-form [name=title]")).to_have_value("")
    expect(page.locator("h1")).to_have_text(re.compile(r"^Everybody's board My todo notes v[\d.]+$"))
    visit(page, ada.server, f"/front/boards/{board}/notes")
    expect(page.locator("#add-note-form [name=title]")).to_have_value("for this one")

    page.locator("#switcher summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#switcher-list a").first).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#switcher-list")).to_be_hidden()
    expect(page.locator("#switcher summary")).to_be_focused()


def test_two_tabs_show_the_events_of_their_own_boards(ada):
    board = ada.board()
    page = ada.window(f"/front/boards/{board}/notes")
    other = visit(ada.windows(page.context), ada.server, "/front/boards/1/notes")

    add(page, here := fresh("here "))
    add(other, there := fresh("there "))

    expect(card(page, here)).to_be_visible()
    expect(card(other, there)).to_be_visible()
    expect(card(page, there)).to_have_count(0)
    expect(card(other, here)).to_have_count(0)
    other.locator("#search-field").fill(there)
    other.reload()
    expect(card(other, there)).to_be_visible()


def test_the_pages_of_boards_are_accessible(ada, bob):
    board = ada.board(LONG, viewer=bob)
    ada.board(HEBREW)
    ada.note(board, "first")
    page = ada.window("/front/boards")
    assert_accessible(page)
    page = bob.window(f"/front/boards/{board}/notes")
    assert_accessible(page)
    switcher(page)
    assert_accessible(page, ".shell")
    page.keyboard.press("Escape")
    ada.take(board, bob)
    expect(page.locator("#board-gone")).to_be_visible()
    assert_accessible(page, "main")


def test_long_names_fit_a_small_screen(ada):
    board = ada.board("W" * 80)
    ada.board(LONG)
    page = ada.window(viewport={"width": 320, "height": 640})
    for path in ("/front/boards", f"/front/boards/{board}", f"/front/boards/{board}/notes"):
        visit(page, ada.server, path)
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => document.documentElement.dir = direction", direction)
            if path.endswith("notes"):
                switcher(page)
            assert_fits(page)


def test_in_open_mode_everybody_sees_all_boards(windows, shared_server):
    page = visit(windows(), shared_server, "/front/boards")
    page.get_by_label("Name of the board").fill("Allotment")
    page.get_by_role("button", name="Create board").click()
    expect(page.locator(".desk-board a")).to_have_text("Allotment")
    other = visit(windows(), shared_server)
    expect(switcher(other)).to_have_text(["Everybody's board", "Allotment"])
    other.locator("#switcher-list").get_by_text("Allotment").click()
    add(page, "seeds")
    expect(card(other, "seeds")).to_be_visible()

    page.locator(".desk-board a").click()
    page.get_by_role("button", name="Delete this board").click()
    page.get_by_role("button", name="Delete the board").click()
    expect(other.locator("#board-gone")).to_contain_text("has been deleted")
    page.get_by_role("button", name="Undo").click()

    expect(other.locator("#board-gone")).to_be_hidden()
    expect(card(other, "seeds")).to_be_visible()


def test_a_board_deleted_while_the_page_was_offline_is_reported(windows, shared_server, rest):
    board = rest.post("/api/boards", json={"name": "Allotment"}).json()["id"]
    page = visit(windows(), shared_server, f"/front/boards/{board}/notes")
    page.fill("#add-note-form [name=title]", "typed text")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text(re.compile("Offline|Reconnecting"))

    rest.delete(f"/api/boards/{board}")
    page.context.set_offline(False)

    expect(page.locator("#board-gone")).to_contain_text("What you were writing is kept")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#add-note-form [name=title]")).to_have_value("typed text")


def test_the_page_of_all_boards_says_what_is_on_each(ada, bob):
    board = ada.board(fresh("counted "), editor=bob)
    page = bob.window("/front/boards")
    summary = page.locator(f"#board-list [data-board='{board}'] .board-summary")
    expect(summary).to_have_text(re.compile(r"^\s*0 open\s+2 people\s*$"), use_inner_text=True)

    note = ada.note(board, "first")
    ada.note(board, "second")
    expect(summary).to_contain_text("2 open")
    expect(summary.locator("time")).to_have_text("just now")
    ada.rest.patch(f"/api/boards/{board}/notes/{note['id']}", json={"done": True})
    expect(summary).to_contain_text("1 open")
    page.context.set_offline(True)
    expect(page.locator("#connection")).not_to_have_text("Live")
    ada.note(board, "third")
    page.context.set_offline(False)
    expect(summary).to_contain_text("2 open")
    live = summary.inner_text()
    page.reload()
    expect(summary.locator("time")).to_have_text("just now")

    assert summary.inner_text() == live
    new = ada.board(fresh("new "), editor=bob)
    expect(page.locator(f"#board-list [data-board='{new}'] .board-summary")).to_contain_text("0 open")


def test_the_settings_of_a_board_are_accessible_and_end_with_leaving_and_deleting_it(ada, bob):
    board = ada.board(LONG, viewer=bob)
    page = ada.window(f"/front/boards/{board}")

    sections = page.locator("main > :is(section, form)").evaluate_all("all => all.map(one => one.className || one.id)")

    assert "danger-section" in sections[-1]
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for direction in ("rtl", "ltr"):
            page.evaluate("direction => (document.documentElement.dir = direction)", direction)
            assert_fits(page)
    assert_accessible(page)
