"""The notes of the board through the API: the response to each request, without loss or partial writes."""

import asyncio
import json
import re
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.api_fixtures import MAX_ID, Json, add_note, newest_number, refused
from tests.support.servers.server_process import ServerProcess

FIELDS = {
    *("id", "board_id", "title", "description", "pinned", "colour", "labels", "done", "version"),
    *("created_at", "created_by", "updated_at", "updated_by", "done_at", "done_by", "archived_at"),
    *("content", "tasks", "thread", "rank"),
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


async def _gone(api: httpx.AsyncClient) -> int:
    note = await add_note(api)
    assert (await api.delete(f"/api/notes/{note['id']}")).status_code == 200
    return int(note["id"])


# Creation.


async def test_the_response_contains_the_complete_new_note(api: httpx.AsyncClient):
    before = datetime.now(UTC)
    answer = await api.post("/api/notes", json={"title": "Buy milk", "description": "Two\nlitres"})
    after = datetime.now(UTC)

    note = answer.json()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/api/notes/{note['id']}"
    assert answer.headers["etag"] == '"1"'
    assert note.keys() == FIELDS
    assert type(note["id"]) is int
    assert (note["title"], note["description"], note["done"], note["version"]) == ("Buy milk", "Two\nlitres", False, 1)
    assert note["created_at"] == note["updated_at"]
    assert RFC3339.fullmatch(note["created_at"])
    assert before <= datetime.fromisoformat(note["created_at"]) <= after
    assert (await api.get(answer.headers["location"])).json() == note


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"title": "t"}, ("t", None)),
        ({"description": "d"}, (None, "d")),
        ({"title": None, "description": "d"}, (None, "d")),
        ({"title": " \t\n", "description": "d"}, (None, "d")),
        ({"title": "t", "description": "\u3000\u00a0"}, ("t", None)),
        ({"title": "  t  "}, ("  t  ", None)),
        ({"title": "x" * 200, "description": "y" * 20_000}, ("x" * 200, "y" * 20_000)),
        ({"title": "𝄞" * 200}, ("𝄞" * 200, None)),
        (
            {"title": "<b>&amp;</b>", "description": "{{7*7}} \u202e \ufeff \x7f"},
            ("<b>&amp;</b>", "{{7*7}} \u202e \ufeff \x7f"),
        ),
        ({"title": "'); DROP TABLE note; --"}, ("'); DROP TABLE note; --", None)),
    ],
)
async def test_texts_are_stored_unchanged_and_a_blank_one_as_null(
    api: httpx.AsyncClient, sent: Json, kept: tuple[str | None, str | None]
):
    note = await add_note(api, **sent)

    assert (note["title"], note["description"]) == kept
    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, ""), ({"title": None}, ""), ({"title": "", "description": ""}, ""),
        ({"title": " ", "description": "\n\t"}, ""), ({"title": "t", "done": True}, "done"),
        ({"title": "t", "done": False}, "done"), ({"title": "t", "id": 7}, "id"),
        ({"title": "t", "version": 7}, "version"), ({"title": "t", "colour": "mauve"}, "colour"),
        ({"title": "t", "colour": None}, "colour"),
        ({"title": "t", "archived": True}, "archived"),
        ({"title": "t", "Title": "t"}, "Title"), ({"title": "x" * 201}, "title"),
        ({"title": "t", "description": "y" * 20_001}, "description"), ({"title": 7}, "title"),
        ({"title": True}, "title"), ({"title": ["t"]}, "title"), ({"title": {"t": 1}}, "title"),
        ({"description": 1.5}, "description"),
    ],
)  # fmt: skip
async def test_a_malformed_note_is_refused_and_its_field_named(api: httpx.AsyncClient, sent: Json, field: str):
    before = (await api.get("/api/notes")).text

    answer = await api.post("/api/notes", json=sent)

    problem = refused(answer, 422, "validation_failed")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert all(error["message"] for error in problem["errors"])
    assert (await api.get("/api/notes")).text == before


async def test_every_invalid_field_is_named(api: httpx.AsyncClient):
    answer = await api.post("/api/notes", json={"title": 1, "description": 2, "done": 3, "x": 4})

    problem = refused(answer, 422, "validation_failed")
    assert {error["field"] for error in problem["errors"]} == {"title", "description", "done", "x"}


async def test_an_id_is_never_reused(own: httpx.AsyncClient):
    first = await add_note(own)
    await own.delete(f"/api/notes/{first['id']}")

    assert (await add_note(own))["id"] > first["id"]


# A single note.


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_missing_note_is_a_404_that_names_the_id(api: httpx.AsyncClient, method: str):
    gone = await _gone(api)
    for note_id in (gone, MAX_ID):
        answer = await api.request(method, f"/api/notes/{note_id}", json={"done": True} if method == "PATCH" else None)

        problem = refused(answer, 404, "not_found")
        assert problem["detail"] == f"Note {note_id} not found"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_invalid_id_is_a_404(api: httpx.AsyncClient, method: str):
    for note_id in (
        MAX_ID + 1, 2**64, 10**30, 0, -1, "01", "1.0", "+1", "1e3", "0x1", "abc", "%20", "1%00", "١", "1/", "1%0d%0a",
        "9" * 5000,
    ):  # fmt: skip
        json = {"done": True} if method == "PATCH" else None
        refused(await api.request(method, f"/api/notes/{note_id}", json=json), 404, "not_found")


# Deletion and restoration.


async def test_a_note_is_deleted_once(api: httpx.AsyncClient):
    note = await add_note(api, title="short", description="lived")

    first, second = [await api.delete(f"/api/notes/{note['id']}") for _ in range(2)]

    assert first.status_code == 200
    assert first.json() == note
    refused(second, 404, "not_found")
    refused(await api.get(f"/api/notes/{note['id']}"), 404, "not_found")
    refused(await api.patch(f"/api/notes/{note['id']}", json={"done": True}), 404, "not_found")


async def test_a_deleted_note_is_restored_with_its_id(api: httpx.AsyncClient):
    note = await add_note(api, title="phoenix")
    await api.patch(f"/api/notes/{note['id']}", json={"done": True})
    deleted = (await api.delete(f"/api/notes/{note['id']}")).json()

    answer = await api.post(f"/api/notes/{note['id']}/restore")

    restored = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"3"'
    assert restored == {**deleted, "version": 3, "updated_at": restored["updated_at"]}
    assert (await api.get(f"/api/notes/{note['id']}")).json() == restored
    found = (await api.get("/api/notes", params={"q": "phoenix"})).json()
    assert found == [restored]


async def test_only_a_deleted_note_can_be_restored(api: httpx.AsyncClient):
    note = await add_note(api)

    for note_id in (note["id"], MAX_ID, MAX_ID + 1, 0):
        refused(await api.post(f"/api/notes/{note_id}/restore"), 404, "not_found")

    await api.delete(f"/api/notes/{note['id']}")
    answers = await asyncio.gather(*(api.post(f"/api/notes/{note['id']}/restore") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]


async def test_an_entity_tag_from_before_a_deletion_is_stale_after_the_restoration(api: httpx.AsyncClient):
    note = await add_note(api)
    await api.delete(f"/api/notes/{note['id']}")
    await api.post(f"/api/notes/{note['id']}/restore")

    answer = await api.patch(f"/api/notes/{note['id']}", json={"title": "x"}, headers={"If-Match": '"1"'})

    refused(answer, 412, "stale_version")


# Read your writes, with or without the response cache.


async def test_every_write_is_visible_to_everybody_at_once(shared_server: ServerProcess):
    lists = ["/api/notes", "/api/notes?limit=1000", "/api/notes?done=true", "/api/notes?q=mark"]
    async with shared_server.client() as writer, shared_server.client() as reader:
        note = await add_note(writer, title="mark")
        path = f"/api/notes/{note['id']}"
        writes: list[tuple[str, str, Json | None]] = [
            ("PATCH", path, {"title": "mark 2"}), ("PATCH", path, {"done": True}), ("DELETE", path, None),
            ("POST", f"{path}/restore", None), ("PATCH", path, {"done": False}),
            ("POST", "/api/notes", {"title": "mark two"}),
        ]  # fmt: skip
        for method, address, body in writes:
            for warm in (*lists, path):
                await reader.get(warm)
            written = await writer.request(method, address, json=body)
            assert written.status_code in {200, 201}
            current = written.json()

            for q in lists:
                shown = {n["id"]: n for n in (await reader.get(q)).json()}
                expected = method != "DELETE" and ("done" not in q or current["done"])
                assert shown.get(current["id"]) == (current if expected else None), (method, q)
            one = await reader.get(f"/api/notes/{current['id']}")
            assert one.status_code == (404 if method == "DELETE" else 200)


async def test_a_write_by_form_is_visible_at_once(own: httpx.AsyncClient):
    assert (await own.get("/api/notes")).json() == []

    answer = await own.post("/front/notes", data={"title": "by form"})

    assert answer.status_code == 303
    (note,) = (await own.get("/api/notes")).json()
    assert note["title"] == "by form"


async def test_last_event_id_is_never_older_than_the_response(own: httpx.AsyncClient):
    before = await newest_number(own)
    written = await own.post("/api/notes", json={"title": "a"})
    path = written.headers["location"]
    assert written.headers["last-event-id"].endswith(f"-{before + 1}")

    for read in ("/api/notes", "/api/notes", path, path):
        assert (await own.get(read)).headers["last-event-id"] == written.headers["last-event-id"]
    for expected, (method, what) in enumerate([("PATCH", ""), ("DELETE", ""), ("POST", "/restore")], before + 2):
        answer = await own.request(method, path + what, json={"done": True} if method == "PATCH" else None)
        assert answer.headers["last-event-id"].endswith(f"-{expected}")


async def test_a_response_is_compact_utf8(api: httpx.AsyncClient):
    answer = await api.post(
        "/api/notes", content=json.dumps({"title": "é 😀"}).encode(), headers={"Content-Type": "application/json"}
    )

    assert "é 😀".encode() in answer.content
    assert answer.json()["title"] == "é 😀"
