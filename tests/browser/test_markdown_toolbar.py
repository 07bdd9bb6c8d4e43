"""The bar of a text: its buttons, its keys, and its place above a keyboard on a screen."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import card_of, create, edit, focused, fresh
from tests.browser.markdown import composer, expect_shown, put, shown
from tests.browser.windows import visit
from tests.support.cases import check_each

HEADING = {
    "mi|lk": "# mi|lk",
    "# mi|lk": "## mi|lk",
    "## mi|lk": "### mi|lk",
    "### mi|lk": "mi|lk",
    "- |milk": "# |milk",
    "|": "# |",
    "> mi|lk": "> # mi|lk",
}
LIST = {
    "mi|lk": "- mi|lk",
    "- mi|lk": "mi|lk",
    "## mi|lk": "- mi|lk",
    "- [x] mi|lk": "- mi|lk",
    "a\n|b\n\nc|": "a\n|- b\n\n- c|",
    "|1. a\n2. b|": "|a\nb|",
    "|- a\nb|": "|- a\n- b|",
    "|": "- |",
}
TASKS = {
    "mi|lk": "- [ ] mi|lk",
    "- [x] mi|lk": "mi|lk",
    "  - mi|lk": "  - [ ] mi|lk",
    "1. mi|lk": "1. [ ] mi|lk",
    "|- [x] a\nb\n|c": "|- [x] a\n- [ ] b|\nc",
    "|": "- [ ] |",
}
BOLD = {"some |words|": "some **|words|**", "some **|words|**": "some |words|"}
LINK = {
    "some |words|": "some [words](|https://|)",
    "some [words](|https://|)": "some |words|",
    "so|me words": "[some](|https://|) words",
    "[so|me](https://example.org) words": "|some| words",
    "|https://example.org/a|": "[|](https://example.org/a)",
    "|": "[|](https://)",
}
CASES = {"Heading": HEADING, "List": LIST, "Tasks": TASKS, "Bold": BOLD, "Link": LINK}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def window(module_window):
    """A window on the board, live, for all tests: each writes texts of its own."""
    return module_window


def bar_of(page: Page) -> Locator:
    """The bar of the composer."""
    return page.locator("#add-note-form").get_by_role("toolbar", name="Formatting")


MIDDLE = """button => {
  const { left, top, width, height } = button.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


def test_a_button_changes_the_selection_keeps_the_focus_and_undo_reverts_it(window):
    field = composer(window)

    def check(case: tuple[str, str, str]) -> None:
        name, before, after = case
        put(field, before)

        window.mouse.click(*buttons[name].evaluate(MIDDLE))
        assert shown(field) == after
        assert focused(window) == "add-description"
        window.keyboard.press("Control+z")

        assert field.input_value() == before.replace("|", "")

    put(field, "|")
    bar = bar_of(window)
    buttons = {name: bar.get_by_role("button", name=name, exact=True).element_handle() for name in CASES}

    cases = [(name, before, after) for name, changes in CASES.items() for before, after in changes.items()]
    check_each([(case[:2], case) for case in cases], check)


def test_the_bar_is_one_tab_stop_and_arrow_keys_reach_its_buttons(window):
    field = composer(window)
    put(field, "mi|lk")
    window.keyboard.press("Tab")
    bar = bar_of(window)
    heading, bold, tasks = (bar.get_by_role("button", name=name) for name in ("Heading", "Bold", "Tasks"))
    expect(heading).to_be_focused()

    window.keyboard.press("ArrowRight")
    expect(bold).to_be_focused()
    window.keyboard.press("End")
    expect(tasks).to_be_focused()
    window.keyboard.press("ArrowRight")
    expect(heading).to_be_focused()
    window.keyboard.press("ArrowLeft")
    expect(tasks).to_be_focused()
    window.keyboard.press("Tab")
    expect(window.locator(".composer-colour select")).to_be_focused()
    window.keyboard.press("Shift+Tab")
    expect(tasks).to_be_focused()
    window.keyboard.press("Home")
    window.keyboard.press("ArrowRight")
    window.keyboard.press("Enter")

    expect_shown(field, "**mi|lk**")
    expect(field).to_be_focused()


def test_the_bar_of_a_card_changes_its_text_and_the_draft(window, rest, shared_server):
    note = create(rest, fresh(), "milk")
    editor = edit(window, card_of(window, note))
    put(editor.locator("[name=description]"), "mi|lk")

    editor.get_by_role("button", name="Tasks").click()
    assert editor.get_by_role("toolbar").get_attribute("aria-controls") == f"edit-description-{note['id']}"
    visit(window, shared_server)

    expect(card_of(window, note).locator("[name=description]")).to_have_value("- [ ] milk")


def test_a_form_that_is_being_sent_is_not_changed(window):
    field = composer(window)
    put(field, "mi|lk")
    field.evaluate("field => { field.readOnly = true; }")

    bar_of(window).get_by_role("button", name="Bold").click()
    window.keyboard.press("Control+b")

    expect(field).to_have_value("milk")
    field.evaluate("field => { field.readOnly = false; }")


# Safari covers the lower part of the window by its keyboard, and may move the window under the visible part.
COVER = """([offsetTop, height]) => {
  for (const [name, value] of Object.entries({ offsetTop, height }))
    Object.defineProperty(visualViewport, name, { value, configurable: true });
  visualViewport.dispatchEvent(new Event("resize"));
}"""


def test_on_a_phone_the_bar_is_above_the_keyboard_while_the_text_is_typed(windows, shared_server):
    page = visit(windows(**PHONE), shared_server)
    bar = bar_of(page)
    page.locator("#composer-button").tap()
    expect(bar).to_be_hidden()
    field = composer(page)
    page.locator("#add-title").tap()
    expect(bar).to_be_hidden()
    field.tap()
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)

    visible_end = "document.documentElement.style.getPropertyValue('--visible-end')"
    assert page.evaluate(visible_end) == "", "a style of the root styles the whole page again"
    page.set_viewport_size({"width": 390, "height": 500})  # as Chromium does for its keyboard
    expect(bar).to_have_js_property("offsetTop", 500 - box["height"])
    page.evaluate(COVER, [20, 400])
    expect(bar).to_have_js_property("offsetTop", 420 - box["height"])
    page.evaluate(COVER, [0, 500])
    expect(bar).to_have_js_property("offsetTop", 500 - box["height"])
    assert page.evaluate(visible_end) == ""
    page.evaluate(COVER, [20, 400])
    for button in bar.get_by_role("button").all():
        size = button.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 44
    bar.get_by_role("button", name="List").tap()

    expect_shown(field, "- |")
    expect(field).to_be_focused()
    viewport = page.locator("meta[name=viewport]")
    expect(viewport).to_have_attribute("content", re.compile("interactive-widget=resizes-content"))


def test_thousands_of_lines_are_changed_at_once_and_undo_reverts_them(window):
    field = composer(window)
    text = "\n".join(["line"] * 3000)
    field.evaluate("(field, text) => { field.value = text; field.select(); }", text)

    bar_of(window).get_by_role("button", name="Tasks").click()
    expect(field).to_have_value(text.replace("line", "- [ ] line"))
    window.keyboard.press("Control+z")

    expect(field).to_have_value(text)
