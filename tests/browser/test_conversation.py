"""Conversations: messages are posted, changed and deleted in all windows, once and at once."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.rooms import block_websockets, edit, enter, fresh, message, say, unsent, write
from tests.browser.windows import is_stream, visit


@pytest.fixture
def his(windows, shared_server, bob, place):
    page = rooms.be(windows(), shared_server, bob)
    block_websockets(page)
    with page.expect_request(is_stream):
        return visit(page, shared_server, f"/front/rooms/{place}")


def test_two_users_on_different_transports_see_each_others_messages_and_changes(hers, his, ada):
    there, back = fresh("there"), fresh("back")

    write(hers, there)
    expect(message(his, there)).to_have_count(1)
    write(his, back)

    for page in (hers, his):
        expect(message(page, back)).to_have_count(1)
        expect(message(page, there)).to_have_count(1)
        expect(page.locator("#outbox > li")).to_have_count(0)
    expect(message(his, there).locator(".author")).to_have_text(ada["nickname"])
    expect(message(hers, there)).to_have_attribute("data-own", "")
    for tool in (".edit-link", ".delete-button"):
        expect(message(his, there).locator(tool)).to_be_hidden()  # he cannot change her message
    expect(hers.locator("#message-content")).to_have_value("")

    # A change, a deletion and its undo are shown to both.
    after = fresh("after")
    edit(hers, there).fill(after)
    hers.keyboard.press("Enter")
    expect(message(his, after).locator(".edited")).to_be_visible()
    expect(message(hers, after)).to_have_count(1)
    message(hers, after).hover()
    message(hers, after).locator(".delete-button").click()
    expect(message(his, after)).to_have_count(0)
    hers.get_by_role("button", name="Undo").click()

    for page in (hers, his):
        expect(message(page, after)).to_have_count(1)


def test_a_conflicting_edit_in_another_tab_is_shown_before_it_is_overwritten(hers, rest, ada, place):
    note = say(rest, place, ada, fresh("before"))
    field = edit(hers, note["content"])
    field.fill("mine")
    rest.patch(f"/api/messages/{note['id']}", json={"author_id": ada["id"], "content": "elsewhere"})

    field.press("Enter")
    expect(hers.locator(".editor-state")).to_contain_text("somewhere else")
    field.press("Enter")

    expect(hers.locator(".message-editor")).to_have_count(0)
    assert rest.get(f"/api/messages/{note['id']}").json()["content"] == "mine"


def test_a_cancelled_edit_can_be_restored(hers, ada, rest, place):
    note = say(rest, place, ada, fresh("before"))
    edit(hers, note["content"]).fill("nearly")
    hers.keyboard.press("Escape")
    expect(hers.locator(".message-editor")).to_have_count(0)

    hers.get_by_role("button", name="Restore").click()

    expect(hers.locator(".message-editor [name=content]")).to_have_value("nearly")


def test_a_repeated_event_changes_nothing(windows, shared_server, ada, place):
    page = rooms.be(windows(), shared_server, ada)
    page.route_web_socket(re.compile("/ws"), _doubling)
    visit(page, shared_server, f"/front/rooms/{place}")
    words, last = fresh(), fresh("last")

    write(page, words)
    write(page, last)
    expect(message(page, last)).to_have_count(1)

    assert message(page, words).count() == 1


def _doubling(socket):
    server = socket.connect_to_server()

    def twice(text):
        socket.send(text)
        socket.send(text.replace('"id":"', '"id":"z', 1))  # as if another leader sent it again

    server.on_message(twice)


def test_messages_are_grouped_by_author_and_day_with_times_in_the_viewers_zone(  # noqa: PLR0917
    windows, shared_server, rest, ada, bob, place
):
    first, second, note = (say(rest, place, who, fresh()) for who in (ada, bob, bob))
    page = rooms.be(windows(timezone_id="Asia/Kolkata", locale="en-GB"), shared_server, ada)
    visit(page, shared_server, f"/front/rooms/{place}")
    local = page.evaluate(
        "date => new Intl.DateTimeFormat('en', {timeStyle: 'short', timeZone: 'Asia/Kolkata'}).format(new Date(date))",
        note["date"],
    )

    time = message(page, note["content"]).locator(".message-head time")
    heads = [message(page, one["content"]).get_attribute("data-head") for one in (first, second, note)]
    assert heads == ["", "", None]
    expect(message(page, first["content"]).locator(".day")).to_have_text("Today")
    expect(message(page, second["content"]).locator(".day")).to_be_hidden()

    expect(time).to_have_text(local)
    expect(time).to_have_attribute("datetime", note["date"][:23] + "Z")


def test_only_urls_become_links(hers):
    write(hers, "see https://example.org/a_(b)?c=1&d=%22#e, or (http://localhost:1/x). javascript:alert(1) no.example")

    links = message(hers, "or (http").locator(".content a")
    expect(links).to_have_count(2)
    assert links.evaluate_all("links => links.map(({href, rel, target}) => [href, rel, target])") == [
        ["https://example.org/a_(b)?c=1&d=%22#e", "noopener noreferrer nofollow", "_blank"],
        ["http://localhost:1/x", "noopener noreferrer nofollow", "_blank"],
    ]
    assert unsent(hers, "or (http").count() == 0


def test_a_direct_conversation_is_a_room_of_two(windows, shared_server, rest, ada, bob):
    sent = rest.post(
        "/api/messages", json={"author_id": bob["id"], "recipient_id": ada["id"], "content": fresh("psst")}
    )
    place = sent.json()["room_id"]
    hers, his = (enter(windows, shared_server, who, place) for who in (ada, bob))
    words = fresh()

    write(hers, words)

    for page in (hers, his):
        expect(message(page, words)).to_have_count(1)
        expect(page.locator("#outbox > li")).to_have_count(0)
    expect(hers.locator("h1")).to_have_text(bob["nickname"])
