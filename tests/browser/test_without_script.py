"""The board without JavaScript: forms, links and redirects do everything."""

import pytest
from playwright.sync_api import expect

from tests.browser.board import add, card, create, create_many, fresh


@pytest.fixture(scope="module")
def page(module_windows):
    """A window for all tests."""
    return module_windows(java_script_enabled=False)


@pytest.fixture
def plain(page, shared_server):
    """The same, on the board."""
    page.goto(f"{shared_server.base}/front/notes")
    return page


def test_only_what_works_is_shown_and_an_error_is_beside_its_field_with_the_typed_values(plain):
    for control in ("#connection", "#theme-button", "#shortcuts-button", "#fold-button", ".more-button"):
        assert plain.locator(control).filter(visible=True).count() == 0, control

    add(plain, "x" * 201, "  kept\n\ntext")

    expect(plain.locator("#add-title-error")).to_be_visible()
    expect(plain.locator("#add-title-error")).to_contain_text("200")
    expect(plain.locator("#add-note-form [name=title]")).to_have_value("x" * 201)
    expect(plain.locator("#add-note-form [name=description]")).to_have_value("  kept\n\ntext")


def test_a_note_is_added_edited_ticked_pinned_deleted_and_restored(plain):
    title = fresh()
    add(plain, title, "text <b>&amp;</b>")
    expect(card(plain, title).locator("span")).to_have_text("text <b>&amp;</b>")
    assert plain.url.split("#")[0].endswith("/front/notes")

    card(plain, title).get_by_role("link", name="Edit").click()
    plain.fill("form [name=description]", "after")
    plain.get_by_role("button", name="Save").click()
    expect(card(plain, title).locator("span")).to_have_text("after")
    card(plain, title).get_by_role("button", name="Mark as done").click()
    expect(card(plain, title).locator("input[type=checkbox]")).to_be_checked()
    card(plain, title).get_by_role("button", name="Mark as not done").click()
    expect(card(plain, title).locator("input[type=checkbox]")).not_to_be_checked()
    for pressed in ("true", "false"):
        card(plain, title).hover()
        card(plain, title).locator(".pin-button").click()
        expect(card(plain, title).locator(".pin-button")).to_have_attribute("aria-pressed", pressed)
    card(plain, title).locator("button.delete-button").click()
    expect(card(plain, title)).to_have_count(0)
    plain.get_by_role("button", name="Undo").click()

    expect(card(plain, title)).to_have_count(1)


def test_a_stale_edit_shows_both_texts_and_saving_again_saves_mine(plain, rest):
    note = create(rest, fresh(), "before")
    address = f"{plain.url}/{note['id']}/edit"
    plain.goto(address)
    plain.fill("form [name=description]", "mine")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"})

    plain.get_by_role("button", name="Save").click()
    expect(plain.locator(".conflict")).to_contain_text("theirs")
    expect(plain.locator("form [name=description]")).to_have_value("mine")
    plain.get_by_role("button", name="Keep mine").click()

    expect(card(plain, note["title"]).locator("span")).to_have_text("mine")

    # One that is refused twice still cannot overwrite.
    plain.goto(address)
    plain.fill("[name=title]", "x" * 201)
    rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs again"})
    plain.get_by_role("button", name="Save").click()
    plain.fill("[name=title]", note["title"])
    plain.locator("#edit-note-form [type=submit]").click()
    assert rest.get(f"/api/notes/{note['id']}").json()["description"] == "theirs again"


def test_the_text_of_an_edit_of_a_deleted_note_is_shown_again(plain, rest):
    note = create(rest, fresh(), "before")
    plain.goto(plain.url + f"/{note['id']}/edit")
    plain.fill("form [name=description]", "mine")
    rest.delete(f"/api/notes/{note['id']}")

    plain.get_by_role("button", name="Save").click()

    expect(plain.locator("#add-note-form [name=title]")).to_have_value(note["title"])
    expect(plain.locator("#add-note-form [name=description]")).to_have_value("mine")
    expect(plain.locator("#add-note-form")).to_contain_text("Somebody else deleted this note")


def test_search_and_pages_are_links_and_forms(plain, rest):
    word = fresh("needle").replace(" ", "")
    create_many(rest, [{"title": f"{word} {number}"} for number in range(101)])

    plain.fill("[name=q]", word.upper())
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator("li.note")).to_have_count(100)
    plain.get_by_role("link", name="Next notes").click()
    expect(plain.locator("li.note")).to_have_count(1)
    plain.get_by_role("link", name="Previous notes").click()
    expect(plain.locator("li.note")).to_have_count(100)


def test_the_back_button_shows_the_current_state_of_a_checkbox(plain, rest):
    note = create(rest, fresh())
    plain.reload()
    box = plain.locator(f"#note-{note['id']} .done-box")
    box.click()
    plain.goto(plain.url.replace("/front/notes", "/front/users"))

    plain.go_back()

    expect(box).not_to_be_checked()
