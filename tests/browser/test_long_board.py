"""A long board: all notes are loaded, in several requests, and remain on the page."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.board import card, create
from tests.browser.conftest import serving
from tests.browser.transfers import bring
from tests.browser.windows import change_script, visit
from tests.support.servers.server_process import wait_for

A_REQUEST = 100
MANY = 330  # more than two requests for further notes, beside those that the server renders


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server with many notes, every tenth of them done."""
    constants = {"quart_notes.background.import_runner.REST_FACTOR": 0.0}
    many = [
        {"title": f"Note {number}", "description": f"Text of note {number}. " * (number % 20), "done": number % 10 == 0}
        for number in range(MANY)
    ]
    with serving("shared", tmp_path_factory.mktemp("server"), constants=constants) as server:
        with httpx.Client(base_url=server.base, timeout=30, verify=False) as rest:
            job = bring(rest, "many.json", json.dumps(many).encode())
            wait_for(lambda: rest.get(f"/api/jobs/{job}").json()["state"] == "done", "they are imported")
        yield server


def test_all_notes_are_loaded_in_order_and_remain(windows, shared_server, rest):
    page = windows()
    change_script(page, "shared", {"limit=1000": f"limit={A_REQUEST}"})
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if f"limit={A_REQUEST}&after_id" in request.url else None
    )
    visit(page, shared_server)
    expect(page.locator("#summary")).to_have_text(f"{MANY - MANY // 10} open, {MANY // 10} done")
    expect(page.locator("#pages")).to_be_hidden()

    keys = page.locator("ul.notes > li").evaluate_all(
        "cards => cards.map(card => [card.dataset.done === undefined ? 0 : 1, -Number(card.dataset.id)])"
    )
    assert len(keys) == MANY
    assert len(asked) > 2
    assert keys == sorted(keys)
    assert page.locator(".delete-button").count() == MANY

    for _ in range(3):  # heights are estimates until a card is near the view: the end moves a little
        page.keyboard.press("End")
        page.locator("ul.notes > li").last.scroll_into_view_if_needed()
    expect(page.locator("ul.notes > li").last).to_be_in_viewport()
    newest = create(rest, "The newest of all")
    expect(page.locator("ul.notes > li").first).to_have_id(f"note-{newest['id']}")
    page.fill("#search-field", f"note {MANY - 1}")
    expect(card(page, f"Note {MANY - 1}")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("1 of")
