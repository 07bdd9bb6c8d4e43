"""A card says who else is editing its note."""

from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.conftest import serving
from tests.browser.rooms import Person, be, block_websockets, connection_lost, person
from tests.browser.windows import Windows, visit


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server that publishes who edits sooner than by default."""
    soon = {"quart_notes.live.presence.PUBLISH_INTERVAL": 0.2, "quart_notes.live.presence.LEAVE_DELAY": 0.4}
    with serving("shared", tmp_path_factory.mktemp("server"), constants=soon) as server:
        yield server


class Scene(NamedTuple):
    """A note, and two users with windows on its board."""

    note: dict[str, Any]
    ada: Person
    ben: Person
    hers: Page
    his: Page


@pytest.fixture
def scene(windows: Windows, shared_server, rest, ada) -> Scene:
    note, ben = create(rest, fresh("edited"), "a text"), person(rest, "ben")
    hers, his = (visit(be(windows(), shared_server, one), shared_server) for one in (ada, ben))
    return Scene(note, ada, ben, hers, his)


def _expect_said(page: Page, note: dict[str, Any], words: str) -> None:
    """What the card, or its open editor, says of others who edit the note."""
    if words:
        expect(card_of(page, note).locator(".note-editors").locator("visible=true")).to_have_text(words)
    else:
        expect(card_of(page, note).locator(".note-editors:not(:empty)")).to_have_count(0)


def _field(page: Page, note: dict[str, Any]):
    return card_of(page, note).locator(".editor [name=description]")


def test_a_card_says_who_edits_the_note_until_the_editor_is_closed(
    scene: Scene, windows: Windows, shared_server, rest: httpx.Client
):
    note, ada, ben, hers, his = scene
    nobodys = visit(windows(), shared_server)
    size = card_of(nobodys, note).bounding_box()

    edit(hers, card_of(hers, note))
    for page in (his, nobodys):
        _expect_said(page, note, f"{ada['nickname']} is editing…")
        expect(card_of(page, note).locator("time")).to_be_hidden()
    _expect_said(hers, note, "")
    expect(his.locator("#announcer")).to_have_text(f"{ada['nickname']} is editing {note['title']}.")
    edit(his, card_of(his, note))
    _expect_said(nobodys, note, f"{ada['nickname']} and {ben['nickname']} are editing…")
    _expect_said(hers, note, f"{ben['nickname']} is editing…")
    _expect_said(his, note, f"{ada['nickname']} is editing…")
    third = visit(be(windows(), shared_server, person(rest, "cleo")), shared_server)
    edit(third, card_of(third, note))
    _expect_said(nobodys, note, f"{ada['nickname']} and 2 others are editing…")
    third.keyboard.press("Escape")
    _expect_said(nobodys, note, f"{ada['nickname']} and {ben['nickname']} are editing…")
    assert card_of(nobodys, note).bounding_box() == size

    _field(hers, note).fill("another text")
    card_of(hers, note).locator(".save-button").click()
    _expect_said(nobodys, note, f"{ben['nickname']} is editing…")
    his.keyboard.press("Escape")
    _expect_said(nobodys, note, "")
    expect(card_of(nobodys, note).locator("time")).to_be_visible()


def test_the_page_of_a_note_says_who_edits_it(windows: Windows, shared_server, rest, ada):
    note = create(rest, fresh("edited"), "a text")
    hers, nobodys = be(windows(), shared_server, ada), windows()
    for page in (hers, nobodys):
        visit(page, shared_server, f"/front/notes/{note['id']}")

    edit(hers, card_of(hers, note))
    _expect_said(nobodys, note, f"{ada['nickname']} is editing…")
    hers.keyboard.press("Escape")

    _expect_said(nobodys, note, "")


def test_an_open_editor_is_reported_once_a_minute(windows: Windows, shared_server, rest, ada):
    note, page = create(rest, fresh("edited")), be(windows(), shared_server, ada)
    page.clock.install()
    visit(page, shared_server)
    report = f"**/api/notes/{note['id']}/editing"
    with page.expect_request(report):
        edit(page, card_of(page, note))

    with page.expect_request(report) as again:
        page.clock.run_for(61_000)

    assert again.value.post_data_json == {"author_id": ada["id"], "editing": True}


def test_on_the_event_stream_the_line_is_gone_when_the_page_of_the_editor_is_closed(scene: Scene, shared_server):
    note, ada, hers, his = scene.note, scene.ada, scene.hers, scene.his
    block_websockets(hers)
    visit(hers, shared_server)
    edit(hers, card_of(hers, note))
    _field(hers, note).fill("a draft")
    _expect_said(his, note, f"{ada['nickname']} is editing…")

    hers.goto("about:blank")

    _expect_said(his, note, "")


def test_a_reopened_draft_and_a_returned_connection_are_reported_until_the_page_is_closed(scene: Scene, shared_server):
    note, ada, hers, his = scene.note, scene.ada, scene.hers, scene.his
    edit(hers, card_of(hers, note))
    _field(hers, note).fill("a draft")
    _expect_said(his, note, f"{ada['nickname']} is editing…")

    visit(hers, shared_server)
    _expect_said(his, note, f"{ada['nickname']} is editing…")
    for page in (hers, his):  # the editor's page, and one that can no longer know of it
        connection_lost(page)
        _expect_said(his, note, "")
        page.context.set_offline(False)
        _expect_said(his, note, f"{ada['nickname']} is editing…")

    hers.goto("about:blank")

    _expect_said(his, note, "")


def test_a_user_with_two_editors_is_shown_until_both_are_closed(scene: Scene, windows: Windows, shared_server):
    note, ada, hers, his = scene.note, scene.ada, scene.hers, scene.his
    second = visit(windows(hers.context), shared_server)
    for page in (hers, second):
        edit(page, card_of(page, note))
    _expect_said(his, note, f"{ada['nickname']} is editing…")

    with hers.expect_request(f"**/api/notes/{note['id']}/editing"):
        second.keyboard.press("Escape")
    _expect_said(his, note, f"{ada['nickname']} is editing…")
    hers.keyboard.press("Escape")

    _expect_said(his, note, "")
