"""The labels on a board's settings page are current in open windows."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.access import Member, known_as

ada, bob = known_as("ada"), known_as("bob")
# All that a row shows and sends.
SHAPE = """list => [...list.querySelectorAll("*")].map(element => [
  element.localName, element.id, element.href, element.action, element.value, element.ariaLabel,
  element.textContent.trim(), element.dataset.colour, element.dataset.name
].join("|"))"""


@pytest.fixture
def board(ada: Member, bob: Member) -> int:
    """A board of ada's, with bob as an editor."""
    return ada.board(editor=bob)


def _label(who: Member, board: int, **fields: str) -> dict[str, Any]:
    answer = who.rest.post(f"/api/boards/{board}/labels", json=fields)
    assert answer.status_code == 201, answer.text
    label: dict[str, Any] = answer.json()
    return label


def _names(page: Page) -> list[str]:
    return page.locator("#label-list .label-pill").all_inner_texts()


def test_labels_come_change_and_go_on_open_settings_pages(ada: Member, bob: Member, board: int):
    page = ada.window(f"/front/boards/{board}")
    rows = page.locator("#label-list > .label-row")
    expect(page.locator("#no-labels")).to_be_visible()

    shop = _label(bob, board, name="Shop & co", colour="teal")
    expect(rows).to_have_count(1)
    expect(page.locator("#no-labels")).to_be_hidden()
    path = f"/api/boards/{board}/notes"
    bob.rest.post(path, json={"title": "a", "labels": ["Shop & co", "garden"]})
    bob.rest.post(path, json={"title": "b", "labels": ["garden"]})
    for number, count in enumerate(("2 notes", "1 note")):
        expect(rows.nth(number).locator(".label-count")).to_have_text(count)
    assert _names(page) == ["garden", "Shop & co"]
    live = page.locator("#label-list").evaluate(SHAPE)
    page.reload()
    assert page.locator("#label-list").evaluate(SHAPE) == live, "as the server renders them"
    expect(page.locator("#connection")).to_have_text("Live")

    bob.rest.patch(f"/api/boards/{board}/labels/{shop['id']}", json={"name": "Errands", "colour": "red"})
    expect(rows.first.locator(".label-pill")).to_have_text("Errands")
    expect(rows.first.locator(".label-pill")).to_have_attribute("data-colour", "red")
    expect(rows.first.get_by_label("Name of the label Errands", exact=True)).to_have_value("Errands")
    expect(rows.first.get_by_label("Colour of the label Errands")).to_have_value("red")
    bob.rest.delete(f"/api/boards/{board}/labels/{shop['id']}")

    expect(rows).to_have_count(1)
    rows.first.get_by_label("Name of the label garden").fill("Garden")
    rows.first.get_by_role("button", name="Save").click()
    expect(rows.first.locator(".label-pill")).to_have_text("Garden")


def test_typed_text_and_the_focus_stay_when_others_change_labels(ada: Member, bob: Member, board: int):
    label = _label(ada, board, name="Shop")
    page = ada.window(f"/front/boards/{board}")
    field = page.locator(f"#label-{label['id']} input[name=name]")
    field.fill("Shopping")

    bob.rest.patch(f"/api/boards/{board}/labels/{label['id']}", json={"name": "Zebra", "colour": "blue"})
    _label(bob, board, name="Middle")

    expect(page.locator(f"#label-{label['id']} .label-pill")).to_have_text("Zebra")
    assert _names(page) == ["Middle", "Zebra"]
    expect(field).to_have_value("Shopping")
    expect(field).to_be_focused()
    expect(page.locator(f"#label-{label['id']} select")).to_have_value("blue")


def test_labels_are_right_after_an_outage(ada: Member, bob: Member, board: int):
    gone = _label(ada, board, name="Gone")
    page = ada.window(f"/front/boards/{board}")
    page.context.set_offline(True)
    expect(page.locator("#connection")).not_to_have_text("Live")

    bob.rest.delete(f"/api/boards/{board}/labels/{gone['id']}")
    _label(bob, board, name="New")
    page.context.set_offline(False)

    expect(page.locator("#label-list .label-pill")).to_have_text(["New"])
