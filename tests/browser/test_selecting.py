"""Several cards are selected by mouse, keys and touch, changed at once, and changed back at once."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.board import card_of, create, focused, fresh
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Json = dict[str, Any]


@pytest.fixture
def notes(rest: httpx.Client) -> Iterator[list[Json]]:
    """Five new notes, as the board shows them."""
    made = [create(rest, fresh("selected")) for _ in range(5)][::-1]
    yield made
    for note in made:
        rest.delete(f"/api/notes/{note['id']}")


def bar(page: Page) -> Locator:
    """The bar of what can be done with the selected notes."""
    return page.get_by_role("group", name="Selected notes")


def press(page: Page, name: str) -> None:
    """Press a button of the bar."""
    bar(page).get_by_role("button", name=name, exact=True).click()


def shows(page: Page, *notes: Json) -> None:
    """Wait until these cards follow one another."""
    for one, other in pairwise(notes):
        expect(page.locator(f"#note-{one['id']} + #note-{other['id']}")).to_have_count(1)


def selected(page: Page, *notes: Json) -> None:
    """Wait until just these cards are selected, and the bar counts them."""
    for note in notes:
        expect(page.locator(f"#note-{note['id']}[data-selected]")).to_have_count(1)
    expect(page.locator("[data-selected]")).to_have_count(len(notes))
    if notes:
        expect(bar(page)).to_contain_text(f"{len(notes)} selected")
    else:
        expect(bar(page)).to_be_hidden()


def select(page: Page, *notes: Json) -> None:
    """Select these cards with Ctrl and the mouse."""
    for note in notes:
        card_of(page, note).click(modifiers=["ControlOrMeta"], position={"x": 150, "y": 20})
    selected(page, *notes)


def now(rest: httpx.Client, note: Json) -> Json:
    """A note as the server has it."""
    found: Json = rest.get(f"/api/notes/{note['id']}").json()
    return found


# Selecting.


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


def test_the_bar_moves_nothing_and_has_room_for_fingers(windows: Windows, shared_server: ServerProcess, notes):
    phone = visit(windows(**PHONE), shared_server)
    places = "[...document.querySelectorAll('.note')].map(card => card.getBoundingClientRect().top)"
    before = phone.evaluate(places)

    phone.locator("#select-link").tap()
    expect(bar(phone)).to_contain_text("Choose notes")
    expect(bar(phone).get_by_role("button", name="Pin")).to_be_disabled()
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
        at = box["x"] + 20, box["y"] + 10
        touch("touchStart", at)
        if moves:
            touch("touchMove", (at[0], at[1] + 40))
        page.clock.run_for(hold)
        expect(page.locator("[data-held], [data-selected]")).to_have_count(0)
        touch("touchEnd")
    box = card_of(page, notes[0]).locator(".title").bounding_box()
    assert box
    touch("touchStart", (box["x"] + 20, box["y"] + 10))
    page.clock.run_for(hold)
    selected(page, notes[0])
    touch("touchEnd")


# Other people.


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


# Changes, each with one way back.


def test_only_what_was_changed_is_changed_back_in_every_window(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *rest_of = notes
    rest.patch(f"/api/notes/{three['id']}", json={"pinned": True})
    here, there = (visit(windows(), shared_server) for _ in range(2))
    shows(here, three, one, two)
    select(here, three, one, two)

    press(here, "Pin")
    for page in (here, there):
        shows(page, one, two, three, *rest_of)
    expect(here.locator("#toasts")).to_contain_text("2 notes pinned.")
    expect(bar(here).get_by_role("button", name="Pin")).to_have_attribute("aria-pressed", "true")
    here.get_by_role("button", name="Undo").click()

    for page in (here, there):
        shows(page, three, one, two, *rest_of)
    selected(here, three, one, two)
    assert [now(rest, note)["version"] for note in (one, two, three)] == [3, 3, 2]


def test_each_note_gets_its_former_colour_back_but_not_over_another_change(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    colours = ["none", "red", "blue", "blue"]
    for note, colour in zip(notes, colours, strict=False):
        rest.patch(f"/api/notes/{note['id']}", json={"colour": colour})
    expect(card_of(window, notes[3])).to_have_attribute("data-colour", "blue")
    select(window, *notes[:4])

    press(window, "Colour")
    window.get_by_role("menuitemradio", name="Teal").click()
    expect(window.locator("#toasts")).to_contain_text("Teal: 4 notes.")
    rest.patch(f"/api/notes/{notes[2]['id']}", json={"colour": "pink"})
    expect(card_of(window, notes[2])).to_have_attribute("data-colour", "pink")
    window.keyboard.press("u")

    for note, colour in zip(notes, ["none", "red", "pink", "blue"], strict=False):
        expect(card_of(window, note)).to_have_attribute("data-colour", colour)
    assert [now(rest, note)["colour"] for note in notes[:4]] == ["none", "red", "pink", "blue"]


def test_labels_that_all_have_are_chosen_and_one_undo_takes_all_choices_back(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *_ = notes
    both, single, new = fresh("both"), fresh("single"), fresh("new")
    for note, labels in ((one, [both, single]), (two, [both]), (three, [both])):
        rest.patch(f"/api/notes/{note['id']}", json={"labels": labels})
    expect(card_of(window, three)).to_contain_text(both)
    select(window, one, two, three)

    press(window, "Labels")
    options = window.get_by_role("listbox")
    expect(options.get_by_role("option", name=both)).to_have_attribute("aria-selected", "true")
    expect(options.get_by_role("option", name=single)).to_have_attribute("aria-selected", "false")
    for name in (both, single):
        options.get_by_role("option", name=name).click()
    window.get_by_role("combobox", name="Labels").fill(new)
    window.keyboard.press("Enter")
    expect(options.get_by_role("option", name=new)).to_have_attribute("aria-selected", "true")
    window.keyboard.press("Escape")

    expect(window.locator("#toasts")).to_contain_text("Labels of 3 notes changed.")
    assert [now(rest, note)["labels"] for note in (one, two, three)] == [[single, new]] * 3
    selected(window, one, two, three)
    window.get_by_role("button", name="Undo").click()
    expect(card_of(window, two)).not_to_contain_text(new)
    expect(card_of(window, two)).to_contain_text(both)
    assert [sorted(now(rest, note)["labels"]) for note in (one, two, three)] == [[both, single], [both], [both]]


def test_a_note_with_too_many_labels_is_named_and_nothing_is_changed(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    full, other, *_ = notes
    rest.patch(f"/api/notes/{full['id']}", json={"labels": [str(number) for number in range(20)]})
    expect(card_of(window, full)).to_contain_text("19")
    select(window, full, other)

    press(window, "Labels")
    window.get_by_role("combobox", name="Labels").fill("one more")
    window.keyboard.press("Enter")

    expect(window.locator("#toasts")).to_contain_text(f"“{full['title']}” would have too many labels.")
    assert now(rest, other)["labels"] == []


def test_notes_move_to_another_board_and_back_to_their_places(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, four, five = notes
    board = rest.post("/api/boards", json={"name": fresh("Shed")}).json()
    here, there = visit(windows(), shared_server), visit(windows(), shared_server, f"/front/boards/{board['id']}/notes")
    select(here, two, three, five)

    press(here, "Move")
    here.get_by_role("menuitem", name=board["name"]).click()

    shows(there, two, three, five)
    shows(here, one, four)
    expect(here.locator("#toasts")).to_contain_text(f"3 notes moved to {board['name']}.")
    selected(here)
    here.get_by_role("button", name="Undo").click()
    shows(here, *notes)
    expect(there.locator(".note")).to_have_count(0)


def test_archived_and_deleted_notes_come_back_at_once(window: Page, notes: list[Json]):
    for name, words in (("Archive", "2 notes archived."), ("Delete", "2 notes deleted.")):
        select(window, *notes[1:3])
        press(window, name)
        expect(window.locator("#toasts")).to_contain_text(words)
        shows(window, notes[0], notes[3])
        selected(window)
        assert focused(window) == f"note-{notes[0]['id']}" or focused(window).startswith("note-")
        window.keyboard.press("u")
        shows(window, *notes)


def test_a_failed_change_is_told_and_can_be_tried_again(window: Page, rest: httpx.Client, notes: list[Json]):
    select(window, *notes[:2])
    window.route("**/notes/bulk", lambda route: route.abort(), times=1)

    press(window, "Pin")
    window.get_by_role("button", name="Retry").click()

    expect(window.locator("#toasts")).to_contain_text("2 notes pinned.")
    assert [now(rest, note)["pinned"] for note in notes[:3]] == [True, True, False]


# Without scripts.


def test_a_form_changes_several_notes_without_scripts(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *_ = notes
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes")
    expect(page.get_by_label("With the selected notes")).to_have_count(0)

    def apply(option: str) -> None:
        page.get_by_role("link", name="Select several notes").click()
        for note in (one, two):
            card_of(page, note).get_by_role("checkbox", name="Select", exact=True).check()
        page.get_by_label("With the selected notes").select_option(option)
        page.get_by_role("button", name="Apply").click()

    apply("Pin")
    apply("Yellow")
    assert [(now(rest, n)["pinned"], now(rest, n)["colour"]) for n in (one, two, three)] == [
        (True, "yellow"),
        (True, "yellow"),
        (False, "none"),
    ]
    for option, words in (("Delete", "Deleted: 2 notes"), ("Archive", "Archived: 2 notes")):
        apply(option)
        expect(card_of(page, one)).to_have_count(0)
        expect(page.locator(".notice:visible")).to_contain_text(words)
        page.get_by_role("button", name="Undo").click()
        expect(card_of(page, one)).to_have_count(1)
        expect(card_of(page, two)).to_have_count(1)
