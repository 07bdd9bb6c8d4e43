"""Rooms: without scripts, with the keyboard alone, with a screen reader, in either text direction."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.board import focused
from tests.browser.rooms import (
    connection_lost,
    edit,
    enter,
    fresh,
    message,
    person,
    room,
    said,
    say,
    sources,
    unsent,
    write,
)
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.test_content import MARKUP
from tests.browser.test_xss import CORPUS

FIELD = "#message-form [name=content]"
HEBREW = "שלום לכולם"


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(enter, windows, shared_server)


# Without scripts.


@pytest.fixture
def plain(windows, shared_server, ada, place):
    page = rooms.be(windows(java_script_enabled=False), shared_server, ada)
    page.goto(f"{shared_server.base}/front/rooms/{place}")
    return page


def test_without_scripts_messages_are_posted_changed_deleted_and_restored_and_only_what_works_is_shown(
    plain, rest, place
):
    words, other = fresh("<b>bold</b>"), fresh("other")
    for control in ("#connection", "#jump", "#shortcuts-button", ".message-hint", ".characters-left"):
        assert plain.locator(control).filter(visible=True).count() == 0, control

    plain.fill(FIELD, f"{words}\nhttps://example.org/")
    plain.get_by_role("button", name="Send").click()
    expect(message(plain, words).locator("a[href='https://example.org/']")).to_be_visible()
    message(plain, words).get_by_role("link", name="Edit").click()
    plain.fill("[name=content]", other)
    plain.get_by_role("button", name="Save").click()
    expect(message(plain, other)).to_contain_text("edited")
    message(plain, other).get_by_role("button", name="Delete").click()
    expect(message(plain, other)).to_have_count(0)
    plain.get_by_role("button", name="Undo").click()

    expect(message(plain, other)).to_have_count(1)
    assert said(rest, place) == [other]


def test_without_scripts_older_messages_are_links_and_the_newest_are_visible(plain, rest, ada, bob, place):
    notes = [say(rest, place, bob, fresh()) for _ in range(51)]
    rest.post(f"/api/rooms/{place}/read", json={"reader_id": ada["id"], "message_id": notes[-1]["id"]})
    plain.reload()
    expect(message(plain, notes[-1]["content"])).to_be_in_viewport()
    assert message(plain, notes[0]["content"]).count() == 0

    plain.get_by_role("link", name="Older messages").click()
    expect(message(plain, notes[0]["content"])).to_be_visible()
    plain.get_by_role("link", name="Newest messages").click()

    expect(message(plain, notes[-1]["content"])).to_be_in_viewport()


# The keyboard alone.


def test_every_action_has_a_key(come, rest, ada, place):
    page = come(ada, place)
    expect(page.locator(FIELD)).to_be_focused()
    words, more = fresh(), fresh("more")

    page.keyboard.type(words)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(message(page, f"{words}\nsecond line")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+a")
    page.keyboard.type(more)
    page.keyboard.press("Enter")
    expect(message(page, more)).to_have_count(1)
    expect(page.locator(FIELD)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    assert focused(page) == message(page, more).get_attribute("id")
    page.keyboard.press("Delete")
    expect(message(page, more)).to_have_count(0)
    expect(page.locator(".toast")).to_be_visible()
    page.keyboard.press("u")
    expect(message(page, more)).to_have_count(1)
    page.keyboard.press("n")

    expect(page.locator(FIELD)).to_be_focused()
    assert said(rest, place) == [more]


def test_the_field_grows_to_eight_lines_and_enter_during_a_composition_sends_nothing(come, rest, ada, place):
    page = come(ada, place)
    heights = []
    for lines in (1, 4, 8, 30):
        page.fill(FIELD, "\n".join("line" for _ in range(lines)))
        heights.append(page.locator(FIELD).evaluate("field => field.offsetHeight"))
    assert heights[0] < heights[1] < heights[2]
    assert heights[2] - heights[3] in range(-1, 2)

    page.fill(FIELD, "か")
    for init in ({"isComposing": True}, {"keyCode": 229}):
        page.locator(FIELD).dispatch_event("keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **init})
    expect(page.locator(FIELD)).to_have_value("か")
    page.press(FIELD, "Enter")

    expect(message(page, "か")).to_have_count(1)
    assert said(rest, place) == ["か"]


# Escaping.


def test_typed_text_never_becomes_markup(come, rest, ada):
    names = [room(rest, one) for one in CORPUS if one.isprintable()]
    rest.post("/api/users", json={"name": CORPUS[0], "email": "a@b.example", "nickname": "names"})
    notes = [say(rest, names[0], ada, text) for text in CORPUS]
    page = come(ada, names[0])

    assert sources(page, notes) == CORPUS
    live = [say(rest, names[0], ada, text) for text in CORPUS]
    assert sources(page, live) == CORPUS
    connection_lost(page)
    write(page, CORPUS[1])
    expect(unsent(page, CORPUS[1])).to_contain_text("Not sent")
    page.context.set_offline(False)
    expect(page.locator("#messages > li", has_text=CORPUS[1])).to_have_count(3)

    expect(page.locator("h1")).to_have_text(CORPUS[0])
    assert page.evaluate("window.__xss") is None
    assert page.locator(f"#log .content :is({MARKUP})").count() == 0


# Text direction and screen sizes.


def test_a_text_has_its_own_direction_and_fits_a_small_screen(come, rest, ada, place):
    bob = person(rest)
    hebrew, long, full = (
        say(rest, place, bob, text) for text in (HEBREW, "x" * 500 + " https://example.org/" + "y" * 300, "word " * 799)
    )
    page = come(ada, place, viewport={"width": 320, "height": 640})
    write(page, fresh())
    expect(page.locator("[data-own]")).to_have_count(1)

    for direction in ("ltr", "rtl"):
        page.evaluate("direction => document.documentElement.dir = direction", direction)
        expect(page.locator(f"#message-{hebrew['id']} .content")).to_have_css("direction", "rtl")
        expect(page.locator(f"#message-{long['id']} .content")).to_have_css("direction", "ltr")
        expect(page.locator(f"#message-{full['id']}")).to_be_visible()
        assert_fits(page)
        assert page.evaluate("(log => log.scrollWidth <= log.clientWidth)(document.querySelector('#log'))")


# Accessibility.


def test_a_conversation_is_accessible(come, rest, ada, place):
    for who, text in ((person(rest), "Good morning https://example.org/"), (ada, HEBREW), (ada, "again")):
        say(rest, place, who, text)
    page = come(ada, place)
    assert_accessible(page)
    page.locator("#here summary").click()
    edit(page, "again").fill("changed")
    assert_accessible(page)
    page.keyboard.press("Escape")
    connection_lost(page)
    write(page, "lost")
    expect(unsent(page, "lost")).to_contain_text("Not sent")
    page.fill(FIELD, "x" * 4001)
    page.press(FIELD, "Enter")
    expect(page.locator("#message-content-error")).to_be_visible()
    expect(page.locator("#offline-hint")).to_be_visible()

    assert_accessible(page)


def test_an_empty_room_a_guests_room_and_a_message_editor_are_accessible(come, rest, ada, place):
    assert_accessible(come(None, place))
    page = come(ada, place)
    assert_accessible(page)
    page.goto(f"{page.url}/messages/{say(rest, place, ada, fresh())['id']}/edit")

    assert_accessible(page)


def test_on_a_phone_touch_targets_are_large_enough(come, rest, ada, place):
    say(rest, place, ada, "mine")
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = come(ada, place, **phone)

    assert_fits_a_thumb(page, "main :is(a, button, summary, textarea):not(.content a)")
    assert_accessible(page)
