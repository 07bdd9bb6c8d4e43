"""The pages of the rooms: what each user sees, and what the forms do."""

import re

import httpx
import pytest

from tests.support.api_fixtures import Json, cookie_of, got, made, person, room, say, tell

FORMS = {"Accept": "text/html"}


async def _as(api: httpx.AsyncClient, who: Json | None) -> httpx.AsyncClient:
    """The same client, from now on as this user."""
    api.cookies.clear()
    if who:
        name, _, value = (await cookie_of(api, who)).partition("=")
        api.cookies.set(name, value)
    api.headers.update(FORMS)
    return api


async def _said(api: httpx.AsyncClient, where: Json) -> list[str]:
    return [one["content"] for one in await got(api, f"/api/rooms/{where['id']}/messages")]


async def test_the_form_posts_a_message_once_and_redirects_to_the_end(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    await _as(api, ada)
    form = {"content": "two\r\nlines", "client_key": "a-key-of-the-page"}

    answers = [await api.post(f"/front/rooms/{place['id']}/messages", data=form) for _ in range(2)]

    assert [(one.status_code, one.headers["location"]) for one in answers] == 2 * [
        (303, f"/front/rooms/{place['id']}#end")
    ]
    assert await _said(api, place) == ["two\nlines"]


async def test_posting_by_the_form_marks_the_shown_messages_as_read(api: httpx.AsyncClient):
    ada, bob, place = await person(api), await person(api), await room(api)
    await say(api, place, bob)
    await _as(api, ada)

    await api.post(f"/front/rooms/{place['id']}/messages", data={"content": "answer"})

    unread = await got(api, f"/api/users/{ada['id']}/unread")
    assert next(one["count"] for one in unread if one["room_id"] == place["id"]) == 0


@pytest.mark.parametrize("content", ["", " \r\n ", "x" * 4001, "a\0b"])
async def test_an_invalid_message_is_shown_again_with_its_error(api: httpx.AsyncClient, content: str):
    ada, place = await person(api), await room(api)
    await _as(api, ada)

    answer = await api.post(f"/front/rooms/{place['id']}/messages", data={"content": content})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert await _said(api, place) == []


async def test_posting_requires_a_user(api: httpx.AsyncClient):
    place = await room(api)
    await _as(api, None)

    answer = await api.post(f"/front/rooms/{place['id']}/messages", data={"content": "words"})

    assert answer.headers["location"] == f"/front/rooms/{place['id']}"
    assert await _said(api, place) == []


async def test_a_message_is_changed_deleted_and_restored_by_forms(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    message = await say(api, place, ada, "before")
    await _as(api, ada)
    page = f"/front/rooms/{place['id']}"
    address = f"{page}/messages/{message['id']}"

    saved = await api.post(address, data={"content": "after"})
    assert saved.headers["location"] == f"{page}#message-{message['id']}"
    assert await _said(api, place) == ["after"]
    deleted = await api.post(f"{address}/delete")
    assert deleted.headers["location"] == f"{page}?deleted={message['id']}#end"
    assert await _said(api, place) == []
    assert 'class="notice"' in (await api.get(f"{page}?deleted={message['id']}")).text
    assert (await api.post(f"{address}/delete")).headers["location"] == f"{page}#end"
    restored = await api.post(f"{address}/restore")

    assert restored.headers["location"] == f"{page}#message-{message['id']}"
    assert await _said(api, place) == ["after"]


@pytest.mark.parametrize("who", ["another", "nobody"])
async def test_only_the_author_changes_a_message_by_forms(api: httpx.AsyncClient, who: str):
    ada, place = await person(api), await room(api)
    message = await say(api, place, ada, "mine")
    await _as(api, await person(api) if who == "another" else None)
    address = f"/front/rooms/{place['id']}/messages/{message['id']}"

    answers = [
        await api.get(f"{address}/edit"),
        await api.post(address, data={"content": "theirs"}),
        await api.post(f"{address}/delete"),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403]
    assert await _said(api, place) == ["mine"]
    await _as(api, ada)
    await api.post(f"{address}/delete")
    await _as(api, await person(api))
    assert (await api.post(f"{address}/restore")).status_code == 403
    assert 'class="notice"' not in (await api.get(f"/front/rooms/{place['id']}?deleted={message['id']}")).text


@pytest.mark.parametrize("who", ["another", "nobody"])
async def test_a_conversation_of_others_is_a_404(api: httpx.AsyncClient, who: str):
    ada, bob = await person(api), await person(api)
    message = await tell(api, ada, bob, "between us")
    page = f"/front/rooms/{message['room_id']}"
    await _as(api, ada)
    assert "between us" in (await api.get(page)).text
    await _as(api, await person(api) if who == "another" else None)

    address = f"{page}/messages/{message['id']}"
    answers = [
        *[await api.get(path) for path in (page, f"{page}?deleted={message['id']}", address)],
        await api.post(f"{page}/messages", data={"content": "me too"}),
    ]
    if who == "another":
        answers += [
            await api.get(f"{address}/edit"),
            *[await api.post(path, data={"content": "x"}) for path in (address, f"{address}/delete")],
            await api.post(f"{address}/restore"),
        ]

    assert {one.status_code for one in answers} == {404}
    assert not any("between us" in one.text for one in answers)


async def test_a_message_has_an_address_in_its_own_room_only(api: httpx.AsyncClient):
    ada, place, other = await person(api), await room(api), await room(api)
    message = await say(api, place, ada, "here")
    await _as(api, ada)
    address = f"/front/rooms/{other['id']}/messages/{message['id']}"

    assert (await api.get(address)).status_code == 404
    assert (await api.get(f"{address}/edit")).status_code == 404
    assert (await api.post(address, data={"content": "there"})).status_code == 404
    await api.post(f"{address}/delete")
    assert await _said(api, place) == ["here"]


async def test_a_single_message_has_the_same_markup_as_on_its_page(api: httpx.AsyncClient):
    ada, place = await person(api), await room(api)
    message = await say(api, place, ada, "<b>")
    await _as(api, ada)

    pages = [f"/front/rooms/{place['id']}/messages/{message['id']}", f"/front/rooms/{place['id']}"]
    # Each form has a key of its own.
    alone, page = [re.sub(r'value="[0-9a-f]{24}"', "", (await api.get(one)).text.strip()) for one in pages]

    assert alone.startswith(f'<li id="message-{message["id"]}" class="message"')
    assert alone.endswith("</li>")
    assert alone in page


async def test_a_room_is_created_by_the_form(api: httpx.AsyncClient):
    answer = await api.post("/front/rooms", data={"name": "A room by form"}, headers=FORMS)
    again = await api.post("/front/rooms", data={"name": "a ROOM by form"}, headers=FORMS)
    blank = await api.post("/front/rooms", data={"name": " "}, headers=FORMS)

    rooms = await got(api, "/api/rooms")
    opened = next(one for one in rooms if one["name"] == "A room by form")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/front/rooms/{opened['id']}")
    assert (again.status_code, blank.status_code) == (409, 422)
    assert 'value="a ROOM by form"' in again.text


@pytest.mark.parametrize("query", ["before_id=x", "before_id=0", "before_id=99999999999999999999", "deleted=x"])
async def test_an_invalid_query_shows_the_newest_messages(api: httpx.AsyncClient, query: str):
    place = await made(api, "/api/rooms", name=f"nonsense {query}")

    answer = await api.get(f"/front/rooms/{place['id']}?{query}", headers=FORMS)

    assert answer.status_code == 200
    assert "data-newest" in answer.text
