"""What is typed survives."""

from playwright.sync_api import expect

from tests.browser.board import add, card, card_of, create, edit, fresh
from tests.browser.windows import visit


def test_the_composer_keeps_its_draft_over_a_reload_and_forgets_it_when_sent(window, shared_server):
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


def test_an_edit_is_found_again_after_a_reload_and_still_knows_what_it_was_based_on(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"})

    visit(window, shared_server)
    editor = card_of(window, note).locator(".editor")
    expect(editor.locator("[name=description]")).to_have_value("mine")
    expect(editor.locator(".elsewhere")).to_be_visible()
    editor.locator(".save-button").click()

    expect(card_of(window, note).locator(".theirs")).to_contain_text("theirs")


def test_a_cancelled_edit_can_be_had_back(window, rest):
    note = create(rest, fresh(), "before")
    editor = edit(window, card_of(window, note))
    editor.locator("[name=description]").fill("mine")

    window.keyboard.press("Escape")
    expect(editor).to_have_count(0)
    window.get_by_role("button", name="Restore").click()

    expect(editor.locator("[name=description]")).to_have_value("mine")


def test_the_text_of_a_draft_whose_note_is_gone_is_offered(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine alone")
    window.goto("about:blank")
    rest.delete(f"/api/notes/{note['id']}")

    visit(window, shared_server)
    window.get_by_role("button", name="Use the text").click()

    expect(window.locator("#add-note-form [name=description]")).to_have_value("mine alone")


def test_a_second_submit_while_the_first_is_under_way_adds_one_note(window):
    title = fresh()
    window.fill("#add-note-form [name=title]", title)

    window.locator("#add-note-form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    marker = fresh()
    expect(card(window, title)).to_have_count(1)
    add(window, marker)
    expect(card(window, marker)).to_have_count(1)

    assert card(window, title).count() == 1


def test_what_was_set_aside_waits_on_its_card_until_it_is_taken_up(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine")
    window.keyboard.press("Escape")

    visit(window, shared_server)
    card_of(window, note).get_by_role("button", name="Continue editing").click()
    editor = card_of(window, note).locator(".editor")
    expect(editor.locator("[name=description]")).to_have_value("mine")
    expect(card_of(window, note).locator(".note-aside")).to_have_count(0)
    visit(window, shared_server)

    expect(editor.locator("[name=description]")).to_have_value("mine")
    expect(card_of(window, note).locator(".note-aside")).to_have_count(0)


def test_what_was_set_aside_is_gone_once_it_is_dropped(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    aside = card_of(window, note).locator(".note-aside")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine")
    window.keyboard.press("Escape")
    expect(aside).to_be_visible()

    aside.get_by_role("button", name="Discard").click()
    expect(aside).to_have_count(0)
    visit(window, shared_server)
    expect(card_of(window, note)).to_be_visible()

    expect(aside).to_have_count(0)


def test_two_texts_set_aside_are_both_kept_and_what_is_typed_gives_way(window, rest):
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


def test_what_was_set_aside_for_a_note_that_is_gone_is_offered(window, rest, shared_server):
    note = create(rest, fresh(), "before")
    edit(window, card_of(window, note)).locator("[name=description]").fill("mine alone")
    window.keyboard.press("Escape")
    window.goto("about:blank")
    rest.delete(f"/api/notes/{note['id']}")

    visit(window, shared_server)
    window.get_by_role("button", name="Use the text").click()

    expect(window.locator("#add-note-form [name=description]")).to_have_value("mine alone")
