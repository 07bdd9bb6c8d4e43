"""Completion of names and notes while typing, and notifications in two windows."""

import re
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.rooms import be, enter, fresh, message, person, say, write
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.windows import visit

FIELD = "#message-form [name=content]"
PHONE = {"viewport": {"width": 390, "height": 740}, "has_touch": True, "is_mobile": True}
# Enter of an input method: while it composes a word, and in Safari just after it.
COMPOSING = """field => {
  for (const how of [{isComposing: true}, {keyCode: 229}]) {
    const event = new KeyboardEvent("keydown", {key: "Enter", ...how, bubbles: true, cancelable: true});
    if (!field.dispatchEvent(event)) throw new Error("The page has used the key.");
  }
}"""


BEGIN = """one => one.getBoundingClientRect().left + parseFloat(getComputedStyle(one).paddingLeft)"""


@pytest.fixture
def come(windows, shared_server, place):
    """Opens the room as a user, in a new browser context."""
    return partial(enter, windows, shared_server, room_id=place)


def test_a_name_and_a_note_are_completed_with_the_keyboard(come, rest, ada):
    zoe, other = person(rest, "zoe"), person(rest, "zoey")
    note = rest.post("/api/notes", json={"title": fresh("Quince [jam]")}).json()
    page = come(ada)
    options, field = page.locator(".completion"), page.locator(FIELD)

    page.keyboard.type("me@zoe @zo")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-activedescendant", options.nth(0).get_attribute("id") or "")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.type("e")
    expect(options.nth(1)).to_contain_text(other["nickname"])
    field.evaluate(COMPOSING)
    expect(field).to_have_value("me@zoe @zoe")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(field).to_have_value(f"me@zoe @{other['nickname']} ")
    page.keyboard.type("#quince")
    expect(options).to_have_count(1)
    page.keyboard.press("Tab")
    name = note["title"].replace("[", "\\[").replace("]", "\\]")
    link = f"[{name}]({page.url.partition('/front')[0]}/front/boards/1/notes/{note['id']})"
    expect(field).to_have_value(f"me@zoe @{other['nickname']} {link} ")
    field.evaluate(COMPOSING)
    expect(field).to_have_value(f"me@zoe @{other['nickname']} {link} ")
    page.keyboard.type("@roo")  # the lobby has no owner, a room has one: in open mode everybody
    expect(options).to_contain_text(["room"])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    said = message(page, "me@zoe").locator(".content")
    expect(said.locator("a.mention")).to_have_text(f"@{other['nickname']}")
    expect(said).to_contain_text("@room")
    expect(said.locator("a:not(.mention)").last).to_have_text(note["title"])
    rest.patch(f"/api/me?person_id={other['id']}", json={"nickname": f"{other['nickname']}x"})
    expect(said.locator("a.mention")).to_have_text(f"@{other['nickname']}x")

    # In the editor of a message too: Enter takes the choice, and the next one saves.
    page.keyboard.press("ArrowUp")
    editor = page.locator(".message-editor [name=content]")
    expect(editor).to_be_focused()
    page.keyboard.type(f" @{zoe['nickname']}"[:-1])
    expect(page.locator(".message-editor .completion").first).to_contain_text(zoe["nickname"])
    page.keyboard.press("Enter")
    editor.evaluate(COMPOSING)
    expect(editor).to_have_value(re.compile(f"@{zoe['nickname']} $"))
    page.keyboard.press("Enter")
    expect(said.locator("a.mention")).to_have_text([f"@{other['nickname']}x", f"@{zoe['nickname']}"])


def test_a_name_is_completed_by_touch_and_in_the_text_of_a_note(come, windows, shared_server, rest, ada):
    bob = person(rest, "bobby")
    phone = come(ada, **PHONE)
    phone.locator(FIELD).tap()
    phone.keyboard.type(f"for @{bob['nickname'][:-1]}")
    option = phone.locator(".completion", has_text=bob["nickname"])
    expect(option).to_be_in_viewport()
    option.tap()
    expect(phone.locator(FIELD)).to_have_value(f"for @{bob['nickname']} ")
    expect(phone.locator(FIELD)).to_be_focused()

    page = visit(be(windows(), shared_server, ada), shared_server)
    page.fill("#add-note-form [name=title]", title := fresh("Jam"))
    page.keyboard.type(f" @{bob['nickname'][:-1]}")
    expect(page.locator(".completion")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#add-note-form [name=title]")).to_have_value(f"{title} @{bob['nickname']} ")
    page.focus("#add-note-form [name=description]")
    page.keyboard.type(f"for @{bob['nickname'][:-1]}")
    expect(page.locator(".completion")).to_have_count(1)
    page.keyboard.press("Enter")
    page.click("#add-note-form [type=submit]")
    card = page.locator(".note", has_text=title)
    expect(card.locator("a.mention")).to_have_text(f"@{bob['nickname']}")


@pytest.fixture
def users(ada, bob):
    return ada, bob


def test_notifications_come_live_and_are_read_on_all_screens(come, windows, shared_server, rest, users):
    (ada, bob), place = users, come.keywords["room_id"]
    first = fresh("tea")
    say(rest, place, ada, f"@{bob['nickname']} {first}")
    page = visit(be(windows(), shared_server, bob), shared_server, "/front/inbox")
    board = visit(be(windows(**PHONE), shared_server, bob), shared_server)
    rows = page.locator(".notification")
    expect(rows).to_have_count(1)
    assert_accessible(page)
    assert_fits(board)

    write(come(ada), f"again @{bob['nickname']}")
    expect(rows).to_have_count(2)
    link = rows.first.get_by_role("link")
    expect(link).to_have_accessible_name(re.compile(f"^Unread: {ada['nickname']} mentioned you · room"))
    expect(board.locator("#bell .badge-count")).to_have_text("2")
    expect(board).to_have_title(re.compile(r"^\(2\) "))
    rows.first.get_by_role("button", name="Mark as read").click()
    expect(rows.first.get_by_role("button")).to_be_hidden()
    expect(board.locator("#bell .badge-count")).to_have_text("1")
    page.set_viewport_size({"width": 320, "height": 740})
    begins = [page.locator(f"main {what}").evaluate(BEGIN) for what in ("h1", "#read-all-form button")]
    assert abs(begins[0] - begins[1]) < 2, "on a narrow screen, below the heading"
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#read-all-form")).to_be_hidden()
    expect(board.locator("#bell .badge")).to_be_hidden()
    page.locator(".notification-link", has_text=first).click()
    expect(message(page, first)).to_be_visible()

    page.get_by_role("button", name="Notify me").click()
    page.get_by_role("button", name="Nothing").click()
    expect(page.locator("#levels [value=nothing]")).to_have_attribute("aria-pressed", "true")
    write(come(ada), f"once more @{bob['nickname']}")
    expect(message(page, "once more")).to_be_visible()
    assert rest.get(f"/api/me/notifications?person_id={bob['id']}").json()["unread"] == 0
