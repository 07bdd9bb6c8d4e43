"""The members of a board: what a role shows and allows, and how members join and leave."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.access import fresh, known_as
from tests.browser.board import card

ada, bob = known_as("ada"), known_as("bob")


def controls(page: Page) -> list[bool]:
    """Whether the page can add a note, tick the first one, edit it, delete it."""
    page.locator("li.note").first.hover()
    first = page.locator("li.note").first
    return [
        page.locator("#add-note-form").is_visible(),
        first.locator(".done-box").is_enabled(),
        first.locator(".edit-link").is_visible(),
        first.locator(".delete-button").is_visible(),
    ]


ROLES = {
    "viewer": [False, False, False, False],
    "ticker": [False, True, False, False],
    "editor": [True, True, True, True],
    "owner": [True, True, True, True],
}


def test_a_role_enables_its_controls_and_changes_at_once(ada, bob):
    board = ada.board(viewer=bob)
    ada.note(board, "first")
    page = bob.window(f"/front/boards/{board}/notes")
    assert controls(page) == ROLES["viewer"]

    for role, words in (("ticker", "tick"), ("editor", "change"), ("owner", "own"), ("viewer", "see")):
        ada.give(board, bob, role)
        expect(page.locator("main")).to_have_attribute("data-role", role)
        expect(page.locator(".toast").last).to_contain_text(words)
        ada.note(board, f"for {role}")
        expect(card(page, f"for {role}")).to_be_visible()
        assert controls(page) == ROLES[role], role


def test_a_viewer_sees_pins_and_cannot_change_them(ada, bob):
    board = ada.board(viewer=bob)
    note = ada.note(board, "first")
    page = bob.window(f"/front/boards/{board}/notes")
    expect(page.locator("li.note .pin-button")).to_be_hidden()

    assert ada.rest.patch(f"/api/boards/{board}/notes/{note['id']}", json={"pinned": True}).status_code == 200

    expect(page.locator("li.note .pin-button")).to_be_visible()
    expect(page.locator("li.note .pin-button")).to_be_disabled()


@pytest.mark.parametrize("role", ["viewer", "ticker"])
def test_without_scripts_a_role_shows_its_controls_and_the_server_enforces_it(ada, bob, role):
    board = ada.board(**{role: bob})
    note = ada.note(board, "first")
    page = bob.window(f"/front/boards/{board}/notes", java_script_enabled=False)

    assert controls(page) == ROLES[role]
    expect(page.locator(".note-foot [type=submit]:visible")).to_have_count(1 if role == "ticker" else 0)
    forbidden = [(f"/front/boards/{board}/notes", {"title": "x"}), (f"/front/boards/{board}", {"name": "x"})]
    forbidden.append((f"/front/boards/{board}/notes/{note['id']}/delete", {}))
    for path, form in forbidden:
        assert page.context.request.post(bob.server.base + path, form=form).status == 403


def test_keys_and_double_clicks_do_nothing_for_a_viewer(ada, bob):
    board = ada.board(viewer=bob)
    ada.note(board, "first")
    page = bob.window(f"/front/boards/{board}/notes")
    asked = []
    page.on("request", lambda request: asked.append(request.method))

    page.locator(".note-body").dblclick()
    page.keyboard.press("j")
    for key in ("e", "x", "Delete", "n", "c", "p", "Shift+E"):
        page.keyboard.press(key)

    expect(page.locator(".note")).to_be_focused()
    expect(page.locator(".editor:visible")).to_have_count(0)
    expect(page.locator("#colour-picker")).to_be_hidden()
    for tool in (".colour-link", ".archive-button", ".pin-button"):
        expect(page.locator(f"li.note {tool}")).to_be_hidden()
    assert set(asked) <= {"GET", "HEAD"}


def test_the_owner_sees_members_join_and_leave(ada, bob):
    board = ada.board()
    page = ada.window(f"/front/boards/{board}")
    row = page.locator(".member", has_text=bob.nickname)

    ada.give(board, bob, "viewer")
    expect(row).to_contain_text("Viewer: can see notes")
    row.locator("select").select_option("editor")
    row.get_by_role("button", name="Change").click()
    expect(row).to_contain_text("Editor: can write, change and delete notes")
    bob.rest.delete(f"/api/boards/{board}/members/{bob.id}")

    expect(row).to_have_count(0)


def test_a_new_user_joins_a_board_by_an_invitation(windows, ada):
    board = ada.board(fresh("garden "))
    page = ada.window(f"/front/boards/{board}")
    page.locator("#invite-role").select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    guest = windows()
    guest.goto(page.get_by_label("The link").input_value())
    for name, value in (("name", "Guest"), ("email", "guest@example.org"), ("nickname", fresh("guest"))):
        guest.fill(f"[name={name}]", value)
    guest.fill("[name=password]", "correct horse")
    guest.click("[type=submit]")
    guest.goto(f"{ada.server.base}/front/boards/{board}/notes")

    expect(guest.locator(".desk-board")).to_contain_text("view only")
    expect(guest.locator("#add-note-form")).to_be_hidden()
