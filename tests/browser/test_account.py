"""The account page: password, sessions, tokens, invitations."""

from contextlib import closing

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.access import PASSWORD, Member, expect_signed_out, signed_in
from tests.browser.test_accessibility import assert_accessible, assert_fits

ANOTHER = "another horse battery"


@pytest.fixture
def ada(member):
    return member("ada")


def test_without_scripts_a_token_is_shown_once_has_its_scope_and_is_revoked(guarded_server, ada):
    page = ada.window("/front/account", java_script_enabled=False)
    page.locator("#token-form").get_by_label("What it is for").fill("<b>backup</b>")
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_label("The token").input_value()
    bearer = {"Authorization": f"Bearer {token}"}

    assert httpx.get(f"{guarded_server.base}/api/notes", headers=bearer, verify=False).status_code == 200
    assert (
        httpx.post(f"{guarded_server.base}/api/notes", json={"title": "x"}, headers=bearer, verify=False).status_code
        == 403
    )
    page.goto(f"{guarded_server.base}/front/account")
    assert token not in page.content()
    expect(page.locator("#token-list")).to_contain_text("<b>backup</b>")
    page.get_by_role("button", name="Revoke: <b>backup</b>").click()
    expect(page.get_by_role("heading", name="Revoke the token “<b>backup</b>”?")).to_be_visible()
    assert httpx.get(f"{guarded_server.base}/api/notes", headers=bearer, verify=False).status_code == 200
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Revoke: <b>backup</b>").click()
    page.get_by_role("button", name="Revoke").click()

    expect(page.locator("#tokens")).to_contain_text("None yet.")
    assert httpx.get(f"{guarded_server.base}/api/notes", headers=bearer, verify=False).status_code == 401


def test_an_invitation_can_be_copied_and_revoked(windows, ada):
    page = ada.window("/front/account")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#invitation-form").get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.get_by_label("The link").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == link
    guest = windows()
    assert guest.goto(link).status == 200

    page.locator("#invitation-list").get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()

    expect(page.locator("#invitations")).to_contain_text("No active links.")
    assert guest.goto(link).status == 410


def test_a_new_password_signs_out_the_other_browsers_only(guarded_server, ada):
    page, other = (ada.window(path, own_session=True) for path in ("/front/account", "/front/notes"))
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password").fill(ANOTHER)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#password-current-error")).to_have_text("This is not your current password.")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(ANOTHER)
    page.get_by_role("button", name="Change password").click()

    expect(page.locator("#password [role=status]")).to_contain_text("Your password is changed.")
    expect_signed_out(other)
    expect(page.locator("#signed-out")).to_be_hidden()
    with closing(signed_in(guarded_server, ada.nickname, ANOTHER)) as client:
        assert client.get("/api/me").status_code == 200


def test_this_browser_is_marked_and_the_others_can_be_signed_out(ada):
    page, other = (ada.window(path, own_session=True) for path in ("/front/account", "/front/notes"))
    page.reload()
    expect(page.locator("#sessions .entry[data-current]")).to_contain_text("This browser")
    expect(page.locator("#sessions .entry")).to_have_count(3)  # and the test's own

    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.locator("main")).to_contain_text("2 other browsers have to sign in again.")
    page.locator("main").get_by_role("button", name="Sign out").click()

    expect(page.locator("#sessions .entry")).to_have_count(1)
    expect_signed_out(other)


def test_an_administrator_makes_password_links_for_others_and_for_new_users(windows, guarded_server, root, member):
    person = {"name": "Eve", "email": "eve@example.org", "nickname": "eve"}
    assert root.post("/api/users", json=person).status_code == 201
    page = Member(guarded_server, root, windows).window("/front/account", viewport={"width": 390, "height": 800})
    choices = page.get_by_label("Person").locator("option")
    expect(choices.filter(has_text="root (")).to_have_count(0)
    newcomer = member("newcomer")
    page.get_by_label("Person").select_option(value=str(newcomer.id))  # once the open page has it
    page.get_by_role("button", name="Make a reset link").click()
    links = [page.get_by_label("The link").input_value()]
    expect(choices.filter(has_text=f"{newcomer.nickname} (")).to_have_count(1)
    page.get_by_role("button", name="Make a link for eve").click()
    links.append(page.get_by_label("The link").input_value())

    for link, nickname in zip(links, (newcomer.nickname, "eve"), strict=True):
        guest = windows()
        guest.goto(link)
        expect(guest.get_by_label("Nickname")).to_have_value(nickname)
        guest.get_by_label("Password").fill(ANOTHER)
        guest.keyboard.press("Enter")
        expect(guest.locator(".me-button")).to_have_accessible_name(f"You are {nickname}")


def test_the_account_page_is_accessible_and_fits_a_small_screen(ada):
    page = ada.window("/front/account")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#token-name-error")).to_have_text("This cannot be empty.")
    assert_accessible(page, "#tokens")
    page.locator("#invitation-form").get_by_role("button", name="Make a link").click()
    page.locator("#token-form").get_by_label("What it is for").fill("backup")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#new-token")).to_be_visible()

    assert_accessible(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert_fits(page)
