"""Direct messages through the API: sent once, paged completely."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support.api_fixtures import (
    MAX_ID,
    NUMBERS,
    Json,
    fields_of,
    got,
    newest,
    people,
    person,
    refused,
    room,
    say,
    tell,
    walked,
    whole_message,
)

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NOWHERE = {"id": MAX_ID}


def _sent(author: Json, recipient: Json, **changes: Any) -> Json:
    return {"author_id": author["id"], "recipient_id": recipient["id"], "content": "psst", **changes}


# P4, P5: sending.


async def test_the_response_contains_the_complete_direct_message(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    before = datetime.now(UTC)

    answer = await api.post("/api/messages", json=_sent(ada, bob, content="Hi,\nBob", client_key="key-00000001"))

    message = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/messages/{message['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["last-event-id"] == await newest(api)
    more = {"recipient_id": bob["id"], "recipient": bob, "client_key": "key-00000001"}
    assert message == whole_message(message, ada, "Hi,\nBob", **more)
    assert RFC3339.fullmatch(message["date"])
    assert before <= datetime.fromisoformat(message["date"]) <= datetime.now(UTC)
    one = await api.get(answer.headers["location"])
    assert one.json() == message
    assert one.headers["etag"] == '"1"'


async def test_a_direct_conversation_has_one_room(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    there, back, other = await tell(api, ada, bob), await tell(api, bob, ada), await tell(api, ada, eve)

    assert there["room_id"] == back["room_id"] != other["room_id"]
    conversation = await got(api, f"/api/rooms/{there['room_id']}")
    assert (conversation["kind"], conversation["name"], conversation["people"]) == ("direct", None, [ada, bob])
    assert await got(api, f"/api/rooms/{there['room_id']}/messages") == [there, back]


async def test_a_user_can_message_themselves(api: httpx.AsyncClient):
    ada = await person(api)

    note = await tell(api, ada, ada, "remember the milk")

    assert note["author"] == note["recipient"] == ada
    assert (await got(api, f"/api/rooms/{note['room_id']}"))["people"] == [ada]
    by_the_room = await say(api, {"id": note["room_id"]}, ada)
    assert by_the_room["author"] == by_the_room["recipient"] == ada
    assert await got(api, f"/api/users/{ada['id']}/messages") == [note, by_the_room]


async def test_ids_may_be_strings_of_digits_as_forms_send_them(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)

    answer = await api.post("/api/messages", json=_sent({"id": str(ada["id"])}, {"id": f"000{bob['id']}"}))

    assert answer.status_code == 201
    assert (answer.json()["author_id"], answer.json()["recipient_id"]) == (ada["id"], bob["id"])


async def test_a_message_with_a_missing_user_names_the_field_and_is_not_stored(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    rooms, before = await got(api, "/api/rooms", person_id=ada["id"]), await newest(api)

    for author, recipient, fields in (
        (NOWHERE, bob, {"author_id"}),
        (ada, NOWHERE, {"recipient_id"}),
        (NOWHERE, {"id": str(MAX_ID - 1)}, {"author_id", "recipient_id"}),
    ):
        answer = await api.post("/api/messages", json=_sent(author, recipient))
        problem = refused(answer, 422, "validation_failed")
        assert fields_of(problem) == fields
        assert str(MAX_ID)[:-1] in problem["detail"]
    in_a_room = await api.post("/api/rooms/1/messages", json={"author_id": MAX_ID, "content": "boo"})
    assert fields_of(refused(in_a_room, 422, "validation_failed")) == {"author_id"}

    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == []
    assert await got(api, "/api/rooms", person_id=ada["id"]) == rooms
    await tell(api, ada, bob)  # the positive case: both exist


@pytest.mark.parametrize(
    "content", ["x", "x" * 4000, "𝄞" * 4000, " x\n", "\u200bx", "\u2764\ufe0f", "<b>&amp;</b>{{7*7}}", "\u202eab"]
)
async def test_the_text_of_a_message_is_stored_unchanged(api: httpx.AsyncClient, content: str):
    ada, bob = await people(api, 2)

    for message in (await tell(api, ada, bob, content), await say(api, {"id": 1}, ada, content)):
        assert message["content"] == content
        assert (await got(api, f"/api/messages/{message['id']}"))["content"] == content


@pytest.mark.parametrize("content", ["", " ", "\n\t\u3000", "x" * 4001, "𝄞" * 4001, " " * 4000 + "x"])
@pytest.mark.parametrize("how", ["directly", "in a room", "by a change"])
async def test_an_empty_or_too_long_message_is_refused(api: httpx.AsyncClient, content: str, how: str):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)
    before = await newest(api)

    body = {"author_id": ada["id"], "content": content}
    if how == "directly":
        answer = await api.post("/api/messages", json={**body, "recipient_id": bob["id"]})
    elif how == "in a room":
        answer = await api.post("/api/rooms/1/messages", json=body)
    else:
        answer = await api.patch(f"/api/messages/{message['id']}", json=body)

    assert fields_of(refused(answer, 422, "validation_failed")) == {"content"}
    assert await newest(api) == before


@pytest.mark.parametrize("field", ["date", "id", "room_id", "guest", "version", "edited_at", "Content"])
async def test_fields_set_by_the_server_are_refused(api: httpx.AsyncClient, field: str):
    ada, bob = await people(api, 2)

    answer = await api.post("/api/messages", json=_sent(ada, bob, **{field: 1}))

    assert fields_of(refused(answer, 422, "validation_failed")) == {field}


# A repeated message is not posted twice.


@pytest.mark.parametrize("key", ["k" * 8, "k" * 64, "b1946ac9-2492-4d23_X"])
async def test_a_repeated_message_returns_the_existing_one(api: httpx.AsyncClient, key: str):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob, client_key=key)
    before = await newest(api)

    answer = await api.post("/api/messages", json=_sent(ada, bob, client_key=key))

    assert answer.status_code == 200
    assert answer.json() == message
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/api/messages/{message['id']}"
    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == [message]


@pytest.mark.parametrize("where", ["directly", "in a room"])
async def test_concurrent_repeated_messages_are_posted_and_published_once(api: httpx.AsyncClient, where: str):
    ada, bob = await people(api, 2)
    place = await room(api)
    await tell(api, ada, bob)
    before = int((await newest(api)).partition("-")[2])
    key = {"client_key": f"once-{next(NUMBERS):08}"}
    path = "/api/messages" if where == "directly" else f"/api/rooms/{place['id']}/messages"
    body = _sent(ada, bob, **key) if where == "directly" else {"author_id": ada["id"], "content": "once", **key}

    answers = await asyncio.gather(*(api.post(path, json=body) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert all(answer.json() == answers[0].json() for answer in answers)
    told = 3 if where == "directly" else 1  # once to each of the two, and a notification
    assert int((await newest(api)).partition("-")[2]) == before + told
    said = await got(api, f"/api/rooms/{answers[0].json()['room_id']}/messages", after_id=answers[0].json()["id"] - 1)
    assert said == [answers[0].json()]


async def test_the_same_key_of_another_author_is_another_message(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)

    one = await tell(api, ada, bob, "one", client_key="the-same-key")
    other = await tell(api, bob, ada, "other", client_key="the-same-key")

    assert one["id"] != other["id"]
    assert (one["content"], other["content"]) == ("one", "other")


async def test_a_late_repetition_does_not_post_a_deleted_message_again(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob, client_key="deleted-since")
    await api.delete(f"/api/messages/{message['id']}?author_id={ada['id']}")
    before = await newest(api)

    answer = await api.post("/api/messages", json=_sent(ada, bob, client_key="deleted-since"))

    assert (answer.status_code, answer.json()["id"]) == (200, message["id"])
    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == []


# P6: reading.


async def test_direct_messages_are_listed_oldest_first_without_room_messages(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    before = (await got(api, "/api/messages", before_id=MAX_ID, limit=1) or [{"id": 0}])[0]["id"]
    await say(api, {"id": 1}, ada)

    sent = [await tell(api, ada, bob), await tell(api, eve, ada), await tell(api, bob, eve)]

    assert await got(api, "/api/messages", after_id=before) == sent
    assert await got(api, f"/api/users/{ada['id']}/messages") == sent[:2]
    assert await got(api, f"/api/users/{bob['id']}/messages") == [sent[0], sent[2]]
    assert await got(api, f"/api/users/{eve['id']}/messages") == sent[1:]


@pytest.mark.parametrize("path", ["/api/messages", "/api/users/{ada}/messages", "/api/rooms/{room}/messages"])
async def test_page_links_lead_through_all_messages_in_both_directions(api: httpx.AsyncClient, path: str):
    ada, bob = await people(api, 2)
    sent = [(await tell(api, ada, bob, str(n)))["id"] for n in range(7)]
    where = path.format(ada=ada["id"], room=(await got(api, f"/api/messages/{sent[0]}"))["room_id"])
    start = sent[0] - 1

    assert await walked(api, where, limit=3, after_id=start) == [sent[:3], sent[3:6], sent[6:]]
    assert await walked(api, where, limit=7, after_id=start) == [sent]
    back = await walked(api, where, "prev", limit=3, before_id=MAX_ID, after_id=start)
    assert back == [sent[4:], sent[1:4], sent[:1]]
    assert await walked(api, where, "prev", limit=3, before_id=sent[3], after_id=start) == [sent[:3]]
    assert await got(api, where, before_id=sent[0], after_id=start) == []


async def test_an_invalid_page_is_refused(api: httpx.AsyncClient, ada: Json):
    beginnings = ("limit=0", "limit=1001", "limit=x", "after_id=-1", f"after_id={MAX_ID + 1}")
    ends = ("before_id=0", "before_id=x", "before_id=")
    messages = ("/api/messages", f"/api/users/{ada['id']}/messages", "/api/rooms/1/messages")
    for path in ("/api/users", "/api/rooms", *messages):
        for query in (*beginnings, *(ends if path in messages else ())):
            problem = refused(await api.get(f"{path}?{query}"), 422, "validation_failed")
            assert fields_of(problem) == {query.partition("=")[0]}, path


async def test_an_unchanged_page_is_a_304(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)
    for path in ("/api/messages", f"/api/users/{ada['id']}/messages", f"/api/rooms/{message['room_id']}/messages"):
        tag = (await api.get(path)).headers["etag"]
        assert (await api.get(path, headers={"If-None-Match": tag})).status_code == 304
        await tell(api, ada, bob)
        changed = await api.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag
