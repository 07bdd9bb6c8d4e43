"""Actions and parts of the board's page."""

from itertools import count
from time import sleep
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

_numbers = count(1)


def fresh(word: str = "note") -> str:
    """A title that no other test uses."""
    return f"{word} {next(_numbers):04d}"


def add(page: Page, title: str, text: str = "") -> None:
    """Add a note with the composer."""
    page.fill("#add-note-form [name=title]", title)
    if text:
        page.fill("#add-note-form [name=description]", text)
    page.click("#add-note-form [type=submit]")


def card(page: Page, title: str) -> Locator:
    """The card with this title or text."""
    return page.locator("ul.notes > li.note", has_text=title)


def card_of(page: Page, note: dict[str, Any]) -> Locator:
    """The card of a note."""
    return page.locator(f"#note-{note['id']}")


def edit(page: Page, note: Locator) -> Locator:
    """Open a card's editor."""
    note.hover()
    note.locator(".edit-link").click()
    return page.locator(".note .editor:visible")


def create(rest: httpx.Client, title: str | None, text: str | None = None) -> dict[str, Any]:
    """A new note, made through the API."""
    answer = rest.post("/api/notes", json={"title": title, "description": text})
    assert answer.status_code == 201, answer.text
    note: dict[str, Any] = answer.json()
    return note


def create_many(rest: httpx.Client, notes: list[dict[str, Any]], board: int = 1) -> None:
    """New notes on a board, in this order: one import, which takes less time than a request for each."""
    answer = rest.post(f"/api/boards/{board}/imports", json={"notes": notes})
    assert answer.status_code == 202, answer.text
    while rest.get(answer.headers["Location"]).json()["state"] != "done":
        sleep(0.05)  # each request costs as much as a few notes


def focused(page: Page) -> str:
    """The id of the element that has the focus."""
    identity: str = page.evaluate("document.activeElement.id")
    return identity
