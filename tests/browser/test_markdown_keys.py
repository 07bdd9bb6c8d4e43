"""Keys in the text of a note: lists go on and end, items are indented, words get bold, and undo reverts each."""

import pytest

from tests.browser.board import card_of, create, edit, focused, fresh
from tests.browser.markdown import composer, expect_shown, put, reverted, shown
from tests.support.cases import check_each

ENTER = {
    "- milk|": "- milk\n- |",
    "* milk|": "* milk\n* |",
    "+ milk|": "+ milk\n+ |",
    "9. milk|": "9. milk\n10. |",
    "3) milk|": "3) milk\n4) |",
    "- [x] milk|": "- [x] milk\n- [ ] |",
    "1. [ ] milk|": "1. [ ] milk\n2. [ ] |",
    "> milk|": "> milk\n> |",
    "> - milk|": "> - milk\n> - |",
    "- a\n  - milk|": "- a\n  - milk\n  - |",
    "- milk| and eggs": "- milk\n- |and eggs",
    "- milk |and| eggs": "- milk \n- |eggs",
    # An empty item ends the list, with the empty line that Markdown needs.
    "- milk\n- |": "- milk\n\n|",
    "- [ ] milk\n- [ ] |\n- [ ] eggs": "- [ ] milk\n\n|\n- [ ] eggs",
    "- |": "|",
    "> milk\n> |": "> milk\n\n|",
    "> - milk\n> - |": "> - milk\n> \n> |",
    # One that is nested becomes an item of the list around it.
    "1. a\n   - b\n   - |": "1. a\n   - b\n2. |",
    "  - |": "|",
    # No lists: text, the beginning of an item, rules, code.
    "milk|": "milk\n|",
    "|- milk": "\n|- milk",
    "-milk|": "-milk\n|",
    "* * *|": "* * *\n|",
    "```\n- milk|\n```": "```\n- milk\n|\n```",
    "```\na\n```\n- milk|": "```\na\n```\n- milk\n- |",
}
TAB = {
    "- a\n- b|": "- a\n  - b|",
    "1. a\n2. b|": "1. a\n   1. b|",
    "1. a\n   1. b\n2. c|": "1. a\n   1. b\n   2. c|",
    "- [ ] a\n- [ ] b|": "- [ ] a\n  - [ ] b|",
    "- a\n- |b\n- c|": "- a\n  - |b\n  - c|",
    "> - a\n> - b|": "> - a\n>   - b|",
    # Nothing to nest it in.
    "- a|": "- a|",
    "- a\n  - b|": "- a\n  - b|",
}
SHIFT_TAB = {
    "- a\n  - b|": "- a\n- b|",
    "1. a\n   - b\n     - c|": "1. a\n   - b\n   - c|",
    "1. a\n   1. b|": "1. a\n2. b|",
    "- a\n  - |b\n  - c|": "- a\n- |b\n- c|",
}
BOLD = {
    "some |words| here": "some **|words|** here",
    "some **|words|** here": "some |words| here",
    "some |**words**| here": "some |words| here",
    "some| words": "**some**| words",
    "**some**| words": "some| words",
    "so|me words": "**so|me** words",
    "**so|me** words": "so|me words",
    "some |": "some **|**",
    "some **|**": "some |",
    "some **words|**": "some **words**|",
    "|- milk\n- [ ] eggs|": "|- **milk**\n- [ ] **eggs**|",
    "|- **milk**\n- [ ] **eggs**|": "|- milk\n- [ ] eggs|",
    "*|words|*": "***|words|***",
    "***|words|***": "*|words|*",
    "# |Head|": "# **|Head|**",
    "عن |كلمات|": "عن **|كلمات|**",
}
ITALIC = {
    "|words|": "*|words|*",
    "*|words|*": "|words|",
    "**|words|**": "***|words|***",
    "***|words|***": "**|words|**",
}
CASES = {"Enter": ENTER, "Tab": TAB, "Shift+Tab": SHIFT_TAB, "Control+b": BOLD, "Control+i": ITALIC}


@pytest.fixture(scope="module")
def window(module_window):
    """A window on the board, live, for all tests: each writes texts of its own."""
    return module_window


def test_a_key_changes_the_text_and_undo_reverts_it(window):
    field = composer(window)

    def check(case: tuple[str, str, str]) -> None:
        key, before, after = case
        put(field, before)

        window.keyboard.press(key)
        assert shown(field) == after
        texts = before.replace("|", ""), after.replace("|", "")
        if texts[0] != texts[1]:
            assert reverted(field) == texts

    cases = [(key, before, after) for key, changes in CASES.items() for before, after in changes.items()]
    check_each([(case[:2], case) for case in cases], check)

    put(field, "- milk|")
    window.keyboard.press("Enter")
    window.keyboard.press("Control+z")
    assert field.input_value() == "- milk"
    window.keyboard.press("Control+Shift+z")
    assert field.input_value() == "- milk\n- "


def test_shift_enter_inserts_a_plain_line_break(window):
    field = composer(window)
    put(field, "- milk|")

    window.keyboard.press("Shift+Enter")

    expect_shown(field, "- milk\n|")


def test_tab_leaves_the_text_outside_of_lists_and_escape_everywhere(window):
    field = composer(window)
    for text, key in (("milk|", "Tab"), ("milk|", "Shift+Tab"), ("- milk|", "Shift+Tab"), ("- milk|", "Escape")):
        put(field, text)
        assert focused(window) == "add-description"

        window.keyboard.press(key)

        assert focused(window) != "add-description", (text, key)
        expect_shown(field, text)


def test_a_screen_reader_is_told_the_keys_of_the_text(window, rest):
    note = create(rest, fresh())
    opened = edit(window, card_of(window, note)).locator("[name=description]")

    for field in (composer(window), opened):
        described = field.evaluate(
            "field => field.getAttribute('aria-describedby').split(' ')"
            ".map(id => document.getElementById(id).textContent).join(' ')"
        )
        assert "Tab" in described
        assert "Escape" in described
    opened.press("Escape")


def test_the_editor_of_a_card_continues_lists_and_sends_them(window, rest):
    note = create(rest, fresh(), "- [ ] milk")
    field = edit(window, card_of(window, note)).locator("[name=description]")
    field.press("Control+End")

    window.keyboard.press("Enter")
    window.keyboard.type("eggs")
    window.keyboard.press("Control+Enter")

    expect_text = card_of(window, note).locator(".editor")
    expect_text.wait_for(state="detached")
    assert rest.get(f"/api/notes/{note['id']}").json()["description"] == "- [ ] milk\n- [ ] eggs"


# An input method commits its text by Enter: Chromium reports that while it composes, Safari by the code.
COMPOSING = """field => {
  for (const how of [{ isComposing: true }, { keyCode: 229 }])
    for (const key of ["Enter", "Tab", "b"])
      for (const ctrlKey of [false, true])
        field.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true, ...how }));
  const line = { inputType: "insertLineBreak", bubbles: true, cancelable: true };
  field.dispatchEvent(new InputEvent("beforeinput", { ...line, isComposing: true }));
}"""


def test_an_input_method_keeps_its_keys(window):
    field = composer(window)
    put(field, "- a\n- にほ|")

    field.evaluate(COMPOSING)

    expect_shown(field, "- a\n- にほ|")
    window.keyboard.press("Enter")
    expect_shown(field, "- a\n- にほ\n- |")
