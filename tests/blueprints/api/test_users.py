"""Users through the API: creation, valid nicknames, and lists."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.api_fixtures import (
    MAX_ID,
    NUMBERS,
    Json,
    fields_of,
    got,
    made,
    newest,
    people,
    person,
    position,
    refused,
    walked,
)

ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


def _ada(**changes: Any) -> Json:
    return {**ADA, "nickname": f"ada{next(NUMBERS)}", **changes}


# P1, P2: creation.


async def test_the_response_contains_the_complete_new_user_and_everybody_gets_an_event(api: httpx.AsyncClient):
    before = await newest(api)
    sent = _ada()

    answer = await api.post("/api/users", json=sent)

    user = answer.json()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert user == {"id": user["id"], **sent}
    assert type(user["id"]) is int
    assert answer.headers["location"] == f"/api/users/{user['id']}"
    assert position(answer) == int(before.partition("-")[2]) + 2  # the user, and their board
    assert await got(api, answer.headers["location"]) == user


KEPT = {
    "name": {
        "x" * 100: "x" * 100, "𝄞" * 100: "𝄞" * 100, " " * 300 + "x" * 100 + "\u3000": "x" * 100, "a": "a",
        "e\u0301" * 100: "é" * 100,  # a letter counts as one character in any normal form
        "Jean-Luc O’Brien, 3rd <b>": "Jean-Luc O’Brien, 3rd <b>", "محمد": "محمد",
    },
    "nickname": {
        "{n}.a-b_C": "{n}.a-b_C", " {n}trim\u00a0": "{n}trim", "é{n}": "é{n}", "e\u0301{n}-composed": "é{n}-composed",
        "日本{n}": "日本{n}", "हिन्दी{n}": "हिन्दी{n}",
    },
    "email": {
        " ada@example.org ": "ada@example.org",
        **{email: email for email in ("a@b", "first.last+tag@sub.example.co.uk", "用户@例子.公司")},
        **{email: email for email in ("!#$%&'*+/=?^_`{|}~-.@example.org", "a@" + "x" * 63 + ".org")},
        "a" * 242 + "@example.org": "a" * 242 + "@example.org",
    },
}  # fmt: skip


@pytest.mark.parametrize("field", KEPT)
async def test_the_fields_of_a_user_are_normalised(api: httpx.AsyncClient, field: str):
    for sent, kept in KEPT[field].items():
        number = str(next(NUMBERS))
        user = await made(api, "/api/users", **_ada(**{field: sent.replace("{n}", number)}))

        assert user[field] == kept.replace("{n}", number)
        assert await got(api, f"/api/users/{user['id']}") == user


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *(("name", value) for value in ("", " ", "\u3000\t", "x" * 101, "a\nb", "a\rb", "a\u2028b", "a\u0085b")),
        *(("name", value) for value in ("a\tb", "a\n", "\x7f")),
        *(("nickname", value) for value in ("", " ", "x" * 33, "a b", "a@b", "a/b", "a\nb", "a,b", "<b>", "😀", "@a")),
        *(("nickname", value) for value in ("a\u200bb", "a\u202eb", "a:b", "#a", "a\x7f", "\u093f", "a_\u093f")),
        *((name, value) for name in ("name", "nickname") for value in ("\u200b", " \u200d\u2060 ")),
        *(("email", value) for value in ("", "ada", "@example.org", "ada@", "a b@c", "a@b c", "a@b@c", "a@-b", "a@b-")),
        *(("email", value) for value in ("a@b..c", "a@.b", "a@b.", "Ada <a@b>", "a@" + "x" * 64, "a@b\n", "a\n@b")),
        ("email", "a" * 243 + "@example.org"),
        ("email", "a@b,c@d"),
        ("email", "a@b_c"),
    ],
)  # fmt: skip
async def test_an_invalid_field_of_a_user_is_named(api: httpx.AsyncClient, field: str, wrong: str):
    before = (await api.get("/api/users")).text

    problem = refused(await api.post("/api/users", json=_ada(**{field: wrong})), 422, "validation_failed")

    assert fields_of(problem) == {field}
    assert (await api.get("/api/users")).text == before


async def test_every_invalid_field_of_a_user_is_named(api: httpx.AsyncClient):
    answer = await api.post("/api/users", json={"name": "", "email": "x", "nickname": " ", "id": 7, "colour": "red"})

    assert fields_of(refused(answer, 422, "validation_failed")) == {"name", "email", "nickname", "id", "colour"}


async def test_a_nickname_may_have_32_characters(api: httpx.AsyncClient):
    nickname = f"{next(NUMBERS):032}"

    assert (await made(api, "/api/users", **_ada(nickname=nickname)))["nickname"] == nickname


@pytest.mark.parametrize("other", ["ade", "ada.", "a.da", "adá", "a-da"])
async def test_a_similar_nickname_is_available(api: httpx.AsyncClient, other: str):
    unique = f"_{next(NUMBERS)}"
    await made(api, "/api/users", **_ada(nickname="ada" + unique))

    await made(api, "/api/users", **_ada(nickname=other + unique))


async def test_of_concurrent_users_with_one_nickname_one_is_created(api: httpx.AsyncClient):
    before = position(await api.get("/api/users"))
    nickname = f"wanted-{next(NUMBERS)}"

    answers = await asyncio.gather(
        *(api.post("/api/users", json=_ada(nickname=nickname.upper() if n % 2 else nickname)) for n in range(12))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert position(await api.get("/api/users")) == before + 2  # the user, and their board


async def test_names_and_addresses_need_not_be_unique(api: httpx.AsyncClient):
    one, other = [await made(api, "/api/users", **_ada()) for _ in range(2)]

    assert one["id"] != other["id"]
    assert {**one, "id": 0, "nickname": ""} == {**other, "id": 0, "nickname": ""}


# P3: lists.


async def test_users_are_listed_by_id_and_page_links_return_each_once(fresh_api: httpx.AsyncClient):
    assert await got(fresh_api, "/api/users") == []
    users = await people(fresh_api, 7)
    known = [one["id"] for one in users]

    assert await got(fresh_api, "/api/users") == users
    assert await walked(fresh_api, "/api/users", limit=3) == [known[:3], known[3:6], known[6:]]
    assert await walked(fresh_api, "/api/users", limit=7) == [known]
    assert await walked(fresh_api, "/api/users", limit=2, after_id=known[2]) == [known[3:5], known[5:]]
    assert await got(fresh_api, "/api/users", after_id=MAX_ID) == []


@pytest.mark.parametrize("user_id", [MAX_ID, MAX_ID + 1, 0, -1, "01", "x", "1.0", "%20"])
@pytest.mark.parametrize("what", ["", "/messages", "/unread"])
async def test_a_missing_user_is_a_404(api: httpx.AsyncClient, user_id: object, what: str):
    known = await person(api)
    await got(api, f"/api/users/{known['id']}{what}")

    problem = refused(await api.get(f"/api/users/{user_id}{what}"), 404, "not_found")

    if user_id == MAX_ID:
        assert problem["detail"] == f"User {MAX_ID} not found"


async def test_an_unchanged_list_is_a_304(api: httpx.AsyncClient):
    user = await person(api)
    for path in ("/api/users", "/api/rooms", f"/api/users/{user['id']}/unread"):
        first = await api.get(path)
        again = await api.get(path, headers={"If-None-Match": first.headers["etag"]})

        assert again.status_code == 304, path
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["last-event-id"] == first.headers["last-event-id"]
        assert "content-type" not in again.headers
    tag = (await api.get("/api/users")).headers["etag"]
    await person(api)
    assert (await api.get("/api/users", headers={"If-None-Match": tag})).status_code == 200


async def test_every_response_has_the_id_of_its_newest_event(api: httpx.AsyncClient):
    user = await person(api)
    event = await newest(api)

    for path in ("/api/users", f"/api/users/{user['id']}", f"/api/users/{user['id']}/messages", "/api/rooms/1"):
        assert (await api.get(path)).headers["last-event-id"] == event
