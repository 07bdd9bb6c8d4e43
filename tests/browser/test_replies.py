"""Replies and reactions in two windows, by pointer, key and touch, and the address of a message."""

from functools import partial

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.rooms import connection_lost, enter, fresh, message, say, unsent, write
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.windows import visit

FIELD = "#message-form [name=content]"
PHONE = {"viewport": {"width": 390, "height": 740}, "has_touch": True, "is_mobile": True}
VISIBLE = """id => {
  const item = document.querySelector(`#message-${id}`).getBoundingClientRect();
  const log = document.querySelector("#log").getBoundingClientRect();
  return item.top >= log.top && item.bottom <= log.bottom;
}"""


@pytest.fixture
def come(windows, shared_server, place):
    """Opens the room as a user, in a new browser context."""
    return partial(enter, windows, shared_server, room_id=place)


def test_a_reply_is_written_by_a_key_and_its_quote_follows_in_every_window(come, rest, ada, bob, place):
    text, answer = fresh("Shall we **meet**"), fresh("reply")
    said = say(rest, place, ada, text)
    hers, his = come(ada), come(bob)
    his.keyboard.press("Escape")
    message(his, "Shall we").focus()

    his.keyboard.press("r")
    expect(his.locator("#replying")).to_have_text(f"Replying to {ada['nickname']}")
    his.keyboard.press("Escape")
    expect(his.locator("#replying")).to_be_hidden()
    message(his, "Shall we").hover()
    message(his, "Shall we").get_by_role("link", name="Reply to this message").click()
    expect(his.locator(FIELD)).to_be_focused()
    his.keyboard.type(answer)
    his.keyboard.press("Enter")

    plain = text.replace("*", "")
    for page in (hers, his):
        quote = message(page, answer).locator(".quote")
        expect(quote).to_have_text(f"In reply to {ada['nickname']} {plain}")
    expect(his.locator("#replying")).to_be_hidden()
    write(his, "no reply")
    expect(message(hers, "no reply").locator(".quote")).to_have_count(0)

    rest.patch(f"/api/messages/{said['id']}", json={"author_id": ada["id"], "content": "*changed* words"})
    expect(message(hers, answer).locator(".quote-text")).to_have_text("changed words")
    message(hers, answer).locator(".quote").click()
    expect(hers.locator(f"#message-{said['id']}")).to_be_focused()
    expect(hers.locator("[data-marked]")).to_have_id(f"message-{said['id']}")
    rest.delete(f"/api/messages/{said['id']}?author_id={ada['id']}")
    for page in (hers, his):
        expect(message(page, answer).locator(".quote")).to_have_text("In reply to Deleted message")
        expect(message(page, answer).locator(".quote")).not_to_have_attribute("href", "")
    rest.post(f"/api/messages/{said['id']}/restore?author_id={ada['id']}")
    expect(message(his, answer).locator(".quote")).to_contain_text("changed words")


def test_a_reply_that_waits_for_the_connection_stays_a_reply(come, rest, shared_server, ada, place):
    said, answer = say(rest, place, ada, fresh("first")), fresh("reply")
    page = come(ada)
    message(page, "first").hover()
    message(page, "first").locator(".reply-link").click()
    connection_lost(page)
    write(page, answer)
    expect(unsent(page, answer).locator(".quote")).to_contain_text("first")

    page.context.set_offline(False)

    expect(message(page, answer).locator(".quote")).to_contain_text("first")
    assert rest.get(f"/api/rooms/{place}/messages").json()[-1]["reply_to"]["id"] == said["id"]


CROWDED = """async ([id, room_id, emojis]) => {
  const { fillReactions } = await import("/static/js/messages/reactions.js");
  const user_ids = Array.from({ length: 100 }, (_, number) => 1e9 + number);
  const reactions = emojis.map((emoji) => ({ emoji, count: 101, user_ids }));
  fillReactions(document.querySelector(`#message-${id}`), { id, room_id, reactions });
}"""


def test_reactions_are_chosen_and_taken_back_in_every_window(come, rest, ada, bob, place):
    said = say(rest, place, ada, fresh())
    hers, his = come(ada), come(bob)
    his.keyboard.press("Escape")
    his.locator(f"#message-{said['id']}").focus()

    his.keyboard.press("+")
    expect(his.locator(".emoji").first).to_be_focused()
    assert_accessible(his)
    his.keyboard.press("ArrowDown")
    his.keyboard.press("ArrowLeft")
    his.keyboard.press("Enter")
    chip = hers.locator(f"#message-{said['id']} .reaction")
    expect(chip).to_have_accessible_name(f"🎉 1: {bob['nickname']}")
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(his.locator(f"#message-{said['id']}")).to_be_focused()
    his.keyboard.press("+")
    his.get_by_label("Any other emoji").fill("no")
    his.keyboard.press("Enter")
    expect(his.locator("#other-emoji-error")).to_have_text("This is not an emoji.")
    his.get_by_label("Any other emoji").fill("👨‍👩‍👧‍👦")
    his.keyboard.press("Enter")
    expect(his.locator("#emoji-picker")).to_be_hidden()
    expect(chip).to_have_count(2)

    chip.first.click()
    for page in (hers, his):
        first = page.locator(f"#message-{said['id']} .reaction").first
        expect(first).to_have_accessible_name(f"🎉 2: {bob['nickname']}, {ada['nickname']}")
        expect(first).to_have_attribute("aria-pressed", "true")
    # An event lists a hundred of those who have reacted: what is said of the viewer stays.
    hers.evaluate(CROWDED, [said["id"], place, ["🎉", "👨‍👩‍👧‍👦"]])
    assert [one.get_attribute("aria-pressed") for one in chip.all()] == ["true", "false"]
    expect(chip.first).to_have_text("🎉 101")
    his.locator(f"#message-{said['id']} .reaction").first.click()
    expect(chip.first).to_have_accessible_name(f"🎉 1: {ada['nickname']}")
    chip.first.click()
    expect(chip).to_have_count(1)

    field = rooms.edit(hers, said["content"])
    his.locator(f"#message-{said['id']} .reaction").first.click()
    expect(chip).to_have_count(0)
    field.fill("edited after all")
    field.press("Enter")
    expect(message(his, "edited after all")).to_have_count(1)


@pytest.fixture(scope="module")
def long_ago(shared_server):
    """A user, their room, a message in it with a hundred and sixty after it, and the last of these, a reply to it."""
    with httpx.Client(base_url=shared_server.base, timeout=20, verify=False) as rest:
        author, place = rooms.person(rest), rooms.room(rest)
        first = say(rest, place, author, fresh("long ago"))
        for number in range(159):
            say(rest, place, author, f"later {number}")
        body = {"author_id": author["id"], "content": fresh("reply"), "reply_to": first["id"]}
        return author, place, first, rooms.created(rest.post(f"/api/rooms/{place}/messages", json=body))


def test_a_quote_leads_to_a_message_that_is_not_on_the_page(windows, shared_server, long_ago):
    author, place, first, reply = long_ago
    page = enter(windows, shared_server, author, place)
    expect(page.locator(f"#message-{first['id']}")).to_have_count(0)

    page.locator(f"#message-{reply['id']} .quote").click()

    expect(page.locator("[data-marked]")).to_have_id(f"message-{first['id']}")
    assert page.evaluate(VISIBLE, first["id"])
    page.get_by_role("button", name="Jump to newest").click()
    expect(page.locator(f"#message-{reply['id']}")).to_be_visible()


def test_without_scripts_the_address_of_a_message_shows_it_with_the_reply(windows, shared_server, long_ago):
    author, place, first, _ = long_ago
    page = rooms.be(windows(java_script_enabled=False), shared_server, author)
    page.goto(f"{shared_server.base}/front/rooms/{place}/{first['id']}")
    expect(page.locator(f"#message-{first['id']} .content")).to_be_in_viewport(ratio=1)

    message(page, "later 30").locator(".reply-link").click()
    expect(message(page, "later 30").locator(".content")).to_be_in_viewport(ratio=1)
    page.fill(FIELD, "by a form")
    page.get_by_role("button", name="Send").click()

    expect(message(page, "by a form").locator(".quote")).to_contain_text("later 30")
    message(page, "by a form").locator(".react-link").click()
    page.get_by_role("button", name="🎉").click()
    expect(message(page, "by a form").locator(".reaction")).to_have_text("🎉 1")


def test_on_a_phone_the_tools_are_behind_one_button(come, rest, ada, bob, place):
    first = say(rest, place, bob, fresh("first"))
    body = {"author_id": ada["id"], "content": fresh("reply"), "reply_to": first["id"]}
    reply = rooms.created(rest.post(f"/api/rooms/{place}/messages", json=body))
    rest.put(f"/api/messages/{reply['id']}/reactions/👍?author_id={bob['id']}")
    page = come(ada, **PHONE)
    for one in (first, reply):
        item = page.locator(f"#message-{one['id']}")
        expect(item.locator(".reply-link")).to_be_hidden()

        item.get_by_role("button", name="More").tap()

        expect(item.locator(".reply-link")).to_be_visible()
        assert_fits_a_thumb(page, "main :is(a, button, summary, textarea):not(.content a)")
        assert_fits(page)
    assert_accessible(page)
    item.locator(".react-link").tap()
    expect(page.locator("#emoji-picker")).to_be_in_viewport(ratio=1)
    assert_fits_a_thumb(page, "#emoji-picker :is(button, input)")


def test_the_table_of_direct_messages_follows_too(windows, shared_server, rest, ada, bob):
    def send(author, recipient, content, **more):
        body = {"author_id": author["id"], "recipient_id": recipient["id"], "content": content, **more}
        return rooms.created(rest.post("/api/messages", json=body))

    first = send(ada, bob, fresh("first"))
    page = visit(rooms.be(windows(), shared_server, ada), shared_server, f"/front/messages/{ada['id']}")
    reply = send(bob, ada, fresh("reply"), reply_to=first["id"])
    row = page.locator(f"#message-{reply['id']}")
    expect(row.locator(".quote")).to_contain_text("first")

    rest.put(f"/api/messages/{reply['id']}/reactions/👍?author_id={bob['id']}")
    rest.delete(f"/api/messages/{first['id']}?author_id={ada['id']}")

    expect(row.locator(".reaction")).to_have_text("👍 1")
    expect(row.locator(".quote")).to_contain_text("Deleted message")
