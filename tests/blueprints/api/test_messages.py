"""Direct messages and one's own messages through the API: sent once, paged whole, changed by their author only."""

import asyncio
import json
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
)
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NOWHERE = {"id": MAX_ID}


def _sent(author: Json, recipient: Json, **changes: Any) -> Json:
    return {"author_id": author["id"], "recipient_id": recipient["id"], "content": "psst", **changes}


# P4, P5: a message is sent.


async def test_a_direct_message_is_answered_whole(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    before = datetime.now(UTC)

    answer = await api.post("/api/messages", json=_sent(ada, bob, content="Hi,\nBob", client_key="key-00000001"))

    message = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/messages/{message['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["last-event-id"] == await newest(api)
    assert message == {
        "id": message["id"],
        "room_id": message["room_id"],
        "content": "Hi,\nBob",
        "author_id": ada["id"],
        "author": ada,
        "guest": None,
        "recipient_id": bob["id"],
        "recipient": bob,
        "client_key": "key-00000001",
        "version": 1,
        "date": message["date"],
        "edited_at": None,
        "answer": None,
    }
    assert RFC3339.fullmatch(message["date"])
    assert before <= datetime.fromisoformat(message["date"]) <= datetime.now(UTC)
    one = await api.get(answer.headers["location"])
    assert one.json() == message
    assert one.headers["etag"] == '"1"'


async def test_the_two_of_a_conversation_share_one_room(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    there, back, other = await tell(api, ada, bob), await tell(api, bob, ada), await tell(api, ada, eve)

    assert there["room_id"] == back["room_id"] != other["room_id"]
    conversation = await got(api, f"/api/rooms/{there['room_id']}")
    assert (conversation["kind"], conversation["name"], conversation["people"]) == ("direct", None, [ada, bob])
    assert await got(api, f"/api/rooms/{there['room_id']}/messages") == [there, back]


async def test_one_may_write_to_oneself(api: httpx.AsyncClient):
    ada = await person(api)

    note = await tell(api, ada, ada, "remember the milk")

    assert note["author"] == note["recipient"] == ada
    assert (await got(api, f"/api/rooms/{note['room_id']}"))["people"] == [ada]
    assert await got(api, f"/api/users/{ada['id']}/messages") == [note]


async def test_ids_may_be_strings_of_digits_as_forms_send_them(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)

    answer = await api.post("/api/messages", json=_sent({"id": str(ada["id"])}, {"id": f"000{bob['id']}"}))

    assert answer.status_code == 201
    assert (answer.json()["author_id"], answer.json()["recipient_id"]) == (ada["id"], bob["id"])


async def test_a_message_to_or_from_nobody_is_refused_by_its_field_and_nothing_stored(api: httpx.AsyncClient):
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

    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == []
    assert await got(api, "/api/rooms", person_id=ada["id"]) == rooms
    await tell(api, ada, bob)  # the positive: both are there


@pytest.mark.parametrize(
    "content", ["x", "x" * 4000, "𝄞" * 4000, " x\n", "\u200bx", "\u2764\ufe0f", "<b>&amp;</b>{{7*7}}", "\u202eab"]
)
async def test_what_is_said_is_kept_as_it_is(api: httpx.AsyncClient, content: str):
    ada, bob = await people(api, 2)

    for message in (await tell(api, ada, bob, content), await say(api, {"id": 1}, ada, content)):
        assert message["content"] == content
        assert (await got(api, f"/api/messages/{message['id']}"))["content"] == content


@pytest.mark.parametrize("content", ["", " ", "\n\t\u3000", "x" * 4001, "𝄞" * 4001, " " * 4000 + "x"])
@pytest.mark.parametrize("how", ["directly", "in a room", "by a change"])
async def test_what_says_nothing_or_too_much_is_refused(api: httpx.AsyncClient, content: str, how: str):
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
async def test_what_the_server_decides_cannot_be_sent(api: httpx.AsyncClient, field: str):
    ada, bob = await people(api, 2)

    answer = await api.post("/api/messages", json=_sent(ada, bob, **{field: 1}))

    assert fields_of(refused(answer, 422, "validation_failed")) == {field}


# A message that is sent again is not posted twice.


@pytest.mark.parametrize("key", ["k" * 8, "k" * 64, "b1946ac9-2492-4d23_X"])
async def test_a_message_sent_again_is_the_one_that_is_there(api: httpx.AsyncClient, key: str):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob, client_key=key)
    before = await newest(api)

    answer = await api.post("/api/messages", json=_sent(ada, bob, client_key=key))

    assert answer.status_code == 200
    assert answer.json() == message
    assert answer.headers["etag"] == '"1"'
    assert "location" not in answer.headers
    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == [message]


@pytest.mark.parametrize(
    "key", ["k" * 7, "k" * 65, "key with blanks", "k\u00e9y-key-key", "k" * 8 + "\n", "", 12345678]
)
async def test_a_key_that_is_none_is_refused(api: httpx.AsyncClient, key: object):
    ada, bob = await people(api, 2)

    answer = await api.post("/api/messages", json=_sent(ada, bob, client_key=key))

    assert fields_of(refused(answer, 422, "validation_failed")) == {"client_key"}


@pytest.mark.parametrize("where", ["directly", "in a room"])
async def test_sent_many_times_at_once_it_is_posted_once_and_told_once(api: httpx.AsyncClient, where: str):
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
    told = 2 if where == "directly" else 1  # once to each of the two
    assert int((await newest(api)).partition("-")[2]) == before + told
    said = await got(api, f"/api/rooms/{answers[0].json()['room_id']}/messages", after_id=answers[0].json()["id"] - 1)
    assert said == [answers[0].json()]


async def test_the_same_key_of_another_author_is_another_message(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)

    one = await tell(api, ada, bob, "one", client_key="the-same-key")
    other = await tell(api, bob, ada, "other", client_key="the-same-key")

    assert one["id"] != other["id"]
    assert (one["content"], other["content"]) == ("one", "other")


async def test_messages_without_a_key_are_all_posted(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)

    first, second = await tell(api, ada, bob), await tell(api, ada, bob, client_key=None)

    assert first["id"] != second["id"]


async def test_a_message_that_was_deleted_is_not_posted_again_by_a_late_repetition(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob, client_key="deleted-since")
    await api.delete(f"/api/messages/{message['id']}?author_id={ada['id']}")
    before = await newest(api)

    answer = await api.post("/api/messages", json=_sent(ada, bob, client_key="deleted-since"))

    assert (answer.status_code, answer.json()["id"]) == (200, message["id"])
    assert await newest(api) == before
    assert await got(api, f"/api/users/{ada['id']}/messages") == []


# P6: messages are read.


async def test_direct_messages_are_listed_oldest_first_and_rooms_are_not_among_them(api: httpx.AsyncClient):
    ada, bob, eve = await people(api, 3)
    before = (await got(api, "/api/messages", before_id=MAX_ID, limit=1) or [{"id": 0}])[0]["id"]
    await say(api, {"id": 1}, ada)

    sent = [await tell(api, ada, bob), await tell(api, eve, ada), await tell(api, bob, eve)]

    assert await got(api, "/api/messages", after_id=before) == sent
    assert await got(api, f"/api/users/{ada['id']}/messages") == sent[:2]
    assert await got(api, f"/api/users/{bob['id']}/messages") == [sent[0], sent[2]]
    assert await got(api, f"/api/users/{eve['id']}/messages") == sent[1:]


async def test_messages_of_nobody_are_not_found(api: httpx.AsyncClient):
    assert refused(await api.get(f"/api/users/{MAX_ID}/messages"), 404, "not_found")["detail"]
    assert await got(api, f"/api/users/{(await person(api))['id']}/messages") == []


@pytest.mark.parametrize("path", ["/api/messages", "/api/users/{ada}/messages", "/api/rooms/{room}/messages"])
async def test_the_links_lead_both_ways_through_all_messages(api: httpx.AsyncClient, path: str):
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


@pytest.mark.parametrize("path", ["/api/messages", "/api/users/{ada}/messages", "/api/rooms/1/messages"])
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after_id=-1", "before_id=0", "before_id=x", "before_id="])
async def test_a_page_that_cannot_be_is_refused(api: httpx.AsyncClient, path: str, query: str):
    ada = await person(api)

    answer = await api.get(f"{path.format(ada=ada['id'])}?{query}")

    assert fields_of(refused(answer, 422, "validation_failed")) == {query.partition("=")[0]}


async def test_a_page_that_has_not_changed_is_not_sent_again(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)
    for path in ("/api/messages", f"/api/users/{ada['id']}/messages", f"/api/rooms/{message['room_id']}/messages"):
        tag = (await api.get(path)).headers["etag"]
        assert (await api.get(path, headers={"If-None-Match": tag})).status_code == 304
        await tell(api, ada, bob)
        changed = await api.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


# One's own messages are changed.


async def test_the_author_changes_a_message(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    for message in (await tell(api, ada, bob, "old"), await say(api, {"id": 1}, ada, "old")):
        path = f"/api/messages/{message['id']}"

        answer = await api.patch(path, json={"author_id": str(ada["id"]), "content": "new"})

        changed = answer.json()
        assert answer.status_code == 200
        assert answer.headers["etag"] == '"2"'
        assert changed == {**message, "content": "new", "version": 2, "edited_at": changed["edited_at"]}
        assert changed["edited_at"] > message["date"]
        assert RFC3339.fullmatch(changed["edited_at"])
        assert await got(api, path) == changed


async def test_the_same_text_changes_nothing_and_sends_no_event(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob, "same")
    before = await newest(api)

    answer = await api.patch(f"/api/messages/{message['id']}", json={"author_id": ada["id"], "content": "same"})

    assert answer.status_code == 200
    assert answer.json() == message
    assert await newest(api) == before


@pytest.mark.parametrize("who", ["the recipient", "somebody else", "nobody"])
async def test_a_message_of_somebody_else_is_not_yours(api: httpx.AsyncClient, who: str):
    ada, bob, eve = await people(api, 3)
    message = await tell(api, ada, bob)
    other = {"the recipient": bob, "somebody else": eve, "nobody": NOWHERE}[who]["id"]
    path = f"/api/messages/{message['id']}"
    before = await newest(api)

    refused(await api.patch(path, json={"author_id": other, "content": "mine"}), 403, "not_yours")
    refused(await api.delete(f"{path}?author_id={other}"), 403, "not_yours")
    assert await got(api, path) == message
    assert await newest(api) == before
    await api.delete(f"{path}?author_id={ada['id']}")
    refused(await api.post(f"{path}/restore?author_id={other}"), 403, "not_yours")
    assert (await api.post(f"{path}/restore?author_id={ada['id']}")).status_code == 200


@pytest.mark.parametrize("query", ["", "?author_id=", "?author_id=x", "?author_id=0", f"?author_id={MAX_ID + 1}"])
async def test_who_deletes_must_be_said(api: httpx.AsyncClient, query: str):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)

    for answer in (
        await api.delete(f"/api/messages/{message['id']}{query}"),
        await api.post(f"/api/messages/{message['id']}/restore{query}"),
    ):
        assert fields_of(refused(answer, 422, "validation_failed")) == {"author_id"}
    assert await got(api, f"/api/messages/{message['id']}") == message


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_of_another_version_is_refused_with_the_current_message(api: httpx.AsyncClient, method: str):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)
    current = (await _change(api, message, ada, "second")).json()

    for tag in ('"1"', '"3"', 'W/"1"'):
        answer = await _change(api, message, ada, "third", tag, method=method)
        problem = refused(answer, 412, "stale_version")
        assert problem["message"] == current
    refused(await _change(api, message, ada, "third", "2", method=method), 400, "invalid_if_match")
    assert await got(api, f"/api/messages/{message['id']}") == current

    for tag in ('"2"', 'W/"2"', "*") if method == "PATCH" else ('W/"2"',):
        assert (await _change(api, message, ada, "second", tag, method=method)).status_code == 200


async def _change(
    api: httpx.AsyncClient, message: Json, author: Json, content: str, tag: str | None = None, *, method: str = "PATCH"
) -> httpx.Response:
    path = f"/api/messages/{message['id']}"
    headers = {} if tag is None else {"If-Match": tag}
    if method == "DELETE":
        return await api.delete(f"{path}?author_id={author['id']}", headers=headers)
    return await api.patch(path, json={"author_id": author["id"], "content": content}, headers=headers)


async def test_of_concurrent_changes_of_one_version_exactly_one_wins(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    message = await tell(api, ada, bob)

    answers = await asyncio.gather(*(_change(api, message, ada, f"text {n}", '"1"') for n in range(12)))

    won = [answer for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 11
    assert all(answer.json()["message"] == won[0].json() for answer in answers if answer is not won[0])


async def test_a_deleted_message_is_gone_and_comes_back_in_its_place(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    first, message, last = [await tell(api, ada, bob, str(n)) for n in range(3)]
    path = f"/api/messages/{message['id']}"
    lists = ("/api/messages", f"/api/users/{bob['id']}/messages", f"/api/rooms/{message['room_id']}/messages")

    deleted = await api.delete(f"{path}?author_id={ada['id']}")

    assert deleted.status_code == 200
    assert deleted.json() == message
    for again in (
        await api.get(path),
        await api.delete(f"{path}?author_id={ada['id']}"),
        await _change(api, message, ada, "x"),
    ):
        refused(again, 404, "not_found")
    for where in lists:
        assert await got(api, where, after_id=first["id"] - 1) == [first, last]

    restored = await api.post(f"{path}/restore?author_id={ada['id']}")

    assert restored.status_code == 200
    assert restored.headers["etag"] == '"2"'
    assert restored.json() == {**message, "version": 2}
    for where in lists:
        assert await got(api, where, after_id=first["id"] - 1) == [first, restored.json(), last]
    refused(await api.post(f"{path}/restore?author_id={ada['id']}"), 404, "not_found")


async def test_of_concurrent_deletions_and_restorations_exactly_one_wins(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    path = f"/api/messages/{(await tell(api, ada, bob))['id']}"

    deletions = await asyncio.gather(*(api.delete(f"{path}?author_id={ada['id']}") for _ in range(6)))
    restorations = await asyncio.gather(*(api.post(f"{path}/restore?author_id={ada['id']}") for _ in range(6)))

    assert sorted(answer.status_code for answer in deletions) == [200] + [404] * 5
    assert sorted(answer.status_code for answer in restorations) == [200] + [404] * 5


@pytest.mark.parametrize("message_id", [MAX_ID, MAX_ID + 1, 0, -1, "01", "x"])
async def test_a_message_that_is_not_there_is_not_found(
    shared_server: ServerProcess, api: httpx.AsyncClient, message_id: object
):
    ada = await person(api)
    path = f"/api/messages/{message_id}"
    body = json.dumps({"author_id": ada["id"], "content": "x"}).encode()

    for data in (
        request(path),
        request(path, "Content-Type: application/json", method="PATCH", body=body),
        request(f"{path}?author_id={ada['id']}", method="DELETE"),
        request(f"{path}/restore?author_id={ada['id']}", method="POST"),
    ):
        assert_problem(await asyncio.to_thread(exchange, shared_server.port, data), 404, "not_found")
