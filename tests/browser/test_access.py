"""Setup, invitations, signing in, and sessions that end while a page is open."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.access import PASSWORD, expect_signed_out, fresh, setup_link
from tests.browser.board import add, card
from tests.browser.conftest import serving
from tests.browser.rooms import block_websockets
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit


@pytest.fixture
def link(root):
    """An invitation for one user."""
    return root.post("/api/invitations", json={}).json()["link"]


@pytest.fixture
def ada(member):
    return member("ada")


def test_the_setup_link_makes_an_existing_user_the_administrator_once(windows, tmp_path):
    with serving("own", tmp_path) as server:
        person = {"name": "Ada Lovelace", "email": "ada@example.org", "nickname": "ada"}
        assert httpx.post(f"{server.base}/api/users", json=person, verify=False).status_code == 201
        server.stop()
        server.flags = ("--access", "accounts")
        page = windows()
        page.goto(setup_link(server.start()))

        expect(page.get_by_label("Nickname")).to_be_visible()
        page.get_by_label("Who are you?").select_option(label="ada (Ada Lovelace)")
        expect(page.get_by_label("Nickname")).to_be_hidden()
        page.fill("[name=password]", "short")
        page.click("[type=submit]")
        expect(page.locator("#join-password-error")).to_have_text("must have at least 8 characters")
        expect(page.get_by_label("Who are you?")).to_have_value("1")
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")

        expect(page).to_have_url(f"{server.base}/front/notes")
        expect(page.locator(".me-button")).to_have_accessible_name("You are ada")
        page.goto(setup_link(server))
        expect(page.locator("h1")).to_have_text("Gone")
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_an_invitation_registers_a_user_once(windows, guarded_server, link):
    page = windows(java_script_enabled=False)  # with scripts: in test_board_links.py
    page.goto(link)
    nickname = fresh("bob")
    for name, value in (("name", "Bob"), ("email", "nonsense"), ("nickname", "root"), ("password", PASSWORD)):
        page.fill(f"[name={name}]", value)
    page.click("[type=submit]")
    expect(page.locator("#join-email-error")).not_to_be_empty()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Bob")
    page.fill("[name=email]", "bob@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    expect(page.locator("#join-nickname-error")).not_to_be_empty()
    page.fill("[name=nickname]", nickname)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")

    expect(page).to_have_url(f"{guarded_server.base}/front/notes")
    expect(page.locator(".me-button")).to_have_accessible_name(f"You are {nickname}")
    assert page.goto(link).status == 410


def test_a_wrong_password_is_refused_and_the_right_one_redirects_to_the_requested_page(windows, guarded_server, ada):
    page = windows(java_script_enabled=False)
    page.goto(f"{guarded_server.base}/front/rooms/1")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Nickname").fill(ada.nickname)
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")

    expect(page.locator(".form-error")).to_have_text("Wrong nickname or password.")
    expect(page.get_by_label("Nickname")).to_have_value(ada.nickname)
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{guarded_server.base}/front/rooms/1")
    expect(page.locator(".me-button")).to_have_accessible_name(f"You are {ada.nickname}")


def test_too_many_attempts_show_the_time_to_wait(windows, guarded_server):
    nobody = {"nickname": fresh("nobody"), "password": "x"}
    for _ in range(10):
        assert httpx.post(f"{guarded_server.base}/front/sign-in", data=nobody, verify=False).status_code == 401
    page = windows()
    page.goto(f"{guarded_server.base}/front/sign-in")
    page.fill("[name=nickname]", nobody["nickname"])
    page.fill("[name=password]", "x")
    page.click("[type=submit]")

    expect(page.locator(".form-error")).to_have_text(re.compile(r"try again in \d+ s"))


def test_forms_have_autocomplete_attributes_and_are_accessible(windows, guarded_server, root, link, ada):
    def fields(html, form="main"):
        shown = html.partition(f'id="{form}"')[2].partition("</form>")[0]
        attributes = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input [^>]*>", shown)]
        return [(one["type"], one["autocomplete"]) for one in attributes if one["type"] != "hidden"]

    page = windows()
    page.goto(f"{guarded_server.base}/front/sign-in")
    assert fields(page.content()) == [("text", "username"), ("password", "current-password")]
    page.click("[type=submit]")
    assert_accessible(page)
    page.goto(link)
    assert fields(page.content()) == [
        *(("text", "name"), ("email", "email"), ("text", "username")),
        ("password", "new-password"),
    ]
    page.click("[type=submit]")
    assert_accessible(page)
    claim = httpx.get(root.post("/api/invitations", json={"user_id": ada.id}).json()["link"], verify=False).text
    assert fields(claim) == [("text", "username"), ("password", "new-password")]
    assert f'value="{ada.nickname}"' in claim
    account = ada.rest.get("/front/account", headers={"Accept": "text/html"}).text
    assert [kind for _, kind in fields(account, "password-form")] == ["username", "current-password", "new-password"]


def test_the_bar_shows_the_signed_in_user_and_signs_out(guarded_server, ada):
    page = ada.window("/front/users")
    expect(page.locator("#add-user-form, .be-button")).to_have_count(0)
    page.click(".me-button")
    expect(page.locator("#me")).to_contain_text("Signed in as")
    page.locator("#me").get_by_role("link", name="Account").click()
    expect(page.locator("h1")).to_have_text(ada.nickname)
    page.click(".me-button")
    page.locator("#me").get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{guarded_server.base}/front/notes?q=milk")
    expect(page.locator("[name=next]")).to_have_value("/front/notes?q=milk")


def test_a_session_that_ends_during_writing_loses_nothing(guarded_server, ada):
    """The pages, one of each transport, retry only a few times; signing in in another tab makes them live again."""
    page, streamed = pages = [ada.window(own_session=True) for _ in range(2)]
    block_websockets(streamed)
    asked: list[list[str]] = [[], []]
    for one, urls in zip(pages, asked, strict=True):
        visit(one, guarded_server)
        one.on("request", lambda request, urls=urls: urls.append(request.url))
        one.on("websocket", lambda socket, urls=urls: urls.append(socket.url))
        one.fill("#add-note-form [name=title]", fresh("typed "))

    for session in ada.rest.get("/api/me/sessions").json():
        if not session["current"]:
            ada.rest.delete(f"/api/me/sessions/{session['id']}")

    for one in pages:
        expect_signed_out(one)
    page.wait_for_timeout(1500)
    assert max(map(len, asked)) < 10, asked
    page.click("#add-note-form [type=submit]")
    expect(page.locator("#add-note-form .form-error")).to_contain_text("Sign in first")

    for one in pages:
        other = one.context.new_page()
        other.goto(f"{guarded_server.base}/front/sign-in")
        other.fill("[name=nickname]", ada.nickname)
        other.fill("[name=password]", PASSWORD)
        other.click("[type=submit]")
        typed = one.locator("#add-note-form [name=title]").input_value()
        expect(other.locator("#add-note-form [name=title]")).to_have_value(typed)
        one.evaluate("dispatchEvent(new Event('focus'))")
        expect(one.locator("#signed-out")).to_be_hidden()
        expect(one.locator("#connection")).to_have_text("Live")
        one.click("#add-note-form [type=submit]")
        for shown in (one, other):
            expect(card(shown, typed)).to_be_visible()


def test_signing_in_again_returns_to_the_page_with_the_typed_text(guarded_server, ada):
    page = ada.window("/front/rooms/1")
    page.fill("#message-form [name=content]", "typed")
    page.context.clear_cookies()
    page.press("#message-form [name=content]", "Enter")
    expect(page.locator("#signed-out")).to_be_visible()
    page.locator("#signed-out").get_by_role("link", name="Sign in again").click()
    page.fill("[name=nickname]", ada.nickname)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")

    expect(page).to_have_url(f"{guarded_server.base}/front/rooms/1")
    expect(page.locator("#messages > li", has_text="typed")).to_have_count(1)


def test_the_back_button_shows_nothing_after_signing_out(guarded_server, ada, root):
    page = ada.window("/front/account")
    visit(page, guarded_server)
    add(page, "a secret plan")
    expect(page.locator(".note", has_text="a secret plan")).to_be_visible()
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[action$=\"/sign-out\"]').requestSubmit()")
    expect(page).to_have_url(re.compile("/front/sign-in"))

    page.go_back()

    expect(page).to_have_url(re.compile("/front/sign-in"))
    expect(page.get_by_text("a secret plan")).to_have_count(0)


def test_another_user_of_the_same_browser_finds_no_drafts(guarded_server, ada, root):
    page = ada.window("/front/notes")
    page.fill("#add-note-form [name=title]", "a secret")
    page.context.request.post(f"{guarded_server.base}/front/sign-out")
    form = {"nickname": "root", "password": PASSWORD}
    page.context.request.post(f"{guarded_server.base}/front/sign-in", form=form)
    expect(page.locator("#signed-out")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#signed-out")).to_contain_text("Somebody else is signed in")

    visit(page, guarded_server)

    expect(page.locator("#add-note-form [name=title]")).to_have_value("")


def test_without_scripts_a_form_without_a_session_explains_what_to_do(guarded_server, ada):
    page = ada.window("/front/notes", java_script_enabled=False)
    page.context.clear_cookies()
    add(page, "too late")

    expect(page.locator("h1")).to_have_text("Unauthorized")
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_be_visible()
    expect(page.get_by_label("What you typed")).to_have_value("too late")
