"""Actions and parts of a conversation's page."""

import re
from itertools import count
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess

SOURCES = """ids => ids.map(id => {
  const item = document.querySelector(`#message-${id}`);
  return item.querySelector(".source").textContent || item.querySelector(".content").textContent;
})"""
_numbers = count(1)
Person = dict[str, Any]


def fresh(word: str = "words") -> str:
    """A text that no other test uses."""
    return f"{word} {next(_numbers):04d}"


def person(rest: httpx.Client, nickname: str = "") -> Person:
    """A new user; the nickname is made unique."""
    nickname = f"{nickname or 'ada'}{next(_numbers):04d}"
    return created(
        rest.post("/api/users", json={"name": nickname.title(), "email": "a@b.example", "nickname": nickname})
    )


def room(rest: httpx.Client, name: str = "") -> int:
    """The id of a new room."""
    return int(created(rest.post("/api/rooms", json={"name": name or fresh("room")}))["id"])


def say(rest: httpx.Client, room_id: int, author: Person, content: str) -> dict[str, Any]:
    """Post a message through the API."""
    return created(rest.post(f"/api/rooms/{room_id}/messages", json={"author_id": author["id"], "content": content}))


def created(answer: httpx.Response) -> dict[str, Any]:
    """The created resource in a response."""
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def be(page: Page, server: ServerProcess, who: Person) -> Page:
    """Choose this user in a browser."""
    return be_at(page, server.base, who)


def be_at(page: Page, address: str, who: Person) -> Page:
    """The same, for a server at this address."""
    chosen = page.context.request.post(f"{address}/front/me", form={"person_id": who["id"]}, max_redirects=0)
    assert chosen.status == 303
    return page


def enter(windows: Windows, server: ServerProcess, who: Person | None, room_id: int, **options: Any) -> Page:
    """A window of a user, or of a guest, in a room, live."""
    page = windows(**options)
    return visit(be(page, server, who) if who else page, server, f"/front/rooms/{room_id}")


def write(page: Page, content: str) -> None:
    """Send a message with the composer."""
    page.fill("#message-form [name=content]", content)
    page.press("#message-form [name=content]", "Enter")


def message(page: Page, content: str) -> Locator:
    """The message with this text, once it has arrived."""
    return page.locator("#messages > li.message", has_text=content)


def sources(page: Page, said: list[dict[str, Any]]) -> list[str]:
    """The texts of messages as they were written, once the last of them is on the page."""
    expect(page.locator(f"#message-{said[-1]['id']}")).to_have_count(1)
    texts: list[str] = page.evaluate(SOURCES, [one["id"] for one in said])
    return texts


def unsent(page: Page, content: str) -> Locator:
    """The message with this text, while it is unsent."""
    return page.locator("#outbox > li.message", has_text=content)


def edit(page: Page, content: str) -> Locator:
    """Open the editor of a message; returns its field."""
    message(page, content).hover()
    message(page, content).locator(".edit-link").click()
    return page.locator(".message-editor [name=content]")


def said(rest: httpx.Client, room_id: int) -> list[str]:
    """The texts of all messages in a room, from the server."""
    return [one["content"] for one in rest.get(f"/api/rooms/{room_id}/messages").json()]


def unread(rest: httpx.Client, who: Person, room_id: int) -> int:
    """The number of a user's unread messages in a room."""
    found = rest.get(f"/api/users/{who['id']}/unread").json()
    return int(next(one["count"] for one in found if one["room_id"] == room_id))


def block_websockets(page: Page) -> None:
    """Leave a page only the event stream."""
    page.add_init_script("window.WebSocket = class { constructor() { throw new Error('blocked'); } }")


def expect_at_end(page: Page) -> None:
    """The log is scrolled to the newest message."""
    expect(page.locator("#jump")).to_be_hidden()
    assert page.evaluate("Math.abs(document.querySelector('#log').scrollTop)") < 48


def connection_lost(page: Page) -> None:
    """Take a page offline, and wait until it shows that."""
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text(re.compile("Offline|Reconnecting"))
