"""One click on a card's text, or Enter on the card, opens its editor."""

import pytest
from playwright.sync_api import expect

from tests.browser.board import card_of, create, fresh

LINK = """title => {
  for (const name of ["a", "label"]) title.append(Object.assign(document.createElement(name), { textContent: name }));
  title.querySelector("a").href = "#";
}"""


@pytest.fixture(scope="module")
def window(module_window):
    """A window on the board, live, for all tests: each has notes of its own."""
    return module_window


def test_a_click_on_the_text_opens_the_editor(window, rest):
    for part in (".title", ".description"):
        card = card_of(window, create(rest, fresh(), "some words"))

        card.locator(part).click()

        expect(card.locator(".editor [name=description]")).to_be_focused()
        window.keyboard.press("Escape")
        expect(card.locator(".editor")).to_have_count(0)


def test_enter_on_a_card_opens_the_editor_and_on_its_controls_does_not(window, rest):
    card = card_of(window, create(rest, fresh(), "some words"))
    editor = card.locator(".editor")
    card.focus()
    window.keyboard.press("Enter")
    expect(editor.locator("[name=description]")).to_be_focused()
    window.keyboard.press("Escape")
    expect(card).to_be_focused()

    card.locator(".pin-button").focus()
    window.keyboard.press("Enter")

    expect(card).to_have_attribute("data-pinned", "")
    expect(editor).to_have_count(0)


def test_a_selection_a_link_a_button_and_a_modified_click_open_no_editor(window, rest):
    title = fresh()
    card = card_of(window, create(rest, title, "\n".join(f"line {number}" for number in range(30))))
    words = card.locator(".title")
    box = words.bounding_box()
    assert box
    middle = box["y"] + 10

    window.mouse.move(box["x"] + 2, middle)
    window.mouse.down()
    window.mouse.move(box["x"] + 30, middle, steps=3)
    window.mouse.up()
    assert window.evaluate("String(getSelection())") != ""
    card.locator(".more-button").click()
    expect(card).to_have_attribute("data-unfolded", "")
    words.click(modifiers=["Alt"])
    words.click(button="right")
    words.evaluate(LINK)
    words.locator("a").click()
    words.locator("label").click()
    card.locator(".done-box").check()
    expect(card).to_have_attribute("data-done", "")

    expect(card.locator(".editor")).to_have_count(0)
    words.click()
    expect(card.locator(".editor")).to_be_visible()
