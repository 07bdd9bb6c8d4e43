"""Selecting cards on the board."""

from itertools import pairwise
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import card_of

Json = dict[str, Any]


def bar(page: Page) -> Locator:
    """The bar of what can be done with the selected notes."""
    return page.get_by_role("group", name="Selected notes")


def press(page: Page, name: str) -> None:
    """Press a button of the bar."""
    bar(page).get_by_role("button", name=name, exact=True).click()


def shows(page: Page, *notes: Json) -> None:
    """Wait until these cards follow one another."""
    for one, other in pairwise(notes):
        expect(page.locator(f"#note-{one['id']} + #note-{other['id']}")).to_have_count(1)


def selected(page: Page, *notes: Json) -> None:
    """Wait until just these cards are selected, and the bar counts them."""
    for note in notes:
        expect(page.locator(f"#note-{note['id']}[data-selected]")).to_have_count(1)
    expect(page.locator("[data-selected]")).to_have_count(len(notes))
    if notes:
        expect(bar(page)).to_contain_text(f"{len(notes)} selected")
    else:
        expect(bar(page)).to_be_hidden()


def select(page: Page, *notes: Json) -> None:
    """Select these cards with Ctrl and the mouse."""
    for note in notes:
        card_of(page, note).click(modifiers=["ControlOrMeta"], position={"x": 150, "y": 20})
    selected(page, *notes)


def now(rest: httpx.Client, note: Json) -> Json:
    """A note as the server has it."""
    found: Json = rest.get(f"/api/notes/{note['id']}").json()
    return found
