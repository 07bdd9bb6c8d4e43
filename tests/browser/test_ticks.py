"""What a tick means on a board: a setting that open pages follow."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.access import Member, known_as
from tests.browser.board import card_of

ada, bob = known_as("ada"), known_as("bob")


@pytest.fixture
def board(ada: Member, bob: Member) -> int:
    """A board of ada's, with bob as its ticker."""
    return ada.board(ticker=bob)


def _note(ada: Member, board: int, title: str, text: str | None = None) -> dict[str, Any]:
    answer = ada.rest.post(f"/api/boards/{board}/notes", json={"title": title, "description": text})
    assert answer.status_code == 201, answer.text
    note: dict[str, Any] = answer.json()
    return note


def _box(page: Page, note: dict[str, Any]) -> Locator:
    return card_of(page, note).locator(".done-box")


def test_boxes_leave_the_texts_of_open_pages_when_checklists_are_ticked_off_and_come_back(
    ada: Member, bob: Member, board: int
):
    prose, tasks = _note(ada, board, "prose"), _note(ada, board, "tasks", "- [ ] milk")
    done = _note(ada, board, "done before")
    ada.rest.patch(f"/api/boards/{board}/notes/{done['id']}", json={"done": True})
    theirs, page = bob.window(f"/front/boards/{board}/notes"), bob.window(f"/front/boards/{board}/notes/{prose['id']}")
    about = ada.window(f"/front/boards/{board}")
    expect(_box(theirs, prose)).to_be_visible()
    expect(_box(page, prose)).to_be_visible()

    for script, tick in ((True, "checklists"), (False, "notes")):
        settings = about if script else ada.window(f"/front/boards/{board}", java_script_enabled=False)
        settings.get_by_label("What is ticked off").select_option(tick)
        settings.locator("#board-form").get_by_role("button", name="Save").click()

        for shown in (theirs, page):
            expect(_box(shown, prose)).to_be_visible(visible=tick == "notes")
        expect(_box(theirs, tasks)).to_be_visible()
        expect(_box(theirs, done)).to_be_visible()
        for one in (about, settings):
            expect(one.get_by_label("What is ticked off")).to_have_value(tick)


def test_a_text_gets_its_box_with_its_first_task(ada: Member, bob: Member, board: int):
    ada.rest.patch(f"/api/boards/{board}", json={"tick": "checklists"})
    page = bob.window(f"/front/boards/{board}/notes")
    note = _note(ada, board, "shopping")
    expect(card_of(page, note)).to_be_visible()
    expect(_box(page, note)).to_be_hidden()
    path = f"/api/boards/{board}/notes/{note['id']}"

    ada.rest.patch(path, json={"description": "- [ ] milk"})
    expect(_box(page, note)).to_be_visible()

    ada.rest.patch(path, json={"description": "no milk"})
    expect(_box(page, note)).to_be_hidden()


@pytest.mark.parametrize("tick", ["notes", "checklists"])
def test_every_card_near_the_window_shows_its_time_in_words(ada: Member, board: int, tick: str):
    ada.rest.patch(f"/api/boards/{board}", json={"tick": tick})
    notes = [_note(ada, board, "prose"), _note(ada, board, "tasks", "- [ ] milk")]

    page = ada.window(f"/front/boards/{board}/notes")

    for note in notes:
        expect(card_of(page, note).locator("time").first).to_have_text("just now")


def test_x_says_why_a_text_is_not_ticked_off(ada: Member, bob: Member, board: int):
    ada.rest.patch(f"/api/boards/{board}", json={"tick": "checklists"})
    prose, tasks = _note(ada, board, "prose"), _note(ada, board, "tasks", "- [ ] milk")
    page = bob.window(f"/front/boards/{board}/notes")

    card_of(page, prose).focus()
    page.keyboard.press("x")
    expect(page.locator("#toasts")).to_contain_text("Only notes with a checklist are ticked off on this board.")
    card_of(page, tasks).focus()
    page.keyboard.press("x")

    expect(card_of(page, tasks)).to_have_attribute("data-done", "")
    assert not ada.rest.get(f"/api/boards/{board}/notes/{prose['id']}").json()["done"]


def test_the_setting_is_right_after_an_outage(ada: Member, bob: Member, board: int):
    note = _note(ada, board, "prose")
    page = bob.window(f"/front/boards/{board}/notes")
    expect(_box(page, note)).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#connection")).not_to_have_text("Live")

    ada.rest.patch(f"/api/boards/{board}", json={"tick": "checklists"})
    page.context.set_offline(False)

    expect(_box(page, note)).to_be_hidden()
