"""Client keys: a request that is repeated after a lost response has one effect; a different request is refused."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.schemas import UserCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, newest_number, person, refused, tell
from tests.support.routes import PASSWORD
from tests.support.servers.server_process import ServerProcess

KEY = {"client_key": "sent-again-1"}
# What can be created, each with two different values.
THINGS: dict[str, Callable[[int], Json]] = {
    "/api/notes": lambda n: {"title": "Milk", "description": f"text {n}"},
    "/api/boards/{board}/notes": lambda n: {"title": f"Milk {n}"},
    "/api/users": lambda n: {"name": f"Eve {n}", "email": "eve@example.org", "nickname": "eve-once"},
    "/api/rooms": lambda n: {"name": f"Once {n}"},
    "/api/boards": lambda n: {"name": f"Once {n}"},
    "/api/invitations": lambda n: {"uses": n},
    "/api/me/tokens": lambda n: {"name": f"script {n}"},
}
FORMS: dict[str, tuple[str, Json]] = {
    "/front/notes": ("add-note-form", {"title": "by a form"}),
    "/front/rooms": ("add-room-form", {"name": "by a form"}),
    "/front/boards": ("add-board-form", {"name": "by a form"}),
    "/front/users": ("add-user-form", {"name": "F", "email": "f@example.org", "nickname": "by-a-form"}),
    "/front/rooms/1": ("message-form", {"content": "by a form"}),
    "/front/messages/{me}": ("send-form", {"content": "by a form", "recipient_id": "{other}"}),
    "/front/account": ("token-form", {"name": "by a form", "scope": "read", "days": "90"}),
}


@pytest.mark.parametrize("path", THINGS)
async def test_a_repeated_request_creates_one_resource(house: House, path: str):
    ada = await house.browser("root")
    path = path.format(board=await house.board(root="owner"))
    sent = THINGS[path if "notes" not in path or path == "/api/notes" else "/api/boards/{board}/notes"]

    first = await ada.post(path, json={**sent(1), **KEY})
    position = await house.core.log.newest()
    again = await ada.post(path, json={**sent(1), **KEY})

    assert (first.status_code, again.status_code) == (201, 200), again.text
    assert again.json() == first.json(), "with its secret too"
    assert await house.core.log.newest() == position, "nobody is told twice"
    refused(await ada.post(path, json={**sent(2), **KEY}), 409, "client_key_used")


async def test_a_key_is_scoped_to_its_author_and_board(house: House):
    ada, bob = await house.browser("root"), await house.browser("bob")
    board = await house.board(root="owner", bob="editor")

    made = [
        await client.post(path, json={"title": "Milk", **KEY})
        for client in (ada, bob)
        for path in ("/api/notes", f"/api/boards/{board}/notes")
    ]

    assert [answer.status_code for answer in made] == [201] * 4
    assert len({answer.json()["id"] for answer in made}) == 4


async def test_an_invalid_key_is_refused(api: httpx.AsyncClient, ada: Json):
    for key in ("short", "k" * 7, "x" * 65, "with blank", "ümlauts-in-it", "k" * 8 + "\n", "", 12345678):
        refused(await api.post("/api/notes", json={"title": "t", "client_key": key}), 422, "validation_failed")
        said = {"author_id": ada["id"], "recipient_id": ada["id"], "content": "t", "client_key": key}
        refused(await api.post("/api/messages", json=said), 422, "validation_failed")


async def test_a_note_changed_or_deleted_since_is_not_added_again(api: httpx.AsyncClient):
    sent = {"title": "Milk", "client_key": "changed-since"}
    note = (await api.post("/api/notes", json=sent)).json()
    changed = (await api.patch(f"/api/notes/{note['id']}", json={"title": "Oat milk"})).json()
    assert (await api.post("/api/notes", json=sent)).json() == changed

    await api.delete(f"/api/notes/{note['id']}")
    again = await api.post("/api/notes", json=sent)

    assert (again.status_code, again.json()["id"]) == (200, note["id"])
    assert (await api.get(f"/api/notes/{note['id']}")).status_code == 404


async def test_a_repeated_request_is_refused_once_its_author_lost_access(house: House):
    bob = await house.browser("bob")
    board = await house.board(root="owner", bob="editor")
    sent = {"title": "Milk", **KEY}
    assert (await bob.post(f"/api/boards/{board}/notes", json=sent)).status_code == 201
    await house.core.members.remove(house.caller("root"), board, house.people["bob"].id)

    refused(await bob.post(f"/api/boards/{board}/notes", json=sent), 404, "not_found")


async def test_a_repeated_request_does_not_restore_a_revoked_invitation(house: House):
    ada = await house.browser("root")
    made = (await ada.post("/api/invitations", json=KEY)).json()
    await ada.delete(f"/api/invitations/{made['id']}")

    refused(await ada.post("/api/invitations", json=KEY), 409, "client_key_used")
    assert (await ada.get(made["link"])).status_code == 410


async def test_concurrent_repeated_requests_create_one_note(api: httpx.AsyncClient):
    sent = {"title": "Milk", "client_key": "all-at-once-1"}

    answers = await asyncio.gather(*(api.post("/api/notes", json=sent) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_repeated_requests_to_several_workers_create_one_resource(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--workers", "2") as server:
        sent = {"title": "Milk", "client_key": "two-workers-1"}
        answers = []
        for _ in range(12):  # each request on its own connection, so that both workers get some
            async with server.client() as client:
                answers.append(await client.post("/api/notes", json=sent))

        assert [answer.status_code for answer in answers] == [201] + [200] * 11
        assert len({answer.json()["id"] for answer in answers}) == 1


# Messages.


async def test_a_key_reused_for_another_text_or_room_is_refused_without_side_effects(api: httpx.AsyncClient):
    ada, bob, eve = await person(api), await person(api), await person(api)
    room = (await api.post("/api/rooms", json={"name": f"keys {ada['id']}"})).json()["id"]
    key = {"client_key": "used-once-only"}
    said = {"author_id": ada["id"], "content": "first", **key}
    first = await api.post("/api/rooms/1/messages", json=said)
    assert first.status_code == 201
    position = await newest_number(api)

    for path, other in (
        ("/api/rooms/1/messages", {"content": "second"}),
        (f"/api/rooms/{room}/messages", {}),
        ("/api/messages", {"recipient_id": bob["id"]}),
        ("/api/messages", {"recipient_id": eve["id"], "content": "second"}),
    ):
        refused(await api.post(path, json={**said, **other}), 409, "client_key_used")

    assert (await api.post("/api/rooms/1/messages", json=said)).status_code == 200
    assert await newest_number(api) == position, "no conversation was opened either"


async def test_a_repeated_request_matches_an_edited_message_by_its_original_text(api: httpx.AsyncClient):
    ada, bob = await person(api), await person(api)
    message = await tell(api, ada, bob, "first", client_key="edited-since")
    await api.patch(f"/api/messages/{message['id']}", json={"author_id": ada["id"], "content": "edited"})
    sent = {"author_id": ada["id"], "recipient_id": bob["id"], "client_key": "edited-since"}

    again = await api.post("/api/messages", json={**sent, "content": "first"})

    assert (again.status_code, again.json()["content"]) == (200, "edited")
    refused(await api.post("/api/messages", json={**sent, "content": "edited"}), 409, "client_key_used")


# Forms.


@pytest.mark.parametrize("path", FORMS)
async def test_a_repeated_form_creates_one_resource(house: House, path: str):
    ada = await house.browser("root")
    name, values = FORMS[path]
    path = path.format(me=house.people["root"].id)
    values = {key: value.format(other=house.people["bob"].id) for key, value in values.items()}
    page = (await ada.get(path)).text
    action, key = _form(page, name)
    assert _form((await ada.get(path)).text, name)[1] != key, "each page has another"

    first = await ada.post(action, data={**values, "client_key": key})
    position = await house.core.log.newest()
    again = await ada.post(action, data={**values, "client_key": key})

    assert first.status_code in {201, 303}, first.text
    assert (again.status_code, again.headers.get("location")) == (first.status_code, first.headers.get("location"))
    assert await house.core.log.newest() == position
    # The browser's back button shows the same form: another text creates another resource, and none is lost.
    further = {**values, "client_key": key, **{"name": "another", "title": "another", "content": "another"}}
    further |= {"nickname": "another"} if "nickname" in values else {}
    assert (await ada.post(action, data=further)).status_code == first.status_code
    if name == "token-form":  # without an event
        assert len(await house.core.tokens.of_user(house.people["root"].id)) == 2
    else:
        assert await house.core.log.newest() != position


async def test_the_page_of_a_new_link_shows_the_same_link_after_a_reload(house: House):
    ada = await house.browser("root")
    action, key = _form((await ada.get("/front/account")).text, "invitation-form")
    links = set()
    for _ in range(2):
        page = (await ada.post(action, data={"uses": "1", "days": "7", "client_key": key})).text
        links |= set(re.findall(r"http://\S+/front/join/[\w-]+", page))

    assert len(links) == 1
    assert len(await house.core.invitations.find(house.caller("root"))) == 1
    joining = {"name": "Zoe", "email": "z@example.org", "nickname": "zoe", "password": PASSWORD}
    assert (await house.client().post(links.pop(), data=joining)).status_code == 303


# Files.


async def test_a_repeated_upload_starts_one_import(house: House):
    ada, bob = await house.browser("root"), await house.browser("bob")
    board = await house.board(root="owner", bob="editor")
    await house.core.import_runner.stop()  # the import itself runs later
    place, key = f"/api/boards/{board}/imports", {"client_key": "sent-again-1"}
    first = await ada.post(place, params=key, json=[{"title": "Milk"}])
    position = (await ada.get("/api/jobs")).json()

    again = await ada.post(place, params=key, json=[{"title": "Milk"}])

    assert (first.status_code, again.status_code) == (202, 200), again.text
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert [job["id"] for job in (await ada.get("/api/jobs")).json()] == [job["id"] for job in position]
    assert len(house.core.uploads.finished()) == 1, "what came the second time is gone"
    refused(await ada.post(place, params=key, json=[{"title": "Oats"}]), 409, "client_key_used")
    refused(await ada.post(place, params={**key, "dry_run": "true"}, json=[{"title": "Milk"}]), 409, "client_key_used")
    assert (await bob.post(place, params=key, json=[{"title": "Milk"}])).status_code == 202, "a key of his own"


async def test_a_repeated_upload_by_form_starts_one_import(house: House):
    ada = await house.browser("root")
    path = f"/front/boards/{await house.board(root='owner')}/transfer"
    key = re.search(r'id="import-form".*?name="client_key" value="(\w+)"', (await ada.get(path)).text, re.DOTALL)
    assert key

    places = []
    for title in ("Milk", "Milk", "Oats"):
        file = {"file": ("notes.json", f'[{{"title": "{title}"}}]')}
        answer = await ada.post(path, data={"client_key": key[1]}, files=file)
        assert answer.status_code == 303, answer.text
        places.append(answer.headers["location"])

    assert places[0] == places[1] != places[2]


# Joining by a link.

ZOE = {"name": "Zoe", "email": "z@example.org", "nickname": "zoe", "password": PASSWORD}


async def _sent_to_join(house: House, secret: str) -> Json:
    page = (await house.client().get(f"/front/join/{secret}")).text
    key = re.search(r'name="client_key" value="(\w+)"', page)
    assert key
    return {**ZOE, "client_key": key[1]}


@pytest.mark.parametrize("uses", [1, 2])
@pytest.mark.parametrize("at_once", [False, True], ids=["afterwards", "at once"])
async def test_a_repeated_registration_signs_in(house: House, uses: int, at_once: bool):
    board = await house.board(root="owner")
    secret = await house.link(board_id=board, role="editor", uses=uses)
    sent, browsers = await _sent_to_join(house, secret), [house.client(), house.client()]
    asking = [browser.post(f"/front/join/{secret}", data=sent) for browser in browsers]

    answers = await asyncio.gather(*asking) if at_once else [await each for each in asking]

    places = [(answer.status_code, answer.headers.get("location")) for answer in answers]
    assert places == [(303, f"/front/boards/{board}/notes")] * 2
    assert [(await browser.get("/api/me")).json()["user"]["nickname"] for browser in browsers] == ["zoe"] * 2
    people = (await browsers[0].get("/api/users")).json()
    assert [person["nickname"] for person in people].count("zoe") == 1


async def test_a_key_alone_does_not_sign_in(house: House):
    secret = await house.link(uses=2)
    sent = await _sent_to_join(house, secret)
    assert (await house.client().post(f"/front/join/{secret}", data=sent)).status_code == 303

    wrong = await house.client().post(f"/front/join/{secret}", data={**sent, "password": "another password of mine"})
    keyless = await house.client().post(f"/front/join/{secret}", data={**sent, "client_key": ""})
    elsewhere = await house.client().post(f"/front/join/{await house.link()}", data=sent)

    assert [answer.status_code for answer in (wrong, keyless, elsewhere)] == [409] * 3


async def test_a_repeated_password_reset_has_one_effect(house: House):
    added = (await house.core.users.add(UserCreate(name="Zoe", email=None, nickname="zoe"))).result
    secret = await house.link(user_id=added.id)
    sent = {"password": PASSWORD, "client_key": (await _sent_to_join(house, secret))["client_key"]}
    assert (await house.client().post(f"/front/join/{secret}", data=sent)).status_code == 303
    browser = house.client()

    again = await browser.post(f"/front/join/{secret}", data=sent)

    assert again.status_code == 303
    assert (await browser.get("/api/me")).json()["user"]["id"] == added.id


async def test_a_repeated_acceptance_of_a_board_invitation_redirects_to_the_board(house: House):
    board = await house.board(root="owner")
    secret = await house.link(board_id=board, role="editor")
    bob, eve = await house.browser("bob"), await house.browser("eve")

    answers = [await browser.post(f"/front/join/{secret}/accept") for browser in (bob, bob, eve)]

    assert [answer.headers.get("location") for answer in answers[:2]] == [f"/front/boards/{board}/notes"] * 2
    assert answers[2].status_code == 410


def _form(page: str, name: str) -> tuple[str, str]:
    """The target of a form on a page, and its key."""
    found: Any = re.search(rf'<form id="{name}"[^>]* action="([^"#]+)[^>]*>\s*<input [^>]*value="(\w+)"', page)
    return found[1], found[2]
