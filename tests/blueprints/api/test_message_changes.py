"""Messages are changed, deleted and restored through the API by their author only."""

import asyncio
import json
import re

import httpx
import pytest

from tests.support.api_fixtures import MAX_ID, Json, fields_of, got, newest, people, person, refused, say, tell
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NOWHERE = {"id": MAX_ID}


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
async def test_a_message_of_another_author_cannot_be_changed(api: httpx.AsyncClient, who: str):
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
async def test_a_deletion_requires_a_user(api: httpx.AsyncClient, query: str):
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


async def test_a_deleted_message_is_hidden_and_restored_at_its_position(api: httpx.AsyncClient):
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
async def test_a_missing_message_is_a_404(shared_server: ServerProcess, api: httpx.AsyncClient, message_id: object):
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
