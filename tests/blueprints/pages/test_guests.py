"""Guests: in open mode, people write in the lobby before they choose a user."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, got, person, room

LOBBY = "/front/rooms/1"
NAME = re.compile(r"Guest [1-9]\d{3}")


async def _say(api: httpx.AsyncClient, content: str, **more: str) -> httpx.Response:
    return await api.post(f"{LOBBY}/messages", data={"content": content, **more})


Said = Callable[[], Awaitable[list[Json]]]


@pytest.fixture
async def said(api: httpx.AsyncClient) -> Said:
    """The messages in the lobby since the test began, read by a browser without a user."""
    api.cookies.clear()
    api.headers["Accept"] = "text/html"
    before = len(await got(api, "/api/rooms/1/messages"))

    async def since() -> list[Json]:
        return list(await got(api, "/api/rooms/1/messages"))[before:]

    return since


async def test_a_guest_is_identified_by_a_cookie(api: httpx.AsyncClient, said: Said):
    first = await _say(api, "one")
    await _say(api, "two")
    api.cookies.clear()
    await _say(api, "three")

    assert (first.status_code, first.headers["location"]) == (303, f"{LOBBY}#end")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    one, two, three = await said()
    assert NAME.fullmatch(one["guest"])
    assert (one["author_id"], one["content"]) == (None, "one")
    assert one["guest"] == two["guest"] != three["guest"]


async def test_the_name_of_another_guest_cannot_be_taken(api: httpx.AsyncClient, said: Said):
    await _say(api, "mine")
    (mine,) = await said()
    cookie, signed = next(one for one in api.cookies.items() if "guest" in one[0])
    for forged in (mine["guest"], "Guest 1234", signed.replace(mine["guest"][-4:], "1234"), signed[:-1], ""):
        api.cookies.clear()
        await api.post(f"{LOBBY}/messages", data={"content": "forged"}, headers={"Cookie": f"{cookie}={forged}"})

    assert all(one["guest"] != mine["guest"] for one in await said() if one["content"] == "forged")


async def test_nobody_can_delete_a_guests_message(api: httpx.AsyncClient, said: Said):
    """Neither with a possible author id, nor in the same browser after it has chosen a user."""
    await _say(api, "mine", client_key="a-key-of-the-page")
    (mine,) = await said()
    ada = await person(api)
    message = f"/api/messages/{mine['id']}"
    for author in (ada["id"], 1, int(mine["guest"][-4:]), 2**63 - 1):
        tries = [
            await api.delete(f"{message}?author_id={author}"),
            await api.patch(message, json={"author_id": author, "content": "other"}),
            await api.post(f"{message}/restore?author_id={author}"),
        ]
        assert {answer.status_code for answer in tries} <= {403, 404, 422}
    await api.post("/front/me", data={"person_id": ada["id"]})
    for action, form in (("", {"content": "other"}), ("/delete", {}), ("/restore", {})):
        answer = await api.post(f"{LOBBY}/messages/{mine['id']}{action}", data=form)
        assert answer.status_code in {403, 404}
    api.cookies.clear()
    await _say(api, "mine", client_key="a-key-of-the-page")  # another guest, with the same text and key

    after = await said()
    assert after[0] == mine
    assert [one["content"] for one in after] == ["mine", "mine"]
    assert after[1]["guest"] != mine["guest"]


async def test_a_repeated_message_of_a_guest_is_posted_once(api: httpx.AsyncClient, said: Said):
    await _say(api, "before")
    for _ in range(2):
        assert (await _say(api, "once", client_key="a-key-of-the-page")).status_code == 303
    assert (await _say(api, "another text", client_key="a-key-of-the-page")).status_code == 303

    assert [one["content"] for one in await said()] == ["before", "once", "another text"]


@pytest.mark.parametrize("content", ["", " \r\n ", "x" * 4001, "a\0b"])
async def test_an_invalid_message_is_shown_again_with_its_error(api: httpx.AsyncClient, said: Said, content: str):
    answer = await _say(api, content)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert await said() == []


@pytest.mark.usefixtures("said")
async def test_guests_write_in_the_lobby_only(api: httpx.AsyncClient):
    place = await room(api)
    page, elsewhere = await api.get(LOBBY), await api.get(f"/front/rooms/{place['id']}")

    await api.post(f"/front/rooms/{place['id']}/messages", data={"content": "x"})

    assert 'id="message-form"' in page.text
    assert 'id="message-form"' not in elsewhere.text
    assert await got(api, f"/api/rooms/{place['id']}/messages") == []


async def test_accounts_mode_has_no_guests(house: House):
    client = house.app.test_client()

    answer = await client.post(f"{LOBBY}/messages", form={"content": "x"}, headers={"Accept": "text/html"})

    assert answer.status_code in {303, 401}
    assert "guest" not in answer.headers.get("Set-Cookie", "")
