"""Notes are moved by hand, by keys and without scripts, and every window shows the same order."""

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import IN_MOTION, visit

# Before any script of the page reads it.
RIGHT_TO_LEFT = """document.addEventListener("readystatechange", () => { document.documentElement.dir = "rtl"; },
  { once: true })"""
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def notes(rest):
    """Four new notes, as the board shows them."""
    made = [create(rest, fresh("dragged")) for _ in range(4)][::-1]
    yield made
    for note in made:
        rest.delete(f"/api/notes/{note['id']}")


def shows(page: Page, *notes: dict[str, Any]) -> None:
    """Wait until these notes follow one another on the page."""
    for one, other in pairwise(notes):
        expect(page.locator(f"#note-{one['id']} + #note-{other['id']}")).to_have_count(1)


def box_of(part: Locator) -> FloatRect:
    """The box of an element."""
    box = part.bounding_box()
    assert box
    return box


def drag(page: Page, note: dict[str, Any], above: dict[str, Any], across: float = 0.9) -> None:
    """Hold a card by its handle over the upper part of another one; `across` its width."""
    card_of(page, note).hover()
    handle, target = box_of(card_of(page, note).locator(".move-handle")), box_of(card_of(page, above))
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(handle["x"] + 30, handle["y"] + 30, steps=2)
    page.mouse.move(target["x"] + target["width"] * across, target["y"] + target["height"] * 0.3, steps=2)
    expect(page.locator(".drop-mark")).to_be_visible()


def assert_above(page: Page, note: dict[str, Any]) -> None:
    """The mark is as wide as this card, in the middle of the gap above it."""
    mark, target = box_of(page.locator(".drop-mark")), box_of(card_of(page, note))
    assert (mark["x"], mark["width"]) == (target["x"], target["width"])
    assert abs(mark["y"] + mark["height"] / 2 - (target["y"] - 6)) < 1


def test_a_dragged_card_moves_in_every_window_and_undo_moves_it_back(windows, shared_server, notes):
    one, two, three, four = notes
    here, there = (visit(windows(**IN_MOTION), shared_server) for _ in range(2))
    shows(there, one, two, three, four)

    drag(here, one, four)
    shows(here, one, two)
    here.mouse.up()

    for page in (here, there):
        shows(page, two, three, one, four)
    expect(here.locator("#toasts")).to_contain_text(f"Moved before “{four['title']}”")
    expect(here.locator(".drag-copy, .drop-mark")).to_have_count(0)
    expect(here.locator(".editor")).to_have_count(0)
    here.keyboard.press("u")
    for page in (here, there):
        shows(page, one, two, three, four)


def test_a_card_is_dragged_and_moved_by_keys_on_a_page_from_right_to_left(windows, shared_server, notes):
    one, two, three, four = notes
    page = windows()
    page.add_init_script(RIGHT_TO_LEFT)
    visit(page, shared_server)
    first, second = box_of(card_of(page, one)), box_of(card_of(page, two))
    assert first["x"] > second["x"]

    drag(page, one, four, across=0.1)
    assert_above(page, four)
    page.mouse.up()

    shows(page, two, three, one, four)
    page.keyboard.press("u")
    shows(page, one, two, three, four)
    drag(page, four, two)
    assert_above(page, two)
    page.mouse.up()
    shows(page, one, four, two, three)
    card_of(page, one).focus()
    page.keyboard.press("Alt+ArrowLeft")
    shows(page, four, one, two, three)
    page.keyboard.press("Alt+ArrowRight")
    shows(page, one, four, two, three)


def test_escape_or_a_refusal_leaves_the_card_in_place_and_words_can_be_selected(windows, shared_server, notes):
    one, two, three, _ = notes
    page = visit(windows(), shared_server)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/move" in request.url else None)

    drag(page, one, three)
    page.keyboard.press("Escape")
    page.mouse.up()

    expect(page.locator(".drag-copy, .drop-mark, [data-dragging]")).to_have_count(0)
    words = box_of(card_of(page, one).locator(".title"))
    page.mouse.move(words["x"] + 2, words["y"] + 10)
    page.mouse.down()
    page.mouse.move(words["x"] + 60, words["y"] + 10, steps=3)
    assert page.evaluate("String(getSelection())")
    page.mouse.up()
    shows(page, one, two, three)
    assert asked == []

    refused = {"status": 403, "detail": "Not you.", "code": "x"}
    page.route("**/move", lambda route: route.fulfill(status=403, json=refused))
    drag(page, one, three)
    page.mouse.up()
    expect(card_of(page, one).locator(".note-status")).to_contain_text("Not saved: Not you.")
    shows(page, one, two, three)


def test_keys_move_the_card_with_the_focus_and_tell_where_it_is(windows, shared_server, notes):
    one, two, three, four = notes
    here = visit(windows(), shared_server)
    card_of(here, one).focus()

    here.keyboard.press("Alt+ArrowRight")
    here.keyboard.press("Alt+ArrowDown")

    shows(here, two, three, one, four)
    expect(card_of(here, one)).to_be_focused()
    expect(here.locator("#announcer")).to_contain_text(f"Moved before “{four['title']}”, 3 of ")
    here.keyboard.press("Alt+Home")
    here.keyboard.press("Alt+ArrowLeft")
    shows(here, one, two, three, four)
    expect(card_of(here, one)).to_be_focused()
    expect(here.locator("#announcer")).to_contain_text("It is the first one.")


def test_a_move_by_others_keeps_the_focus_in_the_card_and_the_scroll_position(windows, shared_server, rest, notes):
    one, two, three, four = notes
    page = visit(windows(viewport={"width": 390, "height": 360}), shared_server)
    control = card_of(page, one).get_by_role("button", name="Delete:")
    control.focus()
    page.evaluate("scrollTo({ top: 120, behavior: 'instant' })")

    rest.post(f"/api/notes/{one['id']}/move", json={"after_id": two["id"]})

    shows(page, two, one, three, four)
    expect(control).to_be_focused()
    assert page.evaluate("scrollY") == 120


def test_a_finger_moves_a_card_by_its_handle(windows, shared_server, notes):
    one, two, three, _ = notes
    page = visit(windows(**PHONE), shared_server)
    session = page.context.new_cdp_session(page)
    card_of(page, one).get_by_role("button", name="More:").click()
    handle, target = box_of(card_of(page, one).locator(".move-handle")), box_of(card_of(page, two))
    x, start, end = handle["x"] + 20, handle["y"] + 20, target["y"] + target["height"] * 0.8

    def touch(kind: str, *points: float) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for y in points]})

    touch("touchStart", start)
    touch("touchMove", (start + end) / 2)
    touch("touchMove", end)
    expect(page.locator(".drop-mark")).to_be_visible()
    touch("touchEnd")

    shows(page, two, one, three)
    assert page.evaluate("scrollY") == 0


def test_while_the_board_is_sorted_it_stays_sorted_and_no_note_is_moved(windows, shared_server, rest, notes):
    one, two, _, four = notes
    page = visit(windows(), shared_server)
    page.select_option("#sort-field", "changed")
    shows(page, one, two)

    rest.patch(f"/api/notes/{four['id']}", json={"description": "changed"})

    shows(page, four, one, two)
    expect(card_of(page, four).locator(".move-handle")).to_be_hidden()
    card_of(page, four).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#announcer")).to_contain_text("To move notes, choose “By hand”.")
    page.reload()
    shows(page, four, one, two)
    page.goto(f"{shared_server.base}/front/notes?sort=title")
    shows(page, four, *notes[2:1:-1], two, one)
    page.select_option("#sort-field", "board")
    shows(page, one, two)
    assert page.url.endswith("?sort=board")


def test_who_may_only_tick_moves_nothing(known):
    owner, ticker = known("olga"), known("tim")
    board = owner.board(ticker=ticker)
    note = owner.note(board, "a note")
    page = ticker.window(f"/front/boards/{board}/notes")

    card_of(page, note).focus()
    page.keyboard.press("Alt+End")

    expect(card_of(page, note).locator(".move-handle")).to_be_hidden()
    expect(card_of(page, note).locator(".note-status")).to_have_count(0)


def test_a_note_is_moved_on_its_page_without_scripts(windows, shared_server, rest, notes):
    one, two, _, _ = notes
    board = rest.post("/api/boards", json={"name": fresh("Shed")}).json()
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes/{one['id']}")

    page.get_by_role("button", name="Move down").click()
    expect(page.locator(".notice:visible")).to_contain_text("Place 2 of ")
    page.goto(f"{shared_server.base}/front/notes")
    shows(page, two, one)
    page.goto(f"{shared_server.base}/front/notes/{one['id']}")
    page.get_by_label("Board", exact=True).select_option(label=board["name"])
    page.get_by_role("button", name="Move to board").click()
    expect(page.locator(".notice:visible")).to_contain_text("Moved here from “Everybody's board”")
    expect(card_of(page, one)).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    page.goto(f"{shared_server.base}/front/notes")
    shows(page, two, one)
