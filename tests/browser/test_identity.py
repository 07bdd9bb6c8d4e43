"""The user in the bar: chosen, changed and cleared."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.rooms import be, fresh, person
from tests.browser.windows import visit


@pytest.fixture(scope="module")
def people(shared_server):
    with httpx.Client(base_url=shared_server.base, verify=False) as client:
        return [person(client, nickname) for nickname in ("ada", "bob")]


def menu(page: Page):
    return page.locator(".me-button")


def choose(page: Page, name: str) -> None:
    menu(page).click()
    page.locator("#me").get_by_role("button", name=name).click()


def expect_me(page: Page, who) -> None:
    expect(page.locator("html")).to_have_attribute("data-person", str(who["id"]) if who else "")
    expect(menu(page)).to_have_accessible_name(f"You are {who['nickname']}" if who else "Choose who you are")


def test_without_scripts_a_user_is_chosen_changed_and_cleared(windows, shared_server, people):
    ada, bob = people
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes")
    expect_me(page, None)

    choose(page, ada["nickname"])
    expect_me(page, ada)
    assert page.url.endswith("/front/notes")
    page.goto(f"{shared_server.base}/front/messages/{ada['id']}")
    choose(page, bob["nickname"])
    expect_me(page, bob)
    assert page.url.endswith(f"/front/messages/{ada['id']}")
    choose(page, "Use as a guest")

    expect_me(page, None)


def test_tabs_of_different_users_do_not_share_events(windows, shared_server, people, rest):
    """The choice applies to the browser; an open tab keeps its user until it is reloaded."""
    ada, bob = people
    first = windows()
    first.goto(f"{shared_server.base}/front/rooms")
    choose(first, ada["nickname"])
    expect_me(first, ada)
    visit(first, shared_server, "/front/rooms")
    second = windows(first.context)
    second.goto(f"{shared_server.base}/front/rooms")
    choose(second, bob["nickname"])
    expect_me(second, bob)
    visit(second, shared_server, "/front/rooms")

    rest.post("/api/rooms/1/messages", json={"author_id": ada["id"], "content": fresh()})
    expect(second.locator("#rooms-place .badge")).to_be_visible()
    rest.post("/api/rooms", json={"name": "marker"})

    expect(first.locator("#rooms").get_by_role("link", name="marker")).to_have_count(1)
    expect(first.locator("#rooms-place .badge")).to_be_hidden()


def test_clearing_the_user_leaves_their_conversation(windows, shared_server, people, rest):
    ada, bob = people
    room = rest.post("/api/messages", json={"author_id": ada["id"], "recipient_id": bob["id"], "content": "x"}).json()
    page = be(windows(), shared_server, ada)
    page.goto(f"{shared_server.base}/front/rooms/{room['room_id']}")

    choose(page, "Use as a guest")

    expect_me(page, None)
    assert page.url.endswith("/front/rooms")


def test_the_keyboard_opens_the_menu_and_escape_closes_it(windows, shared_server, people):
    page = visit(windows(), shared_server)
    menu(page).focus()

    page.keyboard.press("Enter")
    expect(page.locator("#me")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#me").get_by_role("button", name=people[0]["nickname"])).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#me")).to_be_hidden()
    expect(menu(page)).to_be_focused()
