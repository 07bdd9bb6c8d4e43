"""The pages behind a real proxy, Caddy, under a prefix."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import add, card, card_of, edit, fresh
from tests.browser.conftest import serving
from tests.browser.rooms import edit as edit_message
from tests.browser.rooms import message, write
from tests.browser.windows import Windows, is_stream
from tests.support.servers.caddy import Proxy
from tests.support.servers.reserved_ports import reserved_port
from tests.support.servers.server_process import ServerProcess

# A cookie makes the proxy swallow websockets.
SWALLOW = """
  @swallowed {
    path /notes/ws
    header Cookie *no-websockets*
  }
  handle @swallowed {
    header Content-Type text/html
    respond "<h1>A proxy that knows no websockets</h1>" 200
  }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving("shared", tmp_path_factory.mktemp("server"), "--root-path", "/notes") as server:
        yield server


@pytest.fixture(scope="module")
def address(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The board's address at the proxy, with the prefix."""
    port = reserved_port("proxy")
    with closing(Proxy(tmp_path_factory.mktemp("caddy"), port, server.port, prefix="/notes", rules=SWALLOW).start()):
        yield f"http://127.0.0.1:{port}/notes"


def visit(page: Page, address: str) -> Page:
    page.goto(f"{address}/front/notes")
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_a_board_works_under_the_prefix(windows: Windows, address: str):
    here, there = visit(windows(), address), visit(windows(), address)
    title = fresh()

    add(here, title)
    expect(card(there, title)).to_have_count(1)
    editor = edit(there, card(there, title))
    editor.locator("[name=description]").fill("written behind a proxy")
    editor.locator(".save-button").click()
    expect(card(here, title).locator("span")).to_have_text("written behind a proxy")
    card(here, title).locator("input[type=checkbox]").click()
    expect(card(there, title)).to_have_attribute("data-done", "")
    card(here, title).hover()
    card(here, title).locator(".delete-button").click()
    here.get_by_role("button", name="Undo").click()

    expect(card(there, title)).to_have_count(1)
    expect(card(here, title)).to_have_count(1)


def test_users_rooms_and_a_conversation_work_under_the_prefix(windows: Windows, address: str):
    page = visit(windows(), address)
    page.get_by_role("link", name="People").click()
    for field, value in {"name": "Ada", "email": "ada@example.org", "nickname": "ada"}.items():
        page.fill(f"#add-user-form [name={field}]", value)
    page.click("#add-user-form [type=submit]")
    page.locator("#users > li").get_by_role("button", name="Use as").click()
    expect(page.get_by_role("button", name="You are ada")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")

    bob = httpx.post(
        f"{address}/api/users", json={"name": "Bob", "email": "bob@example.org", "nickname": "bob"}, verify=False
    ).json()
    page.locator(f"#user-{bob['id']}").get_by_role("button", name="Message").click()
    expect(page.locator("h1")).to_have_text("bob")
    page.get_by_role("link", name="Rooms", exact=True).click()
    room = httpx.post(f"{address}/api/rooms", json={"name": "made behind a proxy"}, verify=False).json()
    httpx.post(
        f"{address}/api/rooms/{room['id']}/messages", json={"author_id": bob["id"], "content": "hello"}, verify=False
    )
    page.get_by_role("link", name="made behind a proxy 1 unread").click()

    expect(page.locator("#messages > li", has_text="hello")).to_have_count(1)
    expect(page.locator("#rooms-place .badge")).to_be_hidden()
    assert [cookie["path"] for cookie in page.context.cookies()] == ["/"]  # required by __Host- under https
    _converse(page)


def _converse(page: Page) -> None:
    """Write, edit, delete and restore a message in the open room."""
    address_of_room, words, changed = page.url, fresh(), fresh("changed")
    write(page, words)
    expect(message(page, words)).to_have_count(1)
    edit_message(page, words).fill(changed)
    page.keyboard.press("Enter")
    expect(message(page, changed)).to_have_count(1)
    page.goto(message(page, changed).locator(".edit-link").evaluate("link => link.href"))  # as without scripts
    page.get_by_role("button", name="Save").click()
    expect(message(page, changed)).to_have_count(1)
    message(page, changed).hover()
    message(page, changed).locator(".delete-button").click()
    expect(message(page, changed)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(message(page, changed)).to_have_count(1)
    assert page.url.startswith(address_of_room)


def test_the_forms_work_under_the_prefix_without_scripts(windows: Windows, address: str):
    page = windows(java_script_enabled=False)
    page.goto(f"{address}/front/notes")
    title = fresh()

    add(page, title)
    card(page, title).get_by_role("button", name="Mark as done").click()
    expect(card(page, title).locator("input[type=checkbox]")).to_be_checked()
    card(page, title).locator(".delete-button").click()
    page.get_by_role("button", name="Undo").click()

    expect(card(page, title)).to_have_count(1)
    assert page.url.startswith(f"{address}/front/notes")


def test_the_event_stream_is_used_if_the_proxy_refuses_the_upgrade(windows: Windows, address: str):
    page = windows()
    page.context.add_cookies([{"name": "no-websockets", "value": "1", "url": address}])

    with page.expect_request(is_stream):
        visit(page, address)
    note = httpx.post(f"{address}/api/notes", json={"title": fresh()}, verify=False).json()

    expect(card_of(page, note)).to_have_count(1)


def test_the_page_reconnects_after_error_pages_of_the_proxy(windows: Windows, address: str, server: ServerProcess):
    page = visit(windows(), address)
    title = fresh()

    server.stop()
    expect(page.locator("#connection")).to_have_text("Reconnecting…")
    add(page, title)
    expect(page.locator(".form-error")).to_contain_text("No answer from the server")
    server.start()
    expect(page.locator("#connection")).to_have_text("Live")
    page.click("#add-note-form [type=submit]")

    expect(card(page, title)).to_have_count(1)
