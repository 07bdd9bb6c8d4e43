"""Presence on the pages: who is here and who types."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serving
from tests.browser.rooms import be, block_websockets, enter, fresh, message
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit
from tests.support.servers.server_process import wait_for


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server that publishes presence sooner than by default."""
    soon = {"quart_notes.live.presence.PUBLISH_INTERVAL": 0.2, "quart_notes.live.presence.LEAVE_DELAY": 0.4}
    with serving("shared", tmp_path_factory.mktemp("server"), constants=soon) as server:
        yield server


def test_presence_is_shown_and_announced_once(windows, shared_server, hers, bob, place):
    expect(hers.locator(".here-count")).to_have_text("1 here")

    his = enter(windows, shared_server, bob, place)
    expect(hers.locator(".here-count")).to_have_text("2 here")
    expect(hers.locator("#announcer")).to_have_text(f"{bob['nickname']} is here.")
    hers.locator("#here summary").click()
    expect(hers.locator(".here-list")).to_contain_text(bob["name"])
    hers.keyboard.press("Escape")
    expect(hers.locator(".here-list")).to_be_hidden()
    his.close()

    expect(hers.locator(".here-count")).to_have_text("1 here")


def test_a_second_tab_shows_presence_from_the_start(windows, shared_server, hers, place):
    """It shares the first tab's connection, which sends no new presence event."""
    expect(hers.locator(".here-count")).to_have_text("1 here")
    elsewhere = visit(windows(hers.context), shared_server, "/front/users")
    elsewhere.goto(f"{shared_server.base}/front/rooms/1")
    expect(elsewhere.locator(".here-count")).to_have_text("1 here")

    for path in (f"/front/rooms/{place}", "/front/rooms/1"):
        other = windows(hers.context)
        other.route(f"**{path}", _as_if_nobody_were_there)  # its page may be rendered before the first tab is present
        visit(other, shared_server, path)
        expect(other.locator(".here-count")).to_have_text("1 here")


def _as_if_nobody_were_there(route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r"\d+ here", "0 here", answer.text()))


@pytest.fixture
def online(rest, ada, bob):
    """The API's list of who is online for ada; bob and ada have direct messages."""
    said = {"author_id": bob["id"], "recipient_id": ada["id"], "content": "hello"}
    assert rest.post("/api/messages", json=said).status_code == 201
    return lambda: rest.get(f"/api/me/online?person_id={ada['id']}").json()


def test_a_dot_says_who_of_the_conversations_is_online(windows, shared_server, hers, bob, online):
    row = hers.locator("#conversations .room", has_text=bob["nickname"])
    expect(row).to_have_count(1)
    expect(row.locator(".online-dot")).to_be_hidden()

    his = visit(be(windows(), shared_server, bob), shared_server)  # on any page
    expect(row.locator(".online-dot")).to_be_visible()
    expect(row.get_by_role("link")).to_have_accessible_name(re.compile(rf"{bob['nickname']} online"))
    assert_accessible(hers)
    assert online() == [bob["id"]]
    assert "data-online" in hers.context.request.get(f"{shared_server.base}/front/rooms").text()
    hers.context.set_offline(True)
    expect(hers.locator("#connection")).not_to_have_text("Live")
    his.close()
    wait_for(lambda: online() == [], "he has left")
    hers.context.set_offline(False)
    expect(row.locator(".online-dot")).to_be_hidden()


def test_typing_is_shown_to_others_and_ends_with_the_message(windows, shared_server, hers, bob, place):
    his = enter(windows, shared_server, bob, place)
    words = fresh()

    his.locator("#message-content").press_sequentially(words)
    expect(hers.locator("#typing")).to_have_text(f"{bob['nickname']} is typing…")
    expect(his.locator("#typing")).to_have_text("")
    his.keyboard.press("Enter")

    expect(message(hers, words)).to_have_count(1)
    expect(hers.locator("#typing")).to_have_text("")


def test_typing_is_sent_rarely_and_never_for_an_empty_field(hers):
    told = []
    hers.on("request", lambda request: told.append(request.url) if request.url.endswith("/typing") else None)

    hers.locator("#message-content").press_sequentially("   ")
    assert told == []
    with hers.expect_request(re.compile("/typing$")):
        hers.locator("#message-content").press_sequentially("some words that take a while")

    assert len(told) == 1


def test_a_guest_of_the_plain_text_websocket_is_present_and_shown(windows, shared_server, bob):
    from websockets.sync.client import connect

    page = windows()
    block_websockets(page)
    be(page, shared_server, bob)
    page.goto(f"{shared_server.base}/front/rooms/1")
    expect(page.locator("#connection")).to_have_text("Live")
    words = fresh()

    with connect(f"{shared_server.websocket}/ws/42") as guest:
        guest.send(words)
        expect(message(page, words).locator(".author")).to_have_text("Client 42")
        page.locator("#here summary").click()
        expect(page.locator(".here-list")).to_contain_text("Client 42")

    expect(message(page, words)).not_to_have_attribute("data-own", "")
