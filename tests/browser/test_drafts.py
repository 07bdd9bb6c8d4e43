"""Drafts survive."""

from playwright.sync_api import expect

from tests.browser.board import add, card, card_of, create, edit, fresh
from tests.browser.windows import visit


def test_the_composers_draft_survives_a_reload_and_is_deleted_when_sent(window, shared_server):
    title = fresh()
    window.fill("#add-note-form [name=title]", title)
    window.fill("#add-note-form [name=description]", "two\nlines")

    visit(window, shared_server)
    expect(window.locator("#add-note-form [name=title]")).to_have_value(title)
    expect(window.locator("#add-note-form [name=description]")).to_have_value("two\nlines")
    window.click("#add-note-form [type=submit]")
    expect(card(window, title)).to_have_count(1)
    visit(window, shared_server)

    expect(window.locator("#add-note-form [name=title]")).to_have_value("")


def test_an_edit_survives_a_reload_with_its_base_version(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"})

    visit(window, shared_server)
    editor = card_of(window, note).locator(".editor")
    expect(editor.locator("[name=description]")).to_have_value("mine")
    expect(editor.locator(".elsewhere")).to_be_visible()
    editor.locator(".save-button").click()

    expect(card_of(window, note).locator(".theirs")).to_contain_text("theirs")


def test_the_draft_of_a_deleted_note_is_offered(window, rest, shared_server):
    for place in ("in the editor", "on its card"):
        note = create(rest, fresh(), "before")
        edit(window, card_of(window, note)).locator("[name=description]").fill(f"mine alone, {place}")
        if place == "on its card":
            window.keyboard.press("Escape")
        window.goto("about:blank")
        rest.delete(f"/api/notes/{note['id']}")

        visit(window, shared_server)
        window.get_by_role("button", name="Use the text").click()

        expect(window.locator("#add-note-form [name=description]")).to_have_value(f"mine alone, {place}")


def test_two_concurrent_submits_add_one_note(window):
    title = fresh()
    window.fill("#add-note-form [name=title]", title)

    window.locator("#add-note-form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    marker = fresh()
    expect(card(window, title)).to_have_count(1)
    add(window, marker)
    expect(card(window, marker)).to_have_count(1)

    assert card(window, title).count() == 1


def test_a_cancelled_edit_is_restored_or_offered_on_its_card(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    aside = card_of(window, note).locator(".note-aside")
    editor = edit(window, card_of(window, note))
    editor.locator("[name=description]").fill("mine")
    window.keyboard.press("Escape")
    expect(editor).to_have_count(0)
    window.get_by_role("button", name="Restore").click()
    expect(editor.locator("[name=description]")).to_have_value("mine")
    window.keyboard.press("Escape")

    visit(window, shared_server)
    aside.get_by_role("button", name="Continue editing").click()
    for _ in range(2):
        expect(editor.locator("[name=description]")).to_have_value("mine")
        expect(aside).to_have_count(0)
        visit(window, shared_server)
    editor.locator("[name=description]").focus()
    window.keyboard.press("Escape")
    expect(aside).to_be_visible()
    aside.get_by_role("button", name="Discard").click()
    expect(aside).to_have_count(0)
    visit(window, shared_server)
    expect(card_of(window, note)).to_be_visible()

    expect(aside).to_have_count(0)


def test_two_drafts_of_a_note_are_both_stored_and_swapped_with_typed_text(window, rest):
    note = create(rest, fresh(), "before")
    aside = card_of(window, note).locator(".note-aside")
    for text in ["first", "second"]:
        edit(window, card_of(window, note)).locator("[name=description]").fill(text)
        window.keyboard.press("Escape")
    edit(window, card_of(window, note)).locator("[name=description]").fill("third")
    seen = []

    for _ in range(3):
        aside.get_by_role("button", name="Continue editing").click()
        seen.append(card_of(window, note).locator(".editor [name=description]").input_value())

    assert seen == ["second", "third", "second"]
