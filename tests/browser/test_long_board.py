"""Five thousand notes: all of them get there, and the page stays whole."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.board import card, create
from tests.browser.windows import visit
from tests.support.servers.server_process import wait_for

MANY = 5_000


@pytest.fixture(scope="module")
def full(shared_server):
    """A server with many notes, every tenth of them done."""
    many = [
        {"title": f"Note {number}", "description": f"Text of note {number}. " * (number % 20), "done": number % 10 == 0}
        for number in range(MANY)
    ]
    with httpx.Client(base_url=shared_server.base, timeout=30, verify=False) as client:
        sent = client.post("/api/imports", params={"name": "many.json"}, content=json.dumps(many).encode())
        assert sent.status_code == 202, sent.text
        wait_for(lambda: client.get(sent.headers["Location"]).json()["state"] == "done", "they come in", 60)
    return shared_server


def wait_while_they_come(page):
    """Return once all cards are there: however long a busy machine takes, as long as further ones come."""
    coming = """count => {
      if (document.querySelector("#pages").hidden) return -1;
      const now = document.querySelectorAll("ul.notes > li").length;
      return now > count && now;
    }"""
    count = 0
    while count >= 0:
        count = page.wait_for_function(coming, arg=count, polling=200, timeout=60_000).json_value()


def test_all_of_them_get_there_in_order_and_stay_whole(windows, full, rest):
    page = visit(windows(), full)
    expect(page.locator("#summary")).to_have_text(f"{MANY - MANY // 10} open, {MANY // 10} done", timeout=60_000)
    wait_while_they_come(page)

    keys = page.locator("ul.notes > li").evaluate_all(
        "cards => cards.map(card => [card.dataset.done === undefined ? 0 : 1, -Number(card.dataset.id)])"
    )
    assert len(keys) == MANY
    assert keys == sorted(keys)
    assert page.locator(".delete-button").count() == MANY
    expect(page.locator("#pages")).to_be_hidden()

    for _ in range(3):  # heights are guesses until a card comes near: the end moves away a little
        page.keyboard.press("End")
        page.locator("ul.notes > li").last.scroll_into_view_if_needed()
    expect(page.locator("ul.notes > li").last).to_be_in_viewport()
    newest = create(rest, "The newest of all")
    expect(page.locator("ul.notes > li").first).to_have_id(f"note-{newest['id']}")
    page.fill("#search-field", "note 4999")
    expect(card(page, "Note 4999")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("1 of")
