"""What a message of an open room costs its page: what nobody sees is not drawn, and nothing else is lost by that."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.rooms import enter, fresh, message, person, room, say

BOXES = """message => [...message.querySelectorAll(".message-tools *")].filter(part => part.checkVisibility())
  .map(part => [part.localName, part.getBoundingClientRect().toJSON()])"""

WIDTH = "element => element.getBoundingClientRect().width"


@pytest.fixture
def conversation(windows, shared_server, rest):
    """A room that somebody looks at, with two messages of another user that are read already, and that user."""
    ada, bob = person(rest), person(rest)
    place = room(rest)
    _, last = (say(rest, place, ada, f"message {number}") for number in (1, 2))
    rest.post(f"/api/rooms/{place}/read", json={"reader_id": bob["id"], "message_id": last["id"]}).raise_for_status()
    return enter(windows, shared_server, bob, place), place, ada


def test_the_icons_of_tools_appear_with_the_pointer_or_the_focus_and_move_nothing(conversation):
    page, _, _ = conversation
    one = message(page, "message 2")
    page.mouse.move(1, 1)
    hidden = one.evaluate(BOXES)
    one.hover()
    shown = one.evaluate(BOXES)
    assert [part for part, _ in hidden] != [part for part, _ in shown]
    assert "svg" not in dict(hidden)
    assert dict(shown)["svg"]["width"] > 0
    assert [part for part in shown if part[0] in ("a", "button", "form")] == [
        part for part in hidden if part[0] in ("a", "button", "form")
    ]
    page.mouse.move(1, 1)
    expect(one.locator(".reply-link svg")).to_be_hidden()
    one.locator(".reply-link").focus()
    expect(one.locator(".reply-link svg")).to_be_visible()


def test_the_author_of_a_further_message_is_read_out_but_not_shown(conversation):
    page, _, ada = conversation
    first, second = (message(page, f"message {number}").locator(".author") for number in (1, 2))
    assert first.evaluate(WIDTH) > 10
    assert second.evaluate(WIDTH) <= 1
    assert ada["nickname"] in page.locator("#messages").aria_snapshot().split("message 1")[1]


def test_counts_are_published_only_when_they_change(conversation, rest):
    page, place, ada = conversation
    page.evaluate("() => { window.heard = []; document.addEventListener('unread', e => heard.push([...e.detail])) }")
    with page.expect_response("**/read") as read:
        say(rest, place, ada, fresh())
    assert read.value.ok
    elsewhere = room(rest)
    say(rest, elsewhere, ada, fresh())
    page.wait_for_function("id => heard.at(-1)?.some(([room, count]) => room === id && count)", arg=elsewhere)
    published = [{}, *({at: count for at, count in counts if count} for counts in page.evaluate("heard"))]
    assert all(before != after for before, after in pairwise(published))
