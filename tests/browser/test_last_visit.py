"""On coming back to a board: what is new, and marks on those cards until they were seen."""

import re

from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.rooms import be
from tests.browser.windows import NOWHERE, visit
from tests.support.servers.server_process import ServerProcess

SEEN = re.compile("/api/me/preferences/boards_seen")


def _leave(page: Page, server: ServerProcess) -> None:
    """Visit the board, and leave it when the visit is stored."""
    with page.expect_response(SEEN):
        visit(page, server)
    page.goto(server.base + NOWHERE)


def test_what_others_did_is_counted_and_marked_until_it_was_in_sight(windows, rest, shared_server, ada):
    old, same = create(rest, fresh()), create(rest, fresh())
    page = be(windows(), shared_server, ada)
    _leave(page, shared_server)
    new = create(rest, fresh())
    rest.patch(f"/api/notes/{old['id']}", json={"done": True})

    with page.expect_response(SEEN):  # once the cards were in sight for a moment
        visit(page, shared_server)
        expect(page.locator("#since")).to_contain_text("Since you were here: 1 new, 1 done")
        for note in (new, old):
            expect(card_of(page, note).locator(".note-news")).to_be_visible()
        expect(card_of(page, same).locator(".note-news")).to_be_hidden()

    visit(page, shared_server)
    expect(page.locator("#since")).to_be_hidden()
    expect(page.locator("[data-unseen]")).to_have_count(0)


def test_what_is_out_of_sight_stays_marked_until_it_is_marked_as_seen_in_any_window(windows, rest, shared_server, ada):
    old = create(rest, fresh())
    for _ in range(12):
        create(rest, fresh(), "line\n" * 9)
    page = be(windows(viewport={"width": 600, "height": 400}), shared_server, ada)
    _leave(page, shared_server)
    rest.patch(f"/api/notes/{old['id']}", json={"done": True})
    there = visit(windows(context=page.context), shared_server)
    visit(page, shared_server)
    for window in (page, there):
        expect(card_of(window, old).locator(".note-news")).to_be_visible()

    page.get_by_role("button", name="Mark as seen").click()

    for window in (page, there):
        expect(window.locator("#since")).to_be_hidden()
        expect(window.locator("[data-unseen]")).to_have_count(0)
