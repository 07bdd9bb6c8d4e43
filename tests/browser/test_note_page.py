"""The page of one note: an address that can be copied, opened and sent."""

import pytest
from playwright.sync_api import expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.windows import visit

TEXT = "\n".join(f"- [ ] task {number}" for number in range(1, 41))


def _path(note, board: int = 1) -> str:
    return f"/front/notes/{note['id']}" if board == 1 else f"/front/boards/{board}/notes/{note['id']}"


def test_the_link_of_a_card_is_copied_and_opens_the_whole_note(windows, rest, shared_server):
    note = create(rest, fresh(), TEXT)
    page = visit(windows(permissions=["clipboard-read", "clipboard-write"]), shared_server)
    card_of(page, note).hover()
    card_of(page, note).get_by_role("link", name="Copy link").click()
    expect(page.locator("#toasts")).to_contain_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == shared_server.base + _path(note)

    page.goto(link)

    card = card_of(page, note)
    expect(page).to_have_title(f"{note['title']} · Quart Notes")
    assert card.locator(".content").evaluate("text => text.scrollHeight <= text.clientHeight + 1")
    expect(card.locator(".more-button")).to_be_hidden()
    assert page.locator(".note").count() == 1
    page.get_by_role("link", name="Everybody's board").click()
    expect(page).to_have_url(f"{shared_server.base}/front/notes#note-{note['id']}")


def test_everything_can_be_done_there_and_is_live(windows, rest, shared_server):
    note, other = create(rest, fresh(), "- [ ] milk"), fresh()
    here, there = (visit(windows(), shared_server, _path(note)) for _ in range(2))
    card, mirror = card_of(here, note), card_of(there, note)

    card.get_by_role("checkbox", name="milk").click()
    expect(mirror.get_by_role("checkbox", name="milk")).to_be_checked()
    card.locator(".done-box").click()
    expect(mirror.locator(".done-box")).to_be_checked()
    card.get_by_role("button", name="Pin:").click()
    expect(mirror.locator(".pin-button")).to_have_attribute("aria-pressed", "true")
    form = edit(here, card)
    form.locator("[name=description]").fill("**new**")
    form.get_by_role("button", name="Save").click()
    expect(mirror.locator(".content strong")).to_have_text("new")
    create(rest, other)
    rest.patch(f"/api/notes/{note['id']}", json={"title": other})
    expect(mirror.locator(".title")).to_have_text(other)
    assert here.locator(".note").count() == 1

    card.locator(".delete-button").click()
    for page in (here, there):
        expect(page.locator("#note-gone")).to_be_visible()
        expect(page.locator(".note")).to_have_count(0)
    here.get_by_role("button", name="Undo").last.click()
    for page in (here, there):
        expect(card_of(page, note).locator(".title")).to_have_text(other)
        expect(page.locator("#note-gone")).to_be_hidden()


def test_a_note_that_is_deleted_says_so(windows, rest, shared_server):
    note = create(rest, fresh(), "before")
    page = visit(windows(), shared_server, _path(note))
    rest.patch(f"/api/notes/{note['id']}", json={"description": "after"})
    expect(card_of(page, note).locator(".description")).to_have_text("after")
    rest.delete(f"/api/notes/{note['id']}")
    expect(page.locator("#note-gone")).to_be_visible()
    page.reload()
    expect(page.locator("h1")).to_contain_text("Not Found")


def test_it_works_without_javascript(windows, rest, shared_server):
    note = create(rest, fresh(), "- [ ] milk")
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes")
    card_of(page, note).get_by_role("link", name="Copy link").click()
    expect(page).to_have_url(f"{shared_server.base}{_path(note)}")

    card_of(page, note).get_by_role("checkbox", name="milk").click()

    expect(card_of(page, note).get_by_role("checkbox", name="milk")).to_be_checked()


def test_a_stranger_to_the_board_gets_the_page_of_a_missing_note(known):
    owner, stranger = known("olga"), known("stan")
    board = owner.board()
    note = owner.note(board, "secret")
    page = stranger.window()

    answer = page.goto(f"{owner.server.base}{_path(note, board)}")

    assert answer.status == 404
    expect(page.locator("body")).not_to_contain_text("secret")
    assert owner.window(_path(note, board)).locator(".note .title").text_content() == "secret"


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({"Sec-Fetch-Dest": "document"}, True),
        ({"Upgrade-Insecure-Requests": "1"}, True),  # over http, browsers send no Sec-Fetch-Dest
        ({"Sec-Fetch-Dest": "empty", "Upgrade-Insecure-Requests": "1"}, False),
        ({"HX-Request": "true"}, False),
        ({}, False),
    ],
)
def test_only_a_browser_that_opens_the_address_gets_a_page(rest, headers, whole):
    note = create(rest, fresh())

    answer = rest.get(_path(note), headers=headers)

    assert ("<html" in answer.text) == whole
    assert f'id="note-{note["id"]}"' in answer.text
    assert "no-store" in answer.headers["cache-control"]
