"""Cards are selected by mouse, keys and touch, also while others change the board."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from quart_notes.schemas.bulk_changes import BULK_MAX
from tests.browser.board import card_of, focused
from tests.browser.selecting import Json, bar, now, press, select, selected, shows
from tests.browser.windows import Windows, change_script, visit
from tests.support.servers.server_process import ServerProcess

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def window(module_window: Page) -> Page:
    """A window on the board, live, for all tests: each has notes of its own."""
    return module_window


def test_the_bar_moves_nothing_and_has_room_for_fingers(windows: Windows, shared_server: ServerProcess, notes):
    phone = visit(windows(**PHONE), shared_server)
    places = "[...document.querySelectorAll('.note')].map(card => card.getBoundingClientRect().top)"
    before = phone.evaluate(places)

    phone.locator("#select-link").tap()
    expect(bar(phone)).to_contain_text("Choose notes")
    expect(bar(phone).get_by_role("button", name="Pin")).to_be_disabled()
    bar(phone).get_by_role("button", name="End the selection").tap()
    selected(phone)
    phone.locator("#select-link").tap()
    card_of(phone, notes[0]).tap()
    selected(phone, notes[0])

    assert phone.evaluate(places) == before
    for width in (320, 390):
        phone.set_viewport_size({"width": width, "height": 700})
        for button in bar(phone).get_by_role("button").all():
            box = button.bounding_box()
            assert box, button
            assert (box["width"] >= 44, box["height"] >= 44) == (True, True), box
            assert (box["x"] >= 0, box["x"] + box["width"] <= width, box["y"] > 500) == (True, True, True), box
    bar(phone).get_by_role("button", name="End the selection").tap()
    selected(phone)


def test_a_finger_that_holds_a_card_selects_it(windows: Windows, shared_server: ServerProcess, notes: list[Json]):
    one, two, three, *_ = notes
    page = visit(windows(**PHONE), shared_server)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    box = card_of(page, two).locator(".title").bounding_box()
    assert box
    at = box["x"] + 20, box["y"] + 10
    touch("touchStart", at)
    expect(card_of(page, two)).to_have_attribute("data-held", "")
    selected(page, two)  # while the finger is still there
    touch("touchEnd")
    expect(page.locator("[data-held]")).to_have_count(0)
    selected(page, two)
    assert page.evaluate("String(getSelection())") == ""

    card_of(page, three).tap()
    selected(page, two, three)
    for note in (two, three):
        card_of(page, note).tap()
    selected(page)
    expect(page.locator(".editor")).to_have_count(0)
    card_of(page, one).locator(".title").tap()
    expect(page.locator(".editor")).to_be_visible()


def test_a_finger_that_moves_or_drags_selects_nothing(
    windows: Windows, shared_server: ServerProcess, notes: list[Json]
):
    page = windows(**PHONE)
    page.clock.install()
    visit(page, shared_server)
    session = page.context.new_cdp_session(page)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    hold = 600  # milliseconds, longer than a press has to last

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    for part, moves in ((".title", True), (".move-handle", False)):
        box = card_of(page, notes[0]).locator(part).bounding_box()
        assert box
        at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch("touchStart", at)
        if moves:
            touch("touchMove", (at[0], at[1] + 40))
        page.clock.run_for(hold)
        expect(page.locator("[data-held], [data-selected]")).to_have_count(0)
        touch("touchCancel")  # an end would be a tap as well, where little time has really passed
    box = card_of(page, notes[0]).locator(".title").bounding_box()
    assert box
    touch("touchStart", (box["x"] + 20, box["y"] + 10))
    expect(card_of(page, notes[0])).to_have_attribute("data-held", "")  # the page knows of the press
    page.clock.run_for(hold)
    selected(page, notes[0])
    touch("touchEnd")


def test_no_more_cards_are_selected_than_one_change_takes(windows: Windows, shared_server: ServerProcess, notes):
    page = windows()
    change_script(page, "board", {f"SELECTED_MAX = {BULK_MAX}": "SELECTED_MAX = 3"})
    visit(page, shared_server)
    page.locator(".note").first.focus()

    page.keyboard.press("s")
    page.keyboard.press("ControlOrMeta+a")

    expect(bar(page)).to_contain_text("3 selected, the most at once")
    press(page, "Pin")
    expect(page.locator("#toasts")).to_contain_text("3 notes pinned.")
    expect(page.locator(".note[data-pinned]")).to_have_count(3)


def test_a_selection_survives_changes_and_loses_what_leaves(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, four, five = notes
    here = visit(windows(), shared_server)
    select(here, one, two, three, four)

    rest.patch(f"/api/notes/{one['id']}", json={"title": "changed", "pinned": True})
    rest.patch(f"/api/notes/{two['id']}", json={"archived": True})
    rest.delete(f"/api/notes/{three['id']}")
    expect(card_of(here, one)).to_contain_text("changed")
    selected(here, one, four)

    here.fill("#search-field", four["title"])
    selected(here, four)
    here.fill("#search-field", five["title"])
    selected(here)


def test_viewers_select_nothing_and_tickers_only_tick(known):
    owner, viewer, ticker = known("olga"), known("vera"), known("tim")
    board = owner.board(viewer=viewer, ticker=ticker)
    note = owner.note(board, "a note")

    page = viewer.window(f"/front/boards/{board}/notes")
    card_of(page, note).focus()
    page.keyboard.press("s")
    card_of(page, note).click(modifiers=["ControlOrMeta"])
    expect(card_of(page, note).locator(".select-button")).to_be_hidden()
    expect(page.locator("#select-link")).to_be_hidden()
    selected(page)

    page = ticker.window(f"/front/boards/{board}/notes")
    select(page, note)
    expect(bar(page).get_by_role("button")).to_have_count(2)
    press(page, "Done")
    expect(card_of(page, note)).to_have_attribute("data-done", "")

    owner.rest.put(f"/api/boards/{board}/members/{ticker.id}", json={"role": "viewer"}).raise_for_status()
    selected(page)
    expect(page.locator("[data-selecting]")).to_have_count(0)


def test_a_button_selects_a_card_shift_a_range_and_a_click_each_further_one(window: Page, notes: list[Json]):
    one, two, three, four, five = notes
    card_of(window, two).hover()
    card_of(window, two).get_by_role("button", name="Select:").click()
    selected(window, two)

    card_of(window, four).click(modifiers=["Shift"])
    selected(window, two, three, four)
    assert window.evaluate("String(getSelection())") == ""
    card_of(window, three).click()
    selected(window, two, four)
    card_of(window, one).click(modifiers=["Shift"])
    selected(window, one, two, three, four)

    expect(window.locator("#announcer")).to_contain_text("4 selected.")
    expect(window.locator(".editor")).to_have_count(0)
    box = card_of(window, five).locator(".done-box")
    expect(box).to_be_hidden()
    card_of(window, five).click(position={"x": 20, "y": 20})
    selected(window, *notes)
    window.keyboard.press("Escape")
    selected(window)
    expect(box).to_be_visible()
    expect(box).not_to_be_checked()
    card_of(window, one).locator(".title").click()
    expect(card_of(window, one).locator(".editor")).to_be_visible()
    window.keyboard.press("Escape")


def test_keys_select_cards_and_act_on_all_of_them(window: Page, rest: httpx.Client, notes: list[Json]):
    one, two, three, four, _ = notes
    card_of(window, one).focus()
    window.keyboard.press("s")
    selected(window, one)
    for key in ("j", "j", "Shift+S"):
        window.keyboard.press(key)
    selected(window, one, two, three)
    window.keyboard.press("k")
    window.keyboard.press("s")
    selected(window, one, three)

    window.keyboard.press("p")
    expect(window.locator("#toasts")).to_contain_text("2 notes pinned.")
    shows(window, one, three, two, four)
    assert [now(rest, note)["pinned"] for note in notes] == [True, False, True, False, False]
    expect(card_of(window, two)).to_be_focused()
    window.keyboard.press("u")
    shows(window, *notes)

    window.keyboard.press("Delete")
    expect(card_of(window, three)).to_have_count(0)
    selected(window)
    window.keyboard.press("u")
    shows(window, *notes)
    expect(card_of(window, one)).to_be_focused()
    window.keyboard.press("s")
    window.keyboard.press("ControlOrMeta+a")
    expect(bar(window)).to_contain_text(f"{window.locator('.note').count()} selected")
    window.keyboard.press("Escape")
    selected(window)
    assert focused(window) == f"note-{one['id']}"


def test_a_note_that_is_deleted_at_the_same_time_stands_in_nobodys_way(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *_ = notes
    select(window, one, two, three)

    def delete_first(route: Route) -> None:
        rest.delete(f"/api/notes/{two['id']}")
        route.continue_()

    window.route("**/notes/bulk", delete_first, times=1)
    press(window, "Done")

    expect(window.locator("#toasts")).to_contain_text("2 notes done.")
    assert [now(rest, note)["done"] for note in (one, three)] == [True, True]
    selected(window, one, three)
