"""A field with Markdown: its text with the selection in it, as in "a |b| c" or, for a caret, "a| b"."""

from playwright.sync_api import Locator, Page, expect

TEXT = "#add-note-form [name=description]"
PUT = """(field, [text, start, end]) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(start, end);
}"""
REVERTED = """field => {
  document.execCommand("undo");
  const undone = field.value;
  document.execCommand("redo");
  return [undone, field.value];
}"""
SHOWN = """field => {
  const { value, selectionStart: start, selectionEnd: end } = field;
  return value.slice(0, start) + "|" + (start < end ? value.slice(start, end) + "|" : "") + value.slice(end);
}"""


def put(field: Locator, text: str) -> None:
    """Replace the text, and select what the text says."""
    start = text.index("|")
    end = max(start, text.rindex("|") - 1)
    field.evaluate(PUT, [text.replace("|", ""), start, end])


def shown(field: Locator) -> str:
    """The text with its selection."""
    text: str = field.evaluate(SHOWN)
    return text


def reverted(field: Locator) -> tuple[str, str]:
    """The text after undo, and after the redo that follows, as the browser's keys do them."""
    undone, redone = field.evaluate(REVERTED)
    return undone, redone


def expect_shown(field: Locator, text: str) -> None:
    """Wait for a text with its selection."""
    expect(field).to_have_value(text.replace("|", ""))
    assert shown(field) == text


def composer(page: Page) -> Locator:
    """The composer's text field."""
    return page.locator(TEXT)
