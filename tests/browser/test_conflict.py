"""Edit conflicts: both texts are shown, and neither is lost."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import card_of, create, edit, fresh


@pytest.fixture
def window(module_window: Page) -> Page:
    """A window on the board, the same for all tests."""
    return module_window


def opened(window: Page, note: dict[str, Any]) -> Locator:
    """The editor of a note, which this opens; others may be open."""
    card = card_of(window, note)
    edit(window, card)
    return card.locator(".editor")


@pytest.fixture
def clash(window, rest):
    """An editor with "mine" typed, for a note that has "theirs" by now."""
    note = create(rest, fresh(), "before")
    expect(card_of(window, note)).to_be_visible()
    editor = opened(window, note)
    editor.locator("[name=description]").fill("mine")
    assert rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"}).status_code == 200
    return card_of(window, note), editor, note


def text_of(rest, note):
    return rest.get(f"/api/notes/{note['id']}").json()["description"]


def test_a_change_during_an_edit_is_shown_and_keep_mine_saves_mine(clash, rest):
    card, editor, note = clash

    expect(editor.locator(".elsewhere")).to_contain_text("Somebody changed this note")
    expect(editor.locator("[name=description]")).to_have_value("mine")
    editor.locator(".save-button").click()
    expect(card.locator(".mine")).to_contain_text("mine")
    expect(card.locator(".theirs")).to_contain_text("theirs")
    assert text_of(rest, note) == "theirs"
    card.get_by_role("button", name="Keep mine").click()

    expect(card.locator("span")).to_have_text("mine")
    assert text_of(rest, note) == "mine"


def test_take_theirs_takes_the_newest_version_and_mine_can_be_restored(clash, rest, window):
    card, editor, note = clash
    editor.locator(".save-button").click()
    expect(card.locator(".theirs")).to_contain_text("theirs")

    rest.patch(f"/api/notes/{note['id']}", json={"description": "a third one"})
    expect(card.locator(".theirs")).to_contain_text("a third one")
    card.get_by_role("button", name="Take theirs").click()
    expect(card.locator("span")).to_have_text("a third one")
    assert text_of(rest, note) == "a third one"
    window.locator(".toast").last.get_by_role("button", name="Restore").click()

    expect(card.locator(".editor [name=description]")).to_have_value("mine")


def test_edit_mine_returns_to_the_editor_and_saves(clash, rest):
    card, editor, note = clash

    editor.locator(".compare-button").click()
    card.get_by_role("button", name="Edit mine").click()
    editor.locator("[name=description]").fill("both: mine, theirs")
    editor.locator(".save-button").click()

    expect(card.locator("span")).to_have_text("both: mine, theirs")
    assert text_of(rest, note) == "both: mine, theirs"


def test_a_tick_by_another_user_is_no_conflict(window, rest):
    note = create(rest, fresh(), "before")
    editor = opened(window, note)
    editor.locator("[name=description]").fill("mine")
    rest.patch(f"/api/notes/{note['id']}", json={"done": True})
    expect(card_of(window, note)).to_have_attribute("data-done", "")

    editor.locator(".save-button").click()

    expect(card_of(window, note).locator("span")).to_have_text("mine")
    assert rest.get(f"/api/notes/{note['id']}").json()["done"] is True


def test_a_note_deleted_during_an_edit_keeps_the_typed_text_and_saving_restores_it(window, rest):
    note = create(rest, fresh(), "before")
    editor = opened(window, note)
    editor.locator("[name=description]").fill("mine")

    rest.delete(f"/api/notes/{note['id']}")
    expect(editor.locator(".elsewhere")).to_contain_text("This note was deleted.")
    expect(editor.locator("[name=description]")).to_have_value("mine")
    editor.locator(".save-button").click()

    expect(card_of(window, note).locator("span")).to_have_text("mine")
    assert text_of(rest, note) == "mine"


def test_an_edited_card_stays_in_place_until_the_edit_ends(window, rest):
    below, note, _ = (create(rest, fresh()) for _ in range(3))
    editor = opened(window, note)
    editor.locator("[name=description]").press_sequentially("one ")
    rest.patch(f"/api/notes/{note['id']}", json={"done": True})
    expect(card_of(window, note)).to_have_attribute("data-done", "")

    editor.locator("[name=description]").press_sequentially("two")
    following = card_of(window, note).evaluate("card => card.nextElementSibling.id")
    editor.locator(".cancel-button").click()

    assert following == f"note-{below['id']}"
    expect(window.locator(f"#note-{note['id']} + #note-{below['id']}")).to_have_count(0)
