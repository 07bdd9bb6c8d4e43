"""Guests: on a new server anybody writes in the lobby at once, and chooses a user later."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browser.rooms import fresh, message, person, room, say, unsent, write
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit

LOBBY = "/front/rooms/1"
FIELD = "#message-content"
GUEST = re.compile(r"Guest [1-9]\d{3}")


def author(page: Page, words: str) -> str:
    return message(page, words).locator(".author").text_content() or ""


def test_a_guest_writes_at_once_and_keeps_the_name(windows, shared_server):
    here, there = visit(windows(), shared_server, LOBBY), visit(windows(), shared_server, LOBBY)
    expect(here.locator(".who")).to_contain_text("You talk as a guest")
    assert_accessible(here, "main")
    first, second, third = (fresh() for _ in range(3))

    write(here, first)
    expect(message(there, first)).to_have_count(1)
    expect(message(here, first)).to_have_count(1)
    expect(here.locator(FIELD)).to_have_value("")
    here.keyboard.type(second)
    here.keyboard.press("Shift+Enter")
    here.keyboard.type("and a line")
    here.keyboard.press("Enter")
    expect(message(there, f"{second}\nand a line")).to_have_count(1)
    write(there, third)
    expect(message(here, third)).to_have_count(1)

    name = author(here, first)
    assert GUEST.fullmatch(name)
    assert author(here, second) == name != author(here, third)
    here.reload()
    expect(here.locator(".who")).to_contain_text(f"You talk as {name}")
    assert_accessible(here)


def test_an_unsent_message_of_a_guest_is_stored_and_sent_once(windows, shared_server):
    page, there = visit(windows(), shared_server, LOBBY), visit(windows(), shared_server, LOBBY)
    words = fresh()
    page.route("**/messages", lambda route: (route.fetch(max_redirects=0), route.abort()), times=1)

    write(page, words)  # it arrives, and its response is lost
    expect(page.locator(".toast")).to_contain_text("Not sent")
    expect(page.locator(FIELD)).to_have_value(words)
    expect(message(there, words)).to_have_count(1)
    page.press(FIELD, "Enter")
    expect(page.locator(FIELD)).to_have_value("")
    after = fresh()
    write(page, after)

    expect(message(there, after)).to_have_count(1)
    expect(message(there, words)).to_have_count(1)


def test_a_guest_chooses_a_user_later_without_scripts_too(windows, shared_server, rest):
    ada = person(rest, "ada")
    page = windows(java_script_enabled=False)
    page.goto(shared_server.base + LOBBY)
    before, after = fresh(), fresh()

    page.fill(FIELD, before)
    page.click("#message-form [type=submit]")
    expect(message(page, before)).to_have_count(1)
    page.select_option("#who", str(ada["id"]))
    page.click("#who-form [type=submit]")
    expect(page.locator(".who")).to_have_count(0)
    page.fill(FIELD, after)
    page.click("#message-form [type=submit]")
    expect(message(page, after)).to_have_count(1)

    assert GUEST.fullmatch(author(page, before))
    assert author(page, after) == ada["nickname"]
    assert message(page, before).locator(".edit-link").filter(visible=True).count() == 0


def test_a_new_user_can_be_chosen_at_once_and_reading_requires_none(windows, server):
    lobby = visit(windows(), server, LOBBY)
    with httpx.Client(base_url=server.base, verify=False) as rest:
        elsewhere = visit(windows(), server, f"/front/rooms/{(place := room(rest))}")
        expect(lobby.locator("#who-form")).to_be_hidden()
        expect(elsewhere.locator(".who")).to_contain_text("Nobody has been added yet.")
        ada, bob = person(rest, "ada"), person(rest, "bob")
        say(rest, place, ada, words := fresh())
        expect(message(elsewhere, words)).to_have_count(1)  # a browser without a user can read
        assert unsent(elsewhere, words).count() == 0

    for page in (lobby, elsewhere):
        expect(page.get_by_label("Who are you?").locator("option")).to_have_count(2)
        expect(page.locator(".nobody-yet:visible")).to_have_count(0)
        page.get_by_label("Who are you?").select_option(label=f"{bob['nickname']} ({bob['name']})")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".me-button")).to_have_accessible_name(f"You are {bob['nickname']}")
    expect(elsewhere.locator("#message-form")).to_be_visible()
    assert elsewhere.url.endswith(f"/front/rooms/{place}")
