"""Long notes, and all notes on a phone, are edited in a sheet over the board."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import card_of, create, edit, focused, fresh
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.windows import finish_animations, visit

LONG = "\n".join(f"line {number}" for number in range(13))
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def window(module_window: Page) -> Page:
    """A window on the board, the same for all tests."""
    return module_window


@pytest.fixture
def note(rest):
    """A note with a long text."""
    return create(rest, fresh(), LONG)


@pytest.fixture
def sheet(window: Page) -> Locator:
    """The open sheet."""
    return window.locator("dialog.editor-sheet:modal")


def test_a_long_text_opens_in_a_sheet_and_escape_keeps_the_draft(window, rest, note, sheet):
    card = card_of(window, note)
    field = sheet.locator("[name=description]")
    card.locator(".title").click()
    expect(field).to_be_focused()
    finish_animations(window)
    box = sheet.bounding_box()
    assert box
    assert box["width"] == 640
    expect(card.locator(".note-body")).to_be_visible()

    window.keyboard.press("Control+End")
    window.keyboard.type("more")
    window.keyboard.press("Escape")

    expect(sheet).to_have_count(0)
    expect(card).to_be_focused()
    window.locator(".toast").last.get_by_role("button", name="Restore").click()
    expect(field).to_have_value(f"{LONG}more")
    window.keyboard.press("Control+Enter")
    expect(sheet).to_have_count(0)
    assert rest.get(f"/api/notes/{note['id']}").json()["description"] == f"{LONG}more"


def test_only_a_long_text_gets_a_sheet(window, rest, sheet):
    for text, expected in (("short", 0), ("\n" * 11 + "x", 0), ("x" * 600, 0), ("x" * 601, 1), (LONG, 1)):
        card = card_of(window, create(rest, fresh(), text))

        card.hover()
        card.locator(".edit-link").click()

        expect(card.locator(".editor [name=description]")).to_be_focused()
        expect(sheet).to_have_count(expected)
        window.keyboard.press("Escape")
        expect(sheet).to_have_count(0)


def test_a_draft_resumes_in_its_card_after_a_reload(window, shared_server, note, sheet):
    card = card_of(window, note)
    edit(window, card).locator("[name=description]").fill("mine")

    visit(window, shared_server)

    expect(card.locator(".editor [name=description]")).to_have_value("mine")
    expect(sheet).to_have_count(0)


def test_a_conflict_is_shown_accessible_and_solved_in_the_sheet(window, rest, note, sheet):
    card = card_of(window, note)
    field = sheet.locator("[name=description]")
    edit(window, card)
    field.fill("mine")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"})
    expect(sheet.locator(".elsewhere")).to_be_visible()
    assert_accessible(window, "dialog.editor-sheet")

    sheet.locator(".save-button").click()
    expect(sheet.locator(".theirs")).to_contain_text("theirs")
    expect(field).to_be_hidden()
    assert_accessible(window, "dialog.editor-sheet")
    window.keyboard.press("Escape")
    expect(field).to_be_focused()
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs again"})
    sheet.locator(".save-button").click()
    sheet.get_by_role("button", name="Keep mine").click()

    expect(sheet).to_have_count(0)
    expect(card).to_be_focused()
    assert rest.get(f"/api/notes/{note['id']}").json()["description"] == "mine"


def test_a_note_that_is_deleted_meanwhile_stays_in_the_sheet_and_saving_restores_it(window, rest, note, sheet):
    edit(window, card_of(window, note))
    sheet.locator("[name=title]").fill("kept")
    rest.delete(f"/api/notes/{note['id']}")
    expect(sheet.locator(".elsewhere")).to_contain_text("deleted")

    sheet.locator(".save-button").click()

    expect(sheet).to_have_count(0)
    assert rest.get(f"/api/notes/{note['id']}").json()["title"] == "kept"


def test_keys_of_the_board_rest_while_a_sheet_is_open_and_messages_are_in_it(window, note, sheet):
    edit(window, card_of(window, note))
    sheet.locator(".save-button").focus()

    window.keyboard.press("n")
    window.keyboard.press("?")
    assert window.evaluate("document.activeElement.closest('dialog').className").startswith("editor-sheet")
    expect(window.locator("dialog:modal")).to_have_count(1)
    expect(sheet.locator("#announcer")).to_have_count(1)
    window.keyboard.press("Escape")

    expect(window.locator("body > #announcer")).to_have_count(1)
    window.keyboard.press("n")
    assert focused(window) == "add-title"


def test_a_press_outside_closes_the_sheet_but_not_a_selection_that_ends_there(window, note, sheet):
    edit(window, card_of(window, note))
    sheet.locator("[name=title]").fill("mine")
    finish_animations(window)
    field = sheet.locator("[name=description]").bounding_box()
    assert field
    window.mouse.move(field["x"] + 50, field["y"] + 50)
    window.mouse.down()
    window.mouse.move(20, field["y"] + 60, steps=3)
    window.mouse.up()
    expect(sheet).to_be_visible()

    window.mouse.click(20, 400)

    expect(sheet).to_have_count(0)
    expect(card_of(window, note).locator(".note-aside")).to_be_visible()


def test_on_a_phone_every_note_gets_the_whole_screen_above_the_keyboard_and_fits_a_thumb(windows, shared_server, rest):
    note = create(rest, fresh(), "short")
    page = visit(windows(**PHONE), shared_server)
    card_of(page, note).locator(".content, .description").locator("visible=true").tap()
    sheet = page.locator("dialog.editor-sheet:modal")
    expect(sheet.locator("[name=description]")).to_be_focused()
    finish_animations(page)
    assert sheet.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    sheet.locator("[name=description]").fill("x" * 700)
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 600})
        assert_fits(page)
        assert_fits_a_thumb(page, "dialog :is(button, input, textarea)")

    sheet.locator("[name=description]").fill("mine")
    page.set_viewport_size({"width": 390, "height": 400})
    expect(sheet).to_have_js_property("offsetHeight", 400)
    rest.patch(f"/api/notes/{note['id']}", json={"description": "by somebody else"})
    expect(sheet.locator(".elsewhere")).to_be_visible()
    bar = sheet.get_by_role("toolbar").bounding_box()
    save = sheet.locator(".save-button").bounding_box()

    assert bar
    assert save
    assert bar["y"] + bar["height"] == pytest.approx(400, abs=1)
    assert save["y"] < 100
    sheet.evaluate("sheet => sheet.dispatchEvent(new Event('cancel', { cancelable: true }))")
    expect(sheet).to_have_count(0)
