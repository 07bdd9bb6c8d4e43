"""Cards name who changed a note last and who ticked it off."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import add, card, card_of, create, fresh
from tests.browser.rooms import Person, be, person
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess


@pytest.fixture
def ben(rest: httpx.Client) -> Person:
    return person(rest)


def test_cards_name_users_in_every_window_and_follow_their_names(windows: Windows, shared_server, rest, ada, ben):
    here = visit(be(windows(), shared_server, ada), shared_server)
    there = visit(be(windows(), shared_server, ben), shared_server)
    stranger = visit(windows(), shared_server)
    title, nobodys = fresh(), create(rest, fresh())
    add(here, title)

    for page in (here, there, stranger):
        expect(_author(page, title)).to_have_text(ada["nickname"])
        expect(_done_by(page, title)).to_be_hidden()
        expect(card_of(page, nobodys).locator(".note-author").first).to_be_empty()

    card(there, title).locator("input[type=checkbox]").click()
    for page in (here, there, stranger):
        expect(_author(page, title)).to_be_empty()
        expect(_done_by(page, title)).to_have_text(f"done by {ben['nickname']}")

    renamed = f"{ben['nickname']}x"
    there.request.patch(f"{shared_server.base}/api/me", data={"nickname": renamed})
    for page in (here, there, stranger):
        expect(_done_by(page, title)).to_have_text(f"done by {renamed}")
    here.reload()
    expect(_done_by(here, title)).to_have_text(f"done by {renamed}")

    card(here, title).locator("input[type=checkbox]").click()
    for page in (here, there, stranger):
        expect(_done_by(page, title)).to_be_hidden()
        expect(_author(page, title)).to_have_text(ada["nickname"])


def test_a_card_names_a_user_whom_the_page_does_not_know(windows: Windows, shared_server, rest, ada, ben):
    for _ in range(13):  # more than a page lists
        person(rest)
    here = visit(be(windows(), shared_server, ada), shared_server)
    stranger = visit(windows(), shared_server)
    title = fresh()
    add(here, title)
    expect(_author(stranger, title)).to_have_text(ada["nickname"])

    note = here.request.get(f"{shared_server.base}/api/notes", params={"q": title}).json()[0]
    rest.post("/front/me", data={"person_id": ben["id"]})
    rest.patch(f"/api/notes/{note['id']}", json={"description": "of another user"}).raise_for_status()

    for page in (here, stranger):
        expect(_author(page, title)).to_have_text(ben["nickname"])


def test_cards_name_users_without_scripts(windows: Windows, shared_server: ServerProcess, ada: Person):
    page = be(windows(java_script_enabled=False), shared_server, ada)
    page.goto(f"{shared_server.base}/front/notes")
    title = fresh()

    add(page, title)
    expect(_author(page, title)).to_have_text(ada["nickname"])
    card(page, title).get_by_role("button", name="Mark as done").click()

    expect(_author(page, title)).to_be_empty()
    expect(_done_by(page, title)).to_have_text(f"done by {ada['nickname']}")


def _author(page: Page, title: str):
    return card(page, title).locator("[data-author=updated_by]")


def _done_by(page: Page, title: str):
    return card(page, title).locator(".note-done-by")
