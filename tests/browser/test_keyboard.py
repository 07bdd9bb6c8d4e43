"""The keyboard: every action has a key, and the focus is never lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, focused, fresh
from tests.browser.windows import visit


@pytest.fixture
def window(module_window: Page) -> Page:
    """A window on the board, the same for all tests; nothing has the focus."""
    module_window.evaluate("document.activeElement.blur()")
    return module_window


@pytest.fixture
def three(window, rest):
    """Three new notes at the top of the board, the newest first; there are others below."""
    create(rest, fresh())
    notes = [create(rest, fresh("key")) for _ in range(3)][::-1]
    expect(card_of(window, notes[0])).to_have_count(1)
    return notes


def test_n_opens_the_composer_where_keys_are_text_and_enter_adds_the_note(window):
    title, text = f"x?/jn {fresh()}", fresh()
    window.keyboard.press("n")
    window.keyboard.type(title)
    expect(window.locator("#add-title")).to_have_value(title)
    expect(window.locator("dialog")).to_be_hidden()
    window.keyboard.press("Enter")
    expect(window.locator("li.note", has_text=title)).to_have_count(1)
    assert focused(window) == "add-title"

    # In the text Enter inserts a line break.
    window.focus("#add-description")
    window.keyboard.type(text)
    window.keyboard.press("Enter")
    window.keyboard.type("more")
    window.keyboard.press("Control+Enter")

    expect(window.locator("li.note span", has_text=text)).to_have_text(f"{text}\nmore", use_inner_text=True)


def test_j_k_and_arrows_move_between_the_cards(window, rest, three):
    window.keyboard.press("j")
    assert focused(window) == f"note-{three[0]['id']}"
    window.keyboard.press("j")
    window.keyboard.press("ArrowRight")
    assert focused(window) == f"note-{three[2]['id']}"
    window.keyboard.press("k")
    window.keyboard.press("ArrowLeft")
    assert focused(window) == f"note-{three[0]['id']}"

    # Up and down stay in the column.
    last = [create(rest, fresh()) for _ in range(6)][-1]
    expect(card_of(window, last)).to_have_count(1)
    card_of(window, last).focus()
    window.keyboard.press("ArrowRight")
    column = window.evaluate("document.activeElement.getBoundingClientRect().left")

    window.keyboard.press("ArrowDown")
    below = window.evaluate("document.activeElement.getBoundingClientRect().left")
    window.keyboard.press("ArrowUp")

    assert below == column
    assert window.evaluate("document.activeElement.getBoundingClientRect().left") == column


def test_x_ticks_and_focuses_the_next_card(window, three):
    window.keyboard.press("j")
    window.keyboard.press("x")
    expect(card_of(window, three[0])).to_have_attribute("data-done", "")
    expect(card_of(window, three[1])).to_be_focused()

    window.keyboard.press("j")
    window.keyboard.press("x")
    expect(card_of(window, three[2])).to_have_attribute("data-done", "")
    expect(card_of(window, three[2])).not_to_be_focused()
    following = focused(window)
    window.keyboard.press("Delete")
    expect(window.locator(f"#{following}")).to_have_count(0)
    expect(window.locator("ul.notes > li:focus")).to_have_count(1)
    assert window.evaluate("!('done' in document.activeElement.dataset)")


def test_e_edits_delete_focuses_the_next_card_and_u_undoes(window, rest, three):
    window.keyboard.press("j")
    window.keyboard.press("e")
    expect(window.locator(".editor :focus")).to_have_count(1)
    window.keyboard.press("Escape")
    assert focused(window) == f"note-{three[0]['id']}"
    window.keyboard.press("Delete")
    expect(card_of(window, three[0])).to_have_count(0)
    assert focused(window) == f"note-{three[1]['id']}"
    window.keyboard.press("u")
    expect(card_of(window, three[0])).to_be_focused()

    # Another user deletes the card that contains the focus.
    window.keyboard.press("Tab")
    rest.delete(f"/api/notes/{three[0]['id']}")
    expect(card_of(window, three[0])).to_have_count(0)

    assert focused(window) == f"note-{three[1]['id']}"


def test_slash_searches_enter_focuses_the_first_result_and_escape_clears(window, three):
    window.keyboard.press("/")
    window.keyboard.type(three[1]["title"].upper())
    expect(window.locator("#summary")).to_have_text(re.compile(r"^1 of"))
    window.keyboard.press("Enter")
    assert focused(window) == f"note-{three[1]['id']}"

    window.keyboard.press("/")
    window.keyboard.press("Escape")

    expect(card_of(window, three[0])).to_be_visible()
    expect(window.locator("#summary")).to_contain_text("open")


def test_the_skip_link_focuses_the_notes_and_the_dialog_turns_shortcuts_off(windows, shared_server):
    window = visit(windows(), shared_server)
    window.keyboard.press("Tab")
    expect(window.locator(".skip-link")).to_be_focused()
    window.keyboard.press("Enter")
    assert focused(window) == "main"

    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    window.get_by_role("switch").click()
    window.keyboard.press("Escape")
    expect(window.locator("dialog")).to_be_hidden()

    window.keyboard.press("n")

    assert focused(window) != "add-title"


# How browsers report a key of an input method: Safari after the composition, the others during it.
COMPOSING: list[dict[str, object]] = [{"isComposing": True}, {"keyCode": 229}]
PRESS = """(field, [key, how]) => {
  for (const target of [field, document.activeElement])
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how }));
}"""


def test_a_key_of_an_input_method_triggers_no_shortcut(window, three):
    window.fill("#search-field", three[0]["title"])
    expect(card_of(window, three[1])).to_be_hidden()
    window.fill("#add-title", "にほ")
    card_of(window, three[0]).locator(".edit-link").focus()
    window.keyboard.press("Enter")
    editor = window.locator(".note .editor:visible")
    editor.locator("[name=title]").fill("かん")
    for key in ("Escape", "Enter"):
        for how in COMPOSING:
            for field in ("#search-field", "#add-title", ".editor [name=title]"):
                for more in ({}, {"ctrlKey": True}):
                    window.locator(field).evaluate(PRESS, [key, {**how, **more}])

    expect(window.locator("#search-field")).to_have_value(three[0]["title"])
    expect(window.locator("#add-title")).to_have_value("にほ")
    expect(editor.locator("[name=title]")).to_have_value("かん")
    expect(editor.locator(".editor-state")).to_have_text("")
    window.keyboard.press("Escape")
    expect(editor).to_have_count(0)
