"""The text of a note in Firefox and in WebKit: keys of lists, and undo."""

import pytest

from tests.browser.board import create
from tests.browser.board import fresh as fresh_title
from tests.browser.engines.window import Window

VALUE = "(css, text) => document.querySelector(css).value === text"
FIELD = "#add-description"
# Firefox makes such an event with data of its own, of one type at first.
PASTE = """(css, html) => {
  const options = { clipboardData: new DataTransfer(), bubbles: true, cancelable: true };
  const event = new ClipboardEvent("paste", { ...options, dataType: "text/plain", data: "milk" });
  event.clipboardData.setData("text/html", html);
  document.querySelector(css).dispatchEvent(event);
}"""
UNDO = "() => document.execCommand('undo')"  # WebKitGTK has no key for it


@pytest.fixture(scope="module")
def board(module_board: Window) -> Window:
    """A window on the board, live, for all tests."""
    return module_board


def test_enter_continues_a_list_and_undo_reverts_it(board):
    board.write("#add-title", fresh_title())
    board.write(FIELD, "- milk")

    board.press("Enter")
    board.until(VALUE, FIELD, "- milk\n- ")
    board.press("Tab")
    board.until(VALUE, FIELD, "- milk\n  - ")
    board.ask(UNDO)
    board.until(VALUE, FIELD, "- milk\n- ")
    board.press("Enter")
    board.until(VALUE, FIELD, "- milk\n\n")
    board.press("Shift", "Enter")
    board.until(VALUE, FIELD, "- milk\n\n\n")


def test_bold_is_toggled_and_undone(board):
    board.write("#add-title", fresh_title())
    board.write(FIELD, "milk")

    board.press("Control", "b")
    board.until(VALUE, FIELD, "**milk**")
    board.ask(UNDO)
    board.until(VALUE, FIELD, "milk")
    board.press("Control", "b")
    board.press("Control", "b")
    board.until(VALUE, FIELD, "milk")


def test_a_button_of_the_bar_keeps_the_focus_and_is_undone(board):
    board.write("#add-title", fresh_title())
    board.write(FIELD, "milk")

    board.click("#add-note-form [data-command=tasks]")
    board.until(VALUE, FIELD, "- [ ] milk")
    board.until("css => document.activeElement === document.querySelector(css)", FIELD, what="has the focus: ")
    board.press("Enter")
    board.until(VALUE, FIELD, "- [ ] milk\n- [ ] ")
    board.ask(UNDO)
    board.ask(UNDO)
    board.until(VALUE, FIELD, "milk")


def test_formatted_text_is_pasted_as_markdown(board):
    board.write("#add-title", fresh_title())
    board.write(FIELD, "x")

    board.ask(PASTE, FIELD, "<style>b { color: red }</style><p style='margin: 0' onclick='alert(1)'><b>milk</b></p>")
    board.until(VALUE, FIELD, "x**milk**")
    board.ask(UNDO)
    board.until(VALUE, FIELD, "x")


def test_a_click_opens_a_long_text_in_a_sheet_and_escape_closes_it(board, rest):
    note = create(rest, fresh_title(), "line\n" * 20)
    card = f"#note-{note['id']}"
    sheet = f"{card} dialog.editor-sheet:modal"
    active = "css => document.activeElement === document.querySelector(css)"

    board.click(f"{card} .title")
    board.sees(sheet)
    board.until(active, f"{sheet} textarea", what="has the focus: ")
    board.press("x")
    board.press("Escape")

    board.misses(f"{card} dialog")
    board.until(active, card, what="has the focus: ")
    board.sees(f"{card} .note-aside", "unsaved")
