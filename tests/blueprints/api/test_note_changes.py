"""Changing notes: only the given fields, conditional on a version, and one winner of concurrent changes."""

import asyncio

import httpx
import pytest

from tests.support.api_fixtures import Json, add_note, lasting, newest_number, refused
from tests.support.servers.server_process import ServerProcess


@pytest.mark.parametrize(
    "change",
    [
        {"title": "new"},
        {"description": "new"},
        {"done": True},
        {"title": None},
        {"description": " "},
        {"title": "a", "description": "b", "done": True},
    ],
)
async def test_only_the_given_fields_change(api: httpx.AsyncClient, change: Json):
    note = await add_note(api, title="old", description="old")

    answer = await api.patch(f"/api/notes/{note['id']}", json=change)

    expected = {name: None if value == " " else value for name, value in change.items()}
    changed = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    expected |= {"version": 2, "updated_at": changed["updated_at"]}
    expected |= {"done_at": changed["updated_at"]} if change.get("done") else {}
    assert changed == {**note, **expected}
    assert changed["updated_at"] > note["updated_at"]
    assert (await api.get(f"/api/notes/{note['id']}")).json() == changed


@pytest.mark.parametrize("content_type", ["application/json", "application/merge-patch+json"])
async def test_a_changed_note_has_the_tag_of_its_text_and_its_thread(
    api: httpx.AsyncClient, ada: Json, content_type: str
):
    note = await add_note(api, title="old")
    path = f"/api/notes/{note['id']}"
    thread = (await api.put(f"{path}/thread")).json()
    await api.post(f"/api/rooms/{thread['id']}/messages", json={"author_id": ada["id"], "content": "about it"})

    changed = await api.patch(path, content=b'{"title": "new"}', headers={"Content-Type": content_type})

    assert changed.json()["thread"]["message_count"] == 1
    read = await api.get(path)
    assert (read.json(), read.headers["etag"]) == (changed.json(), changed.headers["etag"])


@pytest.mark.parametrize(
    "change", [{}, {"title": "same"}, {"done": False}, {"description": None}, {"title": "same", "description": "  "}]
)
async def test_an_unchanged_note_gets_no_new_version_and_no_event(own: httpx.AsyncClient, change: Json):
    note = await add_note(own, title="same")
    events = await newest_number(own)

    answer = await own.patch(f"/api/notes/{note['id']}", json=change)

    assert answer.status_code == 200
    assert answer.json() == note
    assert answer.headers["etag"] == '"1"'
    assert await newest_number(own) == events
    await own.patch(f"/api/notes/{note['id']}", json={"done": True})
    assert await newest_number(own) == events + 1  # the positive case: a real change sends an event


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"done": None}, {"done"}), ({"done": "true"}, {"done"}), ({"done": 1}, {"done"}),
        ({"version": 5}, {"version"}), ({"id": 5}, {"id"}), ({"title": "x" * 201}, {"title"}),
        ({"title": "fine", "unknown": 1}, {"unknown"}), ({"title": "fine", "done": []}, {"done"}),
        ({"title": None, "description": ""}, {""}),
    ],
)  # fmt: skip
async def test_a_malformed_change_changes_nothing(api: httpx.AsyncClient, change: Json, fields: set[str]):
    note = await add_note(api, title="old", description="old")

    answer = await api.patch(f"/api/notes/{note['id']}", json=change)

    problem = refused(answer, 422, "validation_failed")
    assert {error["field"] for error in problem["errors"]} == fields
    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


async def test_the_last_text_of_a_note_cannot_be_removed(api: httpx.AsyncClient):
    note = await add_note(api, title="only")

    refused(await api.patch(f"/api/notes/{note['id']}", json={"title": ""}), 422, "validation_failed")

    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


# If-Match and If-None-Match.


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "tag",
    [
        '"2"', "*", '"1" ,\t"2"', '"1", "2"', '"7","2"', 'W/"1", "2"', '"2", "x,y"', 'W/"2"', 'W/"2", "1"', '"2-gzip"',
        '"2--gzip"', 'W/"2;br"', 'W/"2-br"',
    ],
)  # fmt: skip
async def test_a_change_of_the_current_version_succeeds(api: httpx.AsyncClient, method: str, tag: str):
    note = await add_note(api)
    await api.patch(f"/api/notes/{note['id']}", json={"title": "second"})

    answer = await _request(api, method, note, tag)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "tag", ['"1"', '"3"', 'W/"1"', '"1", "3"', '"02"', '" 2"', '""', '"2 "', '"*"', 'W/"3", "1"', '"1-gzip"', '"2-x"']
)
async def test_a_change_of_another_version_is_refused_with_the_current_note(
    api: httpx.AsyncClient, method: str, tag: str
):
    note = await add_note(api)
    current = (await api.patch(f"/api/notes/{note['id']}", json={"title": "second"})).json()

    answer = await _request(api, method, note, tag)

    if " " in tag.replace('", ', '",'):  # a space inside the quotes: no valid entity tag
        refused(answer, 400, "invalid_if_match")
    else:
        problem = refused(answer, 412, "stale_version")
        assert problem["note"] == current
    assert (await api.get(f"/api/notes/{note['id']}")).json() == current


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "tag", ["1", "", '"1', '1"', "'1'", 'w/"1"', '*, "1"', '"1" "1"', '"1"x', ",,", '"é\x7f"', "null"]
)
async def test_a_malformed_if_match_is_refused(api: httpx.AsyncClient, method: str, tag: str):
    note = await add_note(api)

    answer = await _request(api, method, note, tag)

    refused(answer, 400, "invalid_if_match")
    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


async def _request(api: httpx.AsyncClient, method: str, note: Json, tag: str) -> httpx.Response:
    body = {"title": "third"} if method == "PATCH" else None
    headers = [(b"If-Match", tag.encode("latin-1"))]
    return await api.request(method, f"/api/notes/{note['id']}", json=body, headers=headers)


async def test_a_stale_version_is_refused_even_without_a_change(api: httpx.AsyncClient):
    note = await add_note(api)
    await api.patch(f"/api/notes/{note['id']}", json={"title": "second"})

    answer = await api.patch(f"/api/notes/{note['id']}", json={}, headers={"If-Match": '"1"'})

    refused(answer, 412, "stale_version")


async def test_of_concurrent_changes_of_one_version_exactly_one_wins(shared_server: ServerProcess):
    async with shared_server.client() as first, shared_server.client() as second:
        for round_ in range(10):
            note = await add_note(first)
            answers = await asyncio.gather(
                *(
                    client.patch(
                        f"/api/notes/{note['id']}", json={"title": f"{round_} {n}"}, headers={"If-Match": '"1"'}
                    )
                    for n, client in enumerate((first, second) * 4)
                )
            )

            won = [answer for answer in answers if answer.status_code == 200]
            assert [answer.status_code for answer in answers].count(412) == len(answers) - 1
            assert (await first.get(f"/api/notes/{note['id']}")).json() == won[0].json()
            assert all(answer.json()["note"] == won[0].json() for answer in answers if answer is not won[0])


async def test_of_concurrent_deletions_exactly_one_wins(api: httpx.AsyncClient):
    note = await add_note(api)

    answers = await asyncio.gather(*(api.delete(f"/api/notes/{note['id']}") for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7


async def test_concurrent_changes_without_a_version_all_apply(api: httpx.AsyncClient):
    note = await add_note(api)

    await asyncio.gather(*(api.patch(f"/api/notes/{note['id']}", json={"title": f"{n}"}) for n in range(20)))

    assert (await api.get(f"/api/notes/{note['id']}")).json()["version"] == 21


@pytest.mark.parametrize("path", ["/api/notes?limit=2", "/api/notes/{id}"])
async def test_a_cached_response_equals_a_new_one(own: httpx.AsyncClient, path: str):
    notes = [await add_note(own) for _ in range(3)]
    path = path.format(id=notes[0]["id"])

    first, second = [await own.get(path) for _ in range(2)]
    tag = first.headers["etag"]
    unchanged = [await own.get(path, headers={"If-None-Match": tag}) for _ in range(2)]
    await own.patch(f"/api/notes/{notes[0]['id']}", json={"done": True})
    changed = await own.get(path, headers={"If-None-Match": tag})

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert lasting(first) == lasting(second)
    assert not tag.startswith("W/")
    assert [answer.status_code for answer in unchanged] == [304, 304]
    assert all(answer.content == b"" and answer.headers["etag"] == tag for answer in unchanged)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("{}", True), ("W/{}", True), ('"x", {}', True), ('"{version}-gzip"', True), ("*", True), ('"x"', False),
        ("x", False), ("", False),
    ],
)  # fmt: skip
async def test_if_none_match_accepts_weak_tags_and_lists(api: httpx.AsyncClient, header: str, known: bool):
    note = await add_note(api)
    path = f"/api/notes/{note['id']}"
    tag = (await api.get(path)).headers["etag"]

    answers = [
        await api.get(path + query, headers={"If-None-Match": header.format(tag, version=note["version"])})
        for query in ("", "?uncached")
    ]

    assert [answer.status_code for answer in answers] == [304 if known else 200] * 2
