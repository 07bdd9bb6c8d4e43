"""Responses to forms sent by htmx: the changed part of the page, without a layout."""

import re

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, cookie_of, got, made, person, refused, room
from tests.support.routes import FORM_ROUTES

HTMX = {"HX-Request": "true", "Accept": "*/*"}
PROBLEM = re.compile(r'<p class="form-error" role="alert" dir="auto">(.*)</p>')
NOBODY_HAS = "123456789"


@pytest.fixture
async def htmx(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A page that sends its forms by htmx."""
    api.headers.update(HTMX)
    return api


async def be(api: httpx.AsyncClient, who: Json) -> None:
    """Choose a user for later requests."""
    name, _, value = (await cookie_of(api, who)).partition("=")
    api.cookies.set(name, value)


async def part(api: httpx.AsyncClient, address: str, tag: str, **fields: str) -> str:
    """The fragment in the response to a form: one element."""
    answer = await api.post(address, data=fields)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.fullmatch(rf"<{tag} .*</{tag}>", answer.text.strip(), re.S), answer.text
    return answer.text


async def problem(api: httpx.AsyncClient, address: str, status: int, **fields: str) -> str:
    """The error in a fragment."""
    answer = await api.post(address, data=fields)
    assert answer.status_code == status, answer.text
    said = PROBLEM.fullmatch(answer.text.strip())
    assert said, answer.text
    return said[1]


async def test_each_form_of_a_note_returns_its_card(htmx: httpx.AsyncClient):
    added = await part(htmx, "/front/notes", "li", title="Leeks <b>", description="")
    found = re.search(r'id="note-(\d+)"', added)
    assert found
    card = f"/front/notes/{found[1]}"
    assert "Leeks &lt;b&gt;" in added

    assert "data-done" in await part(htmx, f"{card}/done", "li", done="true")
    assert "data-done" not in await part(htmx, f"{card}/done", "li", done="false")
    assert "Chard" in await part(htmx, card, "li", title="Chard", description="")
    for _ in range(2):  # a second deletion succeeds
        gone = await htmx.post(f"{card}/delete")
        assert (gone.status_code, gone.text) == (200, "")
    refused(await htmx.get(f"/api/notes/{found[1]}"), 404, "not_found")
    assert await part(htmx, f"{card}/restore", "li") == (await htmx.get(card)).text


async def test_the_forms_of_a_note_have_the_address_of_its_board(htmx: httpx.AsyncClient):
    ada = await person(htmx)
    await be(htmx, ada)
    board = await made(htmx, "/api/boards", name="Allotment")
    path = f"/front/boards/{board['id']}/notes"

    assert f'action="{path}/' in await part(htmx, path, "li", title="Leeks", description="")


async def test_an_error_of_a_note_replaces_its_card(htmx: httpx.AsyncClient):
    note = await add_note(htmx, title="Leeks")
    card = f"/front/notes/{note['id']}"
    await htmx.patch(f"/api/notes/{note['id']}", json={"title": "Chard"})

    assert "200" in await problem(htmx, "/front/notes", 422, title="x" * 300, description="")
    assert "200" in await problem(htmx, card, 422, title="x" * 300, description="")
    assert await problem(htmx, card, 412, title="Kale", description="", version="1")
    assert await problem(htmx, f"/front/notes/{NOBODY_HAS}", 404, title="Kale", description="")
    assert await problem(htmx, f"/front/notes/{NOBODY_HAS}/done", 404, done="true")
    answer = await htmx.post(card, data={"title": "Kale"}, headers={"Origin": "http://elsewhere.example"})
    assert (answer.status_code, bool(PROBLEM.search(answer.text))) == (403, True)


async def test_messages_are_returned_as_items_of_their_conversation(htmx: httpx.AsyncClient):
    ada, place = await person(htmx), await room(htmx)
    path = f"/front/rooms/{place['id']}/messages"
    assert await problem(htmx, path, 403, content="from nobody") == "Choose who you are first."
    await be(htmx, ada)

    said = await part(htmx, path, "li", content="one two")
    assert "data-own" in said
    found = re.search(r'id="message-(\d+)"', said)
    assert found
    assert "three" in await part(htmx, f"{path}/{found[1]}", "li", content="three")
    assert (await htmx.post(f"{path}/{found[1]}/delete")).text == ""
    assert "three" in await part(htmx, f"{path}/{found[1]}/restore", "li")
    assert await problem(htmx, path, 422, content=" ")
    assert await problem(htmx, f"{path}/{found[1]}", 422, content=" ")


async def test_a_guest_gets_the_message_and_the_guests_name(htmx: httpx.AsyncClient):
    htmx.cookies.clear()

    said = await part(htmx, "/front/rooms/1/messages", "li", content="from a guest")
    again = await part(htmx, "/front/rooms/1/messages", "li", content="from the same")

    names = [re.search(r"Guest \d+", text) for text in (said, again)]
    assert names[0] and names[1]
    assert names[0][0] == names[1][0]


async def test_direct_messages_are_returned_as_rows_and_users_as_cards(htmx: httpx.AsyncClient):
    ada, bob = await person(htmx), await person(htmx)
    path = f"/front/messages/{ada['id']}"

    assert "psst" in await part(htmx, path, "tr", recipient_id=str(bob["id"]), content="psst")
    assert await problem(htmx, path, 422, recipient_id="", content="psst") == "Choose a recipient."
    assert await problem(htmx, path, 422, recipient_id=str(bob["id"]), content="")
    assert "newcomer" in await part(htmx, "/front/users", "li", name="New", email="", nickname="newcomer")
    assert await problem(htmx, "/front/users", 409, name="New", email="", nickname="newcomer")


async def test_a_job_is_returned_as_its_row(htmx: httpx.AsyncClient):
    sent = await htmx.post("/api/imports", params={"dry_run": "true"}, json=[{"title": "a note of a look"}])
    path = f"/front/jobs/{sent.json()['id']}"
    while (await got(htmx, sent.headers["Location"]))["state"] != "done":
        pass

    assert 'data-state="done"' in await part(htmx, f"{path}/cancel", "li")  # too late
    assert 'data-state="done"' in await part(htmx, f"{path}/retry", "li")  # there is nothing to run again
    assert "data-dry-run" not in await part(htmx, f"{path}/import", "li")
    while (await got(htmx, sent.headers["Location"]))["state"] != "done":
        pass
    assert (await htmx.post(f"{path}/remove")).text == ""
    assert await problem(htmx, f"{path}/remove", 404)


async def test_administrators_get_the_changed_card(house: House):
    root = await house.browser("root")
    root.headers.update(HTMX)
    path = f"/front/users/{house.people['bob'].id}"

    assert "data-deactivated" in await part(root, f"{path}/deactivate", "li")
    back = await part(root, f"{path}/activate", "li")
    assert "data-deactivated" not in back
    assert 'class="user-access"' in back
    assert await problem(root, f"/front/users/{house.people['root'].id}/unmake-admin", 409)


async def test_every_form_returns_its_errors_without_a_layout(house: House):
    nobody = house.client()
    values = dict.fromkeys(("note_id", "user_id", "room_id", "message_id", "job_id", "board_id"), NOBODY_HAS)
    for route in FORM_ROUTES:
        answer = await nobody.post(route.at(**values), headers=HTMX)

        if route.endpoint not in {"front_access.signed_out"}:
            assert answer.status_code >= 400, answer.text
            assert PROBLEM.fullmatch(answer.text.strip()), answer.text


async def test_requests_without_htmx_are_redirected_to_a_page(api: httpx.AsyncClient):
    note = await add_note(api)
    path = f"/front/notes/{note['id']}/done"

    for headers in ({}, {"HX-Request": "false"}, {**HTMX, "HX-Boosted": "true"}):
        answer = await api.post(path, data={"done": "true"}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/front/notes#note-{note['id']}")
    refused(await api.post("/api/notes", json={"title": 1}, headers=HTMX), 422, "validation_failed")
