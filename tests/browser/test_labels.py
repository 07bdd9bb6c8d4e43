"""Labels on the board's page: chosen by keys, live in other windows, undone by one Undo, and a filter by a click."""

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess


@pytest.fixture
def both(windows: Windows, shared_server: ServerProcess) -> tuple[Page, Page]:
    """Two people's windows on the board."""
    return visit(windows(), shared_server), visit(windows(), shared_server)


def test_l_opens_the_labels_at_the_card_and_enter_chooses_and_makes_them(both: tuple[Page, Page], rest: httpx.Client):
    here, _ = both
    garden, made = fresh("Garden"), fresh("made")
    label = rest.post("/api/boards/1/labels", json={"name": garden, "colour": "green"}).json()
    note = create(rest, fresh("labelled"))
    path = f"/api/notes/{note['id']}"
    menu = here.get_by_role("dialog", name="Labels")
    field = menu.get_by_role("combobox")
    card_of(here, note).focus()

    here.keyboard.press("l")
    expect(field).to_be_focused()
    here.keyboard.type(garden.upper())
    active = menu.get_by_role("option", name=garden, exact=True)
    expect(active).to_have_attribute("aria-selected", "false")
    assert field.get_attribute("aria-activedescendant") == active.get_attribute("id")
    here.keyboard.press("Enter")
    expect(field).to_have_value("")
    expect(active).to_have_attribute("aria-selected", "true")
    here.keyboard.type(made)
    expect(menu.get_by_role("option", name=f"Make {made}")).to_be_visible()
    here.keyboard.press("Enter")
    for page in both:
        expect(card_of(page, note).locator(".label-pill")).to_have_text([garden, made])
        expect(card_of(page, note).locator(".label-pill").first).to_have_attribute("data-colour", "green")
    here.keyboard.press("Escape")

    expect(menu).to_be_hidden()
    expect(card_of(here, note)).to_be_focused()
    expect(here.locator(".toast", has_text=f"Labels of “{note['title']}” changed.")).to_be_visible()
    assert rest.get(path).json()["labels"] == [garden, made]
    rest.patch(f"/api/boards/1/labels/{label['id']}", json={"name": f"{garden}!", "colour": "pink"})
    for page in both:
        pill = card_of(page, note).locator(".label-pill").first
        expect(pill).to_have_text(f"{garden}!")
        expect(pill).to_have_attribute("data-colour", "pink")
    here.keyboard.press("u")
    for page in both:
        expect(card_of(page, note).locator(".label-pill")).to_have_count(0)


def test_two_people_who_choose_labels_at_once_lose_none(window: Page, rest: httpx.Client):
    here = window
    note = create(rest, fresh("labelled"))
    path = f"/api/notes/{note['id']}"
    mine, theirs, former = fresh("mine"), fresh("theirs"), fresh("former")
    rest.patch(path, json={"labels": [former]})
    expect(card_of(here, note).locator(".label-pill")).to_have_text([former])
    card_of(here, note).focus()
    here.keyboard.press("l")
    here.keyboard.type(mine)

    def interfere(route: Route) -> None:
        """Somebody else changes the labels before this request arrives."""
        rest.patch(path, json={"labels": [former, theirs]})
        route.continue_()

    here.route("**/api/notes/**", interfere, times=1)
    here.keyboard.press("Enter")
    expect(card_of(here, note).locator(".label-pill")).to_have_text([former, theirs, mine])
    here.keyboard.press("Escape")
    here.route("**/api/notes/**", interfere, times=1)
    here.keyboard.press("u")

    expect(card_of(here, note).locator(".label-pill")).to_have_text([former, theirs])


def test_a_click_on_a_label_filters_the_page_which_stays_current(window: Page, rest: httpx.Client):
    here = window
    name, other = fresh("Filter & co"), fresh("other")
    first, second = (create(rest, fresh("filtered")) for _ in range(2))
    rest.patch(f"/api/notes/{first['id']}", json={"labels": [name, other]})

    card_of(here, first).get_by_role("link", name=name, exact=True).click()

    expect(here.locator("#filter-marks").get_by_role("link", name=name)).to_be_visible()
    expect(card_of(here, first)).to_be_visible()
    expect(card_of(here, second)).to_have_count(0)
    rest.patch(f"/api/notes/{second['id']}", json={"labels": [name.upper()]})
    expect(card_of(here, second)).to_be_visible()
    card_of(here, first).get_by_role("link", name=other, exact=True).click()
    expect(here.locator("#filter-marks").get_by_role("link", name=other)).to_be_visible()
    expect(card_of(here, second)).to_have_count(0)
    rest.patch(f"/api/notes/{first['id']}", json={"labels": []})
    expect(card_of(here, first)).to_have_count(0)


def test_a_card_has_the_same_parts_in_order_as_after_a_reload(
    window: Page, rest: httpx.Client, shared_server: ServerProcess
):
    here = window
    note = create(rest, fresh("list"), "- [ ] milk")
    rest.patch(f"/api/notes/{note['id']}", json={"labels": [fresh("Shop")]})
    expect(card_of(here, note).locator(".label-pill")).to_have_count(1)
    parts = "body => [...body.children].map(({ className }) => className)"
    live = card_of(here, note).locator(".note-body").evaluate(parts)

    visit(here, shared_server)

    assert card_of(here, note).locator(".note-body").evaluate(parts) == live
