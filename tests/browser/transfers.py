"""Files with notes, their upload, and the list of imports."""

import json
from typing import Any

import httpx
from playwright.sync_api import FilePayload, Locator, Page, expect

BOARD = "/front/boards/1/transfer"
BATCH = 10  # notes, on a server with BATCHES
BATCHES = {"quart_notes.transfer.import_batches.BATCH_ENTRIES": BATCH}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 400


def notes(*titles: str | int) -> bytes:
    """A file with notes of these titles; a number is an invalid title."""
    return json.dumps([{"title": title} for title in titles]).encode()


def file(name: str, content: bytes) -> FilePayload:
    """A file to choose."""
    return {"name": name, "mimeType": "application/json", "buffer": content}


def bring(rest: httpx.Client, name: str, content: bytes, **query: Any) -> int:
    """Start an import through the API; returns the id of its job."""
    answer = rest.post("/api/imports", params={"name": name, **query}, content=content)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["id"])


def send(page: Page, chosen: FilePayload | list[FilePayload], button: str = "Import") -> None:
    """Choose files and send the form."""
    page.set_input_files("#import-file", chosen)
    page.get_by_role("button", name=button, exact=True).click()


def row(page: Page, name: str) -> Locator:
    """The newest import of a file in the list."""
    return page.locator(".job", has=page.locator(".job-file", has_text=name)).first


def expect_state(one: Locator, word: str) -> None:
    """Wait until an import shows this state and no other one."""
    expect(one.locator(".job-state > b:visible")).to_have_text([word])
