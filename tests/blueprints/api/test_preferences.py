"""Preferences: any JSON under a key, private to a user, synchronised to their other clients."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_notes.schemas import PREFERENCES_MAX
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, fields_of, got, person, position, refused
from tests.support.clients.feed_clients import EDGES, Edge, follow, named
from tests.support.servers.in_process import rows
from tests.support.servers.server_process import ServerProcess

MINE = "/api/me/preferences"
LIMIT = 8 * 1024  # bytes of JSON


@pytest.fixture
async def ada(house: House) -> Any:
    """Ada's browser."""
    async with await house.browser("ada") as client:
        yield client


async def test_all_preferences_are_deleted_at_once(house: House, ada: httpx.AsyncClient):
    bob = await house.browser("bob")
    await bob.put(f"{MINE}/theme", json="light")
    kept = {"theme": "dark", "start": {"page": "rooms"}}
    for key, value in kept.items():
        await ada.put(f"{MINE}/{key}", json=value)
    before = await house.core.log.newest()

    cleared = await ada.delete(MINE)

    assert (cleared.status_code, cleared.json()) == (200, kept)
    told = await house.events(before, f"user:{house.people['ada'].id}")
    assert sorted(event["preference"]["key"] for event in told) == ["start", "theme"]
    assert {event["action"] for event in told} == {"delete"}
    assert (await ada.get(MINE)).json() == {}
    assert (await bob.get(MINE)).json() == {"theme": "light"}
    assert (await ada.delete(MINE)).json() == {}


async def test_a_preference_is_set_read_changed_and_deleted(ada: httpx.AsyncClient):
    assert (await ada.get(MINE)).json() == {}
    refused(await ada.get(f"{MINE}/theme"), 404, "not_found")

    for value in ("dark", {"deep": [1, None]}):
        answer = await ada.put(f"{MINE}/theme", json=value)
        assert (answer.status_code, answer.json()) == (200, {"key": "theme", "value": value})
        assert (await ada.get(f"{MINE}/theme")).json() == {"key": "theme", "value": value}
        assert (await ada.get(MINE)).json() == {"theme": value}

    taken = await ada.delete(f"{MINE}/theme")
    assert (taken.status_code, taken.json()) == (200, {"key": "theme", "value": {"deep": [1, None]}})
    refused(await ada.delete(f"{MINE}/theme"), 404, "not_found")
    assert (await ada.get(MINE)).json() == {}


async def _put(client: httpx.AsyncClient, key: str, value: Any) -> httpx.Response:
    # Not by httpx's own JSON: of None it makes no body.
    return await client.put(f"{MINE}/{key}", content=json.dumps(value), headers={"Content-Type": "application/json"})


VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, -0.0, 2**80, "", " ", "é\u2028\U0001f98a", '"\\/\b\f\n\r\t\x7f\x01', [], {},
    [[]], {"": {"": ""}}, {"__proto__": 1}, [1, "1", None, [True]], {"a": {"b": {"c": [1, 2, {"d": None}]}}},
]  # fmt: skip


async def test_any_json_is_returned_unchanged(ada: httpx.AsyncClient):
    for value in VALUES:
        put = await _put(ada, "x", value)

        assert put.status_code == 200, put.text
        one, all_ = await ada.get(f"{MINE}/x"), await ada.get(MINE)
        for found in (put.json()["value"], one.json()["value"], all_.json()["x"]):
            assert json.dumps(found) == json.dumps(value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), inner, max_size=4
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(value=JSON_VALUES)
async def test_random_json_is_returned_unchanged(ada: httpx.AsyncClient, value: Any):
    assert (await _put(ada, "any", value)).status_code == 200
    assert (await ada.get(f"{MINE}/any")).json()["value"] == value


async def test_an_invalid_value_is_refused(ada: httpx.AsyncClient):
    for body in (
        b"1e999", b"-1e999", b'{"a": [1e400]}', b"NaN", b"Infinity", b"", b"x", b'"\\ud800"', b'"\\u0000"', b"\xff",
    ):  # fmt: skip
        answer = await ada.put(f"{MINE}/x", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, answer.text
    assert (await ada.get(MINE)).json() == {}


async def test_a_preference_requires_the_json_content_type(ada: httpx.AsyncClient):
    refused(await ada.put(f"{MINE}/x", content=b'"dark"'), 415, "unsupported_media_type")
    refused(await ada.put(f"{MINE}/x", data={"a": "b"}), 415, "unsupported_media_type")


# Limits, at them and beyond.


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f98a", "\n"])
async def test_a_value_has_at_most_8_kib(ada: httpx.AsyncClient, letter: str):
    size = len(json.dumps(letter, ensure_ascii=False).encode()) - 2  # as it is stored
    full = letter * ((LIMIT - 2) // size)
    full += "x" * (LIMIT - 2 - len(full) * size)

    assert (await ada.put(f"{MINE}/x", json=full)).status_code == 200
    beyond = await ada.put(f"{MINE}/x", json=full + "x")

    assert fields_of(refused(beyond, 422, "validation_failed")) == {"value"}
    assert (await ada.get(f"{MINE}/x")).json()["value"] == full


async def test_insignificant_whitespace_does_not_count(ada: httpx.AsyncClient):
    body = b"[" + b" " * (2 * LIMIT) + b"1]"

    answer = await ada.put(f"{MINE}/x", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["value"]) == (200, [1])


async def test_a_user_has_at_most_200_preferences(house: House, ada: httpx.AsyncClient):
    for n in range(PREFERENCES_MAX):
        await house.core.preferences.set(house.people["ada"].id, f"key-{n}", n)

    assert fields_of(refused(await ada.put(f"{MINE}/one-more", json=1), 422, "validation_failed")) == {"value"}
    assert (await ada.put(f"{MINE}/key-7", json="changed")).status_code == 200
    async with await house.browser("bob") as bob:
        assert (await bob.put(f"{MINE}/one-more", json=1)).status_code == 200
    assert (await ada.delete(f"{MINE}/key-8")).status_code == 200
    assert (await ada.put(f"{MINE}/one-more", json=1)).status_code == 200
    assert len((await ada.get(MINE)).json()) == PREFERENCES_MAX


async def test_a_valid_key_is_accepted(ada: httpx.AsyncClient):
    for key in ("a", "7", "A.b_c-9", "x" * 64, "a..", "theme"):
        assert (await ada.put(f"{MINE}/{key}", json=1)).json()["key"] == key


async def test_an_invalid_key_is_refused(ada: httpx.AsyncClient):
    for key in (
        "_a", ".a", "-a", "x" * 65, "a b", "é", "a%0a", "%00", "a:b", "a%25", "a%22", "\u0661", "a+b", "a%0d%0aX: y",
    ):  # fmt: skip
        assert fields_of(refused(await ada.put(f"{MINE}/{key}", json=1), 422, "validation_failed")) == {"key"}
        refused(await ada.get(f"{MINE}/{key}"), 404, "not_found")
        refused(await ada.delete(f"{MINE}/{key}"), 404, "not_found")


async def test_keys_are_case_sensitive(ada: httpx.AsyncClient):
    await ada.put(f"{MINE}/theme", json="dark")
    await ada.put(f"{MINE}/Theme", json="light")

    assert (await ada.get(MINE)).json() == {"theme": "dark", "Theme": "light"}


# Ownership.


async def test_preferences_are_private_to_their_user(house: House, ada: httpx.AsyncClient):
    await ada.put(f"{MINE}/theme", json="secret")
    number = house.people["ada"].id
    async with await house.browser("root") as root, house.client(token=await house.token("ada", "read")) as program:
        for query in ("", f"?person_id={number}"):
            assert (await root.get(MINE + query)).json() == {}
            refused(await root.get(f"{MINE}/theme{query}"), 404, "not_found")
            refused(await root.delete(f"{MINE}/theme{query}"), 404, "not_found")
            assert (await root.put(f"{MINE}/own{query}", json=1)).status_code == 200
            await root.delete(f"{MINE}/own")
        assert (await program.get(MINE)).json() == {"theme": "secret"}
        refused(await program.put(f"{MINE}/theme", json="x"), 403, "forbidden")


async def test_an_unchanged_list_is_a_304(house: House, ada: httpx.AsyncClient):
    await ada.put(f"{MINE}/theme", json="dark")
    tag = (await ada.get(MINE)).headers["etag"]

    assert (await ada.get(MINE, headers={"If-None-Match": tag})).status_code == 304
    await ada.put(f"{MINE}/theme", json="light")
    assert (await ada.get(MINE, headers={"If-None-Match": tag})).status_code == 200


# In open mode, of the named or chosen user.


async def test_open_mode_requires_a_user(api: httpx.AsyncClient):
    someone = await person(api)
    path = f"{MINE}/theme"
    for answer in (await api.get(MINE), await api.get(path), await api.put(path, json=1), await api.delete(path)):
        refused(answer, 409, "nobody_chosen")

    named_one = f"{path}?person_id={someone['id']}"
    assert (await api.put(named_one, json="dark")).status_code == 200
    assert await got(api, MINE, person_id=someone["id"]) == {"theme": "dark"}
    await api.post("/front/me", data={"person_id": someone["id"]})
    assert await got(api, MINE) == {"theme": "dark"}
    refused(await api.get(f"{MINE}?person_id=999999"), 404, "not_found")
    assert (await api.delete(named_one)).status_code == 200
    for nobody in ("x", "0", ""):
        api.cookies.clear()
        refused(await api.get(f"{MINE}?person_id={nobody}"), 409, "nobody_chosen")


@pytest.mark.parametrize("edge", EDGES, ids=named)
async def test_a_change_is_published_to_its_user_only(shared_server: ServerProcess, api: httpx.AsyncClient, edge: Edge):
    one, other = await person(api), await person(api)
    async with (
        await follow(edge, shared_server.port, person=one["id"], topics=f"user:{one['id']}") as hers,
        await follow(edge, shared_server.port, person=other["id"]) as his,
    ):
        path = f"{MINE}/theme?person_id={one['id']}"
        first = await api.put(path, json="dark")
        again = await api.put(path, json="dark")
        await api.put(path, json="light")
        await api.delete(path)
        note = (await api.post("/api/notes", json={"title": "a mark"})).json()

        assert position(first) == position(again), "the same value tells nobody"
        assert [_told(event) for event in await hers.count(3)] == [
            ("create", "dark"),
            ("update", "light"),
            ("delete", "light"),
        ]
        await his.until(lambda client: any(event.get("note") == note for event in client.events))
        assert not [event for event in his.events if "preference" in event]


def _told(event: Json) -> tuple[str, Any]:
    assert event["preference"]["key"] == "theme"
    return event["action"], event["preference"]["value"]


async def test_a_refused_change_is_not_stored(house: House, ada: httpx.AsyncClient):
    await ada.put(f"{MINE}/x", json="x" * LIMIT)
    await ada.put(f"{MINE}/_", json=1)

    assert rows(house.core, "SELECT COUNT(*) FROM preference") == [(0,)]
