"""The feed's transports and states in the page."""

import re

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.board import add, card, card_of, create, edit, fresh
from tests.browser.rooms import be, enter, message, person, say
from tests.browser.windows import NOWHERE, is_stream, visit
from tests.support.servers.server_process import wait_for

FREEZE = """path => setTimeout(() => {
  const request = new XMLHttpRequest();
  request.open("GET", path, false);
  request.send();
})"""


def connections(page):
    """The open websockets of the page, as a list that is updated."""
    open_now = []

    def opened(socket):
        open_now.append(socket)
        socket.on("close", lambda _: open_now.remove(socket))

    page.on("websocket", opened)
    return open_now


def test_offline_is_shown_an_unsent_note_stays_in_the_form_and_missed_events_arrive(windows, shared_server, rest):
    page = visit(windows(), shared_server)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text("Offline")
    title = fresh("typed while offline")

    add(page, title)
    expect(page.locator("#add-note-form .form-error")).to_contain_text("no connection")
    expect(page.locator("#add-note-form [name=title]")).to_have_value(title)
    missed = [create(rest, fresh()) for _ in range(3)]
    rest.delete(f"/api/notes/{missed[0]['id']}")
    page.context.set_offline(False)

    expect(page.locator("#connection")).to_have_text("Live")
    expect(card_of(page, missed[2])).to_have_count(1)
    expect(card_of(page, missed[1])).to_have_count(1)
    expect(card_of(page, missed[0])).to_have_count(0)
    expect(page.locator("#add-note-form [name=title]")).to_have_value(title)
    page.click("#add-note-form [type=submit]")
    expect(card(page, title)).to_have_count(1)


def test_a_note_whose_response_is_lost_is_added_once(windows, shared_server):
    page = visit(windows(), shared_server)
    title = fresh()

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/api/notes", lose, times=1)
    add(page, title)
    error = page.locator("#add-note-form .form-error")
    expect(error).to_have_text("No answer from the server. You can safely try again.")
    expect(card(page, title)).to_have_count(1)
    page.reload()  # the form still has the text and its key
    expect(page.locator("#add-note-form [name=title]")).to_have_value(title)
    page.click("#add-note-form [type=submit]")

    expect(page.locator("#add-note-form [name=title]")).to_have_value("")
    expect(card(page, title)).to_have_count(1)
    add(page, title)  # and a second note with the same text is added
    expect(card(page, title)).to_have_count(2)


def test_the_page_reconnects_after_a_server_restart_and_misses_nothing(windows, server):
    page = visit(windows(), server)
    add(page, "before")
    expect(card(page, "before")).to_have_count(1)
    editor = edit(page, card(page, "before"))
    editor.locator("[name=description]").fill("typed through a restart")

    server.stop()
    expect(page.locator("#connection")).to_have_text("Reconnecting…")
    server.start()

    expect(page.locator("#connection")).to_have_text("Live")
    editor.locator(".save-button").click()
    expect(card(page, "before").locator("span")).to_have_text("typed through a restart")


def test_another_database_resets_every_page_and_keeps_typed_text(windows, server):
    with httpx.Client(base_url=server.base, verify=False) as rest:
        old = person(rest, "old")
        gone = say(rest, 1, old, fresh("gone"))["content"]
        for title in ("gone one", "gone two", "kept in an editor"):
            create(rest, title)
    board, talk = visit(windows(), server), enter(windows, server, old, 1)
    users = visit(be(windows(), server, old), server, "/front/users")
    expect(users.locator("#users > li", has_text=old["nickname"])).to_have_count(1)
    users.fill("#add-user-form [name=name]", "typed")
    expect(message(talk, gone)).to_have_count(1)
    talk.fill("#message-content", "typed")
    edit(board, card(board, "kept in an editor")).locator("[name=description]").fill("typed")
    board.fill("#add-note-form [name=title]", "a draft")

    server.stop()
    server.forget()
    server.start()
    for page in (board, users, talk):
        expect(page.locator("#connection")).to_have_text("Live")
    with httpx.Client(base_url=server.base, verify=False) as rest:
        new = person(rest, "new")
        say(rest, 1, new, "again")

    expect(card(board, "gone one")).to_have_count(0)
    expect(card(board, "gone two")).to_have_count(0)
    expect(board.locator(".editor .elsewhere")).to_contain_text("This note was deleted.")
    expect(board.locator(".editor [name=description]")).to_have_value("typed")
    board.click("#add-note-form [type=submit]")
    expect(card(board, "a draft")).to_have_count(1)
    expect(users.locator("#users > li", has_text=new["nickname"])).to_have_count(1)
    expect(users.locator("#users > li", has_text=old["nickname"])).to_have_count(0)
    expect(users.locator("#add-user-form [name=name]")).to_have_value("typed")
    expect(message(talk, "again")).to_have_count(1)
    expect(message(talk, gone)).to_have_count(0)
    expect(talk.locator("#message-content")).to_have_value("typed")


def close_at_once(page):
    page.route_web_socket(re.compile("/ws"), lambda socket: socket.close(code=1011))


def never_open(page):
    page.add_init_script("window.WebSocket = class { close() {} }")


# And where they cannot be made at all: in test_conversation.py, among others.
@pytest.mark.parametrize("block", [close_at_once, never_open])
def test_the_event_stream_is_used_where_websockets_are_blocked(windows, shared_server, rest, block):
    page = windows()
    block(page)

    with page.expect_request(is_stream):
        visit(page, shared_server)
    note = create(rest, fresh())

    expect(card_of(page, note)).to_have_count(1)


def test_a_silent_websocket_is_replaced_by_the_event_stream(windows, shared_server, rest):
    page = windows()
    page.route_web_socket(re.compile("/ws"), lambda _: None)
    visit(page, shared_server)
    title = fresh()

    with page.expect_request(is_stream):
        add(page, title)

    expect(card(page, title)).to_have_count(1)
    note = create(rest, fresh())
    expect(card_of(page, note)).to_have_count(1)


def test_two_tabs_share_one_connection_and_both_get_every_event(windows, shared_server, rest):
    first = windows()
    lines = connections(first)
    visit(first, shared_server)
    second = windows(first.context)
    more = connections(second)
    late = {}

    def between(route):
        late.update(create(rest, fresh("between its page and its subscription")))
        route.continue_()

    second.route("**/js/bundles/board.js", between)
    visit(second, shared_server)

    expect(card_of(second, late)).to_have_count(1)
    note = create(rest, fresh())
    for page in (first, second):
        expect(card_of(page, note)).to_have_count(1)
    assert (len(lines), len(more)) == (1, 0)


def test_a_frozen_leading_tab_is_replaced(windows, shared_server, rest):
    first = visit(windows(), shared_server)
    second = visit(windows(first.context), shared_server)
    lines = connections(second)
    held: list[Route] = []

    # A frozen tab: it holds the lock and does not respond. The page waits for a response, without any event until then.
    first.route(f"**{NOWHERE}?freeze", lambda route: held.extend([route]))
    first.evaluate(FREEZE, f"{NOWHERE}?freeze")
    wait_for(lambda: second.evaluate("1") and held and lines, "the other tab connects")
    note = create(rest, fresh())
    expect(card_of(second, note)).to_have_count(1)
    held[0].fulfill(body="")

    expect(card_of(first, note)).to_have_count(1)


def test_a_page_from_the_back_forward_cache_is_live_and_current(windows, shared_server, rest):
    page = visit(windows(), shared_server)
    page.goto(f"{shared_server.base}/api/version")
    note = create(rest, fresh())

    page.go_back()

    expect(page.locator("#connection")).to_have_text("Live")
    expect(card_of(page, note)).to_have_count(1)
