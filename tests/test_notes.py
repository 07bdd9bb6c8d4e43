"""The notes of the board through the API: what each request answers, and that nothing is lost or half done."""

import asyncio
import json
import re
from datetime import UTC, datetime

import httpx
import pytest

from tests.server_process import ServerProcess
from tests.talk import MAX_ID, Json, add_note, refused

FIELDS = {"id", "board_id", "title", "description", "done", "version", "created_at", "updated_at"}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


async def _gone(api: httpx.AsyncClient) -> int:
    note = await add_note(api)
    assert (await api.delete(f"/api/notes/{note['id']}")).status_code == 200
    return int(note["id"])


async def _newest_event(api: httpx.AsyncClient) -> int:
    answer = await api.get("/api/notes?limit=1")
    return int(answer.headers["last-event-id"].partition("-")[2])


# A note is made.


async def test_a_new_note_is_answered_whole(api: httpx.AsyncClient):
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
async def test_what_is_sent_is_what_is_kept_and_blank_is_nothing(
    api: httpx.AsyncClient, sent: Json, kept: tuple[str | None, str | None]
):
    note = await add_note(api, **sent)

    assert (note["title"], note["description"]) == kept
    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, ""),
        ({"title": None}, ""),
        ({"title": "", "description": ""}, ""),
        ({"title": " ", "description": "\n\t"}, ""),
        ({"title": "t", "done": True}, "done"),
        ({"title": "t", "done": False}, "done"),
        ({"title": "t", "id": 7}, "id"),
        ({"title": "t", "version": 7}, "version"),
        ({"title": "t", "colour": "red"}, "colour"),
        ({"title": "t", "Title": "t"}, "Title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "t", "description": "y" * 20_001}, "description"),
        ({"title": 7}, "title"),
        ({"title": True}, "title"),
        ({"title": ["t"]}, "title"),
        ({"title": {"t": 1}}, "title"),
        ({"description": 1.5}, "description"),
    ],
)
async def test_a_note_of_another_shape_is_refused_and_the_field_named(api: httpx.AsyncClient, sent: Json, field: str):
    before = (await api.get("/api/notes")).text

    answer = await api.post("/api/notes", json=sent)

    problem = refused(answer, 422, "validation_failed")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert all(error["message"] for error in problem["errors"])
    assert (await api.get("/api/notes")).text == before


async def test_every_wrong_field_is_named(api: httpx.AsyncClient):
    answer = await api.post("/api/notes", json={"title": 1, "description": 2, "done": 3, "x": 4})

    problem = refused(answer, 422, "validation_failed")
    assert {error["field"] for error in problem["errors"]} == {"title", "description", "done", "x"}


async def test_an_id_is_never_used_twice(own: httpx.AsyncClient):
    first = await add_note(own)
    await own.delete(f"/api/notes/{first['id']}")

    assert (await add_note(own))["id"] > first["id"]


# One note.


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_note_that_is_not_there_is_not_found_by_name(api: httpx.AsyncClient, method: str):
    gone = await _gone(api)
    for note_id in (gone, MAX_ID):
        answer = await api.request(method, f"/api/notes/{note_id}", json={"done": True} if method == "PATCH" else None)

        problem = refused(answer, 404, "not_found")
        assert problem["detail"] == f"Note {note_id} not found"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "note_id",
    [
        MAX_ID + 1,
        2**64,
        10**30,
        0,
        -1,
        "01",
        "1.0",
        "+1",
        "1e3",
        "0x1",
        "abc",
        "%20",
        "1%00",
        "١",
        "1/",
        "1%0d%0a",
        "9" * 5000,
    ],
)
async def test_what_is_no_id_is_not_found(api: httpx.AsyncClient, method: str, note_id: object):
    await add_note(api)
    answer = await api.request(method, f"/api/notes/{note_id}", json={"done": True} if method == "PATCH" else None)

    refused(answer, 404, "not_found")


# A note is changed.


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
async def test_only_the_fields_that_were_sent_change(api: httpx.AsyncClient, change: Json):
    note = await add_note(api, title="old", description="old")

    answer = await api.patch(f"/api/notes/{note['id']}", json=change)

    expected = {name: None if value == " " else value for name, value in change.items()}
    changed = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert changed == {**note, **expected, "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > note["updated_at"]
    assert (await api.get(f"/api/notes/{note['id']}")).json() == changed


@pytest.mark.parametrize(
    "change", [{}, {"title": "same"}, {"done": False}, {"description": None}, {"title": "same", "description": "  "}]
)
async def test_a_change_of_nothing_bumps_nothing_and_sends_no_event(own: httpx.AsyncClient, change: Json):
    note = await add_note(own, title="same")
    events = await _newest_event(own)

    answer = await own.patch(f"/api/notes/{note['id']}", json=change)

    assert answer.status_code == 200
    assert answer.json() == note
    assert answer.headers["etag"] == '"1"'
    assert await _newest_event(own) == events
    await own.patch(f"/api/notes/{note['id']}", json={"done": True})
    assert await _newest_event(own) == events + 1  # the positive: a real change is told


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"done": None}, {"done"}),
        ({"done": "true"}, {"done"}),
        ({"done": 1}, {"done"}),
        ({"version": 5}, {"version"}),
        ({"id": 5}, {"id"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": "fine", "unknown": 1}, {"unknown"}),
        ({"title": "fine", "done": []}, {"done"}),
        ({"title": None, "description": ""}, {""}),
    ],
)
async def test_a_change_of_another_shape_changes_nothing(api: httpx.AsyncClient, change: Json, fields: set[str]):
    note = await add_note(api, title="old", description="old")

    answer = await api.patch(f"/api/notes/{note['id']}", json=change)

    problem = refused(answer, 422, "validation_failed")
    assert {error["field"] for error in problem["errors"]} == fields
    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


async def test_the_last_text_of_a_note_cannot_be_taken_away(api: httpx.AsyncClient):
    note = await add_note(api, title="only")

    refused(await api.patch(f"/api/notes/{note['id']}", json={"title": ""}), 422, "validation_failed")

    assert (await api.get(f"/api/notes/{note['id']}")).json() == note


# If-Match and If-None-Match.


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"2"', "*", '"1" ,\t"2"', '"1", "2"', '"7","2"', 'W/"1", "2"', '"2", "x,y"'])
async def test_a_change_of_the_version_one_has_goes_through(api: httpx.AsyncClient, method: str, tag: str):
    note = await add_note(api)
    await api.patch(f"/api/notes/{note['id']}", json={"title": "second"})

    answer = await _request(api, method, note, tag)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"1"', '"3"', 'W/"2"', '"1", "3"', '"02"', '" 2"', '""', '"2 "', '"*"', 'W/"2", "1"'])
async def test_a_change_of_another_version_is_refused_with_the_current_note(
    api: httpx.AsyncClient, method: str, tag: str
):
    note = await add_note(api)
    current = (await api.patch(f"/api/notes/{note['id']}", json={"title": "second"})).json()

    answer = await _request(api, method, note, tag)

    if " " in tag.replace('", ', '",'):  # a space inside the quotes: no entity tag at all
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


async def test_a_stale_change_of_nothing_is_stale_all_the_same(api: httpx.AsyncClient):
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


async def test_concurrent_changes_without_a_version_all_count(api: httpx.AsyncClient):
    note = await add_note(api)

    await asyncio.gather(*(api.patch(f"/api/notes/{note['id']}", json={"title": f"{n}"}) for n in range(20)))

    assert (await api.get(f"/api/notes/{note['id']}")).json()["version"] == 21


@pytest.mark.parametrize("path", ["/api/notes?limit=2", "/api/notes/{id}"])
async def test_an_answer_is_the_same_from_the_cache(own: httpx.AsyncClient, path: str):
    notes = [await add_note(own) for _ in range(3)]
    path = path.format(id=notes[0]["id"])

    first, second = [await own.get(path) for _ in range(2)]
    tag = first.headers["etag"]
    unchanged = [await own.get(path, headers={"If-None-Match": tag}) for _ in range(2)]
    await own.patch(f"/api/notes/{notes[0]['id']}", json={"done": True})
    changed = await own.get(path, headers={"If-None-Match": tag})

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert _without_date(first) == _without_date(second)
    assert not tag.startswith("W/")
    assert [answer.status_code for answer in unchanged] == [304, 304]
    assert all(answer.content == b"" and answer.headers["etag"] == tag for answer in unchanged)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("path", ["/api/notes?limit=2&x={n}", "/api/notes/{id}?x={n}"])
async def test_not_modified_is_the_same_from_the_cache(own: httpx.AsyncClient, path: str):
    notes = [await add_note(own) for _ in range(3)]
    paths = [path.format(id=notes[0]["id"], n=n) for n in range(1)]
    tag = (await own.get(paths[0].partition("x=")[0])).headers["etag"]

    first, second = [await own.get(paths[0], headers={"If-None-Match": tag}) for _ in range(2)]

    assert first.status_code == second.status_code == 304
    assert _without_date(first) == _without_date(second)
    assert "content-type" not in first.headers


def _without_date(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in sorted(answer.headers.items()) if name != "date"}


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("{}", True),
        ("W/{}", True),
        ('"x", {}', True),
        ("*", True),
        ('"x"', False),
        ("x", False),
        ("", False),
    ],
)
async def test_if_none_match_takes_tags_weakly_and_in_lists(api: httpx.AsyncClient, header: str, known: bool):
    note = await add_note(api)
    path = f"/api/notes/{note['id']}"
    tag = (await api.get(path)).headers["etag"]

    answers = [
        await api.get(path + query, headers={"If-None-Match": header.format(tag)}) for query in ("", "?uncached")
    ]

    assert [answer.status_code for answer in answers] == [304 if known else 200] * 2


# Deletion and its undoing.


async def test_a_note_is_deleted_once(api: httpx.AsyncClient):
    note = await add_note(api, title="short", description="lived")

    first, second = [await api.delete(f"/api/notes/{note['id']}") for _ in range(2)]

    assert first.status_code == 200
    assert first.json() == note
    refused(second, 404, "not_found")
    refused(await api.get(f"/api/notes/{note['id']}"), 404, "not_found")
    refused(await api.patch(f"/api/notes/{note['id']}", json={"done": True}), 404, "not_found")


async def test_a_deleted_note_comes_back_under_its_id(api: httpx.AsyncClient):
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


async def test_a_tag_from_before_the_deletion_is_stale_after_the_restoration(api: httpx.AsyncClient):
    note = await add_note(api)
    await api.delete(f"/api/notes/{note['id']}")
    await api.post(f"/api/notes/{note['id']}/restore")

    answer = await api.patch(f"/api/notes/{note['id']}", json={"title": "x"}, headers={"If-Match": '"1"'})

    refused(answer, 412, "stale_version")


# What one has written one reads, kept answers or not.


async def test_every_write_is_read_at_once_by_everybody(shared_server: ServerProcess):
    lists = ["/api/notes", "/api/notes?limit=1000", "/api/notes?done=true", "/api/notes?q=mark"]
    async with shared_server.client() as writer, shared_server.client() as reader:
        note = await add_note(writer, title="mark")
        path = f"/api/notes/{note['id']}"
        writes: list[tuple[str, str, Json | None]] = [
            ("PATCH", path, {"title": "mark 2"}),
            ("PATCH", path, {"done": True}),
            ("DELETE", path, None),
            ("POST", f"{path}/restore", None),
            ("PATCH", path, {"done": False}),
            ("POST", "/api/notes", {"title": "mark two"}),
        ]
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


async def test_a_form_is_read_at_once_too(own: httpx.AsyncClient):
    assert (await own.get("/api/notes")).json() == []

    answer = await own.post("/front/notes", data={"title": "by form"})

    assert answer.status_code == 303
    (note,) = (await own.get("/api/notes")).json()
    assert note["title"] == "by form"


async def test_last_event_id_is_never_older_than_what_the_answer_shows(own: httpx.AsyncClient):
    before = await _newest_event(own)
    written = await own.post("/api/notes", json={"title": "a"})
    path = written.headers["location"]
    assert written.headers["last-event-id"].endswith(f"-{before + 1}")

    for read in ("/api/notes", "/api/notes", path, path):
        assert (await own.get(read)).headers["last-event-id"] == written.headers["last-event-id"]
    for expected, (method, what) in enumerate([("PATCH", ""), ("DELETE", ""), ("POST", "/restore")], before + 2):
        answer = await own.request(method, path + what, json={"done": True} if method == "PATCH" else None)
        assert answer.headers["last-event-id"].endswith(f"-{expected}")


# Methods.


@pytest.mark.parametrize("path", ["/api/notes", "/api/notes/{id}"])
async def test_head_is_get_without_its_body(api: httpx.AsyncClient, path: str):
    path = path.format(id=(await add_note(api))["id"])

    get, head = await api.get(path), await api.head(path)

    assert head.status_code == 200
    assert head.content == b""
    assert _without_date(head) == _without_date(get)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/notes", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/api/notes/1", {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"}),
        ("/api/notes/1/restore", {"OPTIONS", "POST"}),
        ("/api/version", {"GET", "HEAD", "OPTIONS"}),
    ],
)
async def test_methods_are_told_and_others_refused(api: httpx.AsyncClient, path: str, allowed: set[str]):
    options = await api.options(path)
    assert options.status_code == 200
    assert set(options.headers["allow"].split(", ")) == allowed

    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
        answer = await api.request(method, path)
        refused(answer, 405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == allowed


async def test_an_answer_is_compact_utf8(api: httpx.AsyncClient):
    answer = await api.post(
        "/api/notes", content=json.dumps({"title": "é 😀"}).encode(), headers={"Content-Type": "application/json"}
    )

    assert "é 😀".encode() in answer.content
    assert answer.json()["title"] == "é 😀"
