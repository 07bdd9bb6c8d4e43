"""Several notes changed at once: who may not, what is refused, and that nothing is changed then."""

from typing import Any

import httpx
import pytest

from quart_notes.schemas import Role
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, fields_of, newest_number, refused

BULK = "/api/notes/bulk"


async def _added(api: httpx.AsyncClient, count: int, **fields: Any) -> list[int]:
    return [(await add_note(api, title=f"note {number}", **fields))["id"] for number in range(count)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": [], "change": {"done": True}}, "ids"),
        ({"ids": list(range(1, 202)), "change": {"done": True}}, "ids"),
        ({"ids": [0], "change": {"done": True}}, "ids.0"),
        ({"ids": [1, "2"], "change": {"done": True}}, "ids.1"),
        ({"change": {"done": True}}, "ids"),
        ({"ids": [1]}, "change"),
        ({"ids": [1], "change": {}}, "change"),
        ({"ids": [1], "change": None}, "change"),
        ({"ids": [1], "change": {"done": None}}, "change.done"),
        ({"ids": [1], "change": {"title": "x"}}, "change.title"),
        ({"ids": [1], "change": {"colour": "mauve"}}, "change.colour"),
        ({"ids": [1], "change": {"labels_add": []}}, "change.labels_add"),
        ({"ids": [1], "change": {"labels_add": ["a", "\u200b"]}}, "change.labels_add.1"),
        ({"ids": [1], "change": {"labels_add": ["x" * 51]}}, "change.labels_add.0"),
        ({"ids": [1], "change": {"labels_remove": ["x" * 51]}}, "change.labels_remove.0"),
        ({"ids": [1], "change": {"labels_add": [str(number) for number in range(21)]}}, "change.labels_add"),
        ({"ids": [1], "change": {"labels_add": ["a"], "labels_remove": ["A"]}}, "change"),
        ({"ids": [1], "change": {"deleted": True, "done": True}}, "change"),
        ({"ids": [1], "change": {"board_id": 1, "pinned": True}}, "change"),
        ({"ids": [1], "change": {"after_id": 2}}, "change"),
        ({"ids": [1], "change": {"done": True}, "client_key": "short"}, "client_key"),
    ],
)
async def test_an_invalid_change_names_its_field(api: httpx.AsyncClient, body: Json, field: str):
    problem = refused(await api.post(BULK, json=body), 422, "validation_failed")

    assert field in fields_of(problem)


async def test_200_notes_may_be_changed_and_one_that_comes_twice_counts_once(own: httpx.AsyncClient):
    one, two = await _added(own, 2)

    answer = await own.post(BULK, json={"ids": [two, one] * 100, "change": {"pinned": True}})

    assert [note["id"] for note in answer.json()] == [two, one]
    assert {note["version"] for note in answer.json()} == {2}


async def test_missing_notes_are_all_named_and_nothing_is_changed(own: httpx.AsyncClient):
    one, deleted = await _added(own, 2)
    await own.delete(f"/api/notes/{deleted}")
    before = await newest_number(own)
    ids = [one, 999_999, deleted]

    for change in ({"pinned": True}, {"labels_add": ["new"]}, {"board_id": 1}, {"archived": True}):
        problem = refused(await own.post(BULK, json={"ids": ids, "change": change}), 404, "not_found")
        assert problem["detail"] == "Note 999999 not found"
        assert [error["field"] for error in problem["errors"]] == ["ids.1", "ids.2"]
    problem = refused(await own.post(BULK, json={"ids": ids, "change": {"deleted": True}}), 404, "not_found")

    assert [error["field"] for error in problem["errors"]] == ["ids.1"]
    assert await newest_number(own) == before
    assert (await own.get(f"/api/notes/{one}")).json()["version"] == 1


async def test_a_note_with_too_many_labels_stands_in_the_way_and_is_named(own: httpx.AsyncClient):
    (plain,) = await _added(own, 1)
    (full,) = await _added(own, 1, labels=[str(number) for number in range(19)])
    before = await newest_number(own)
    change = {"labels_add": ["18", "new", "newer"], "colour": "red"}

    problem = refused(await own.post(BULK, json={"ids": [plain, full], "change": change}), 422, "validation_failed")

    assert problem["errors"] == [
        {"field": "change.labels_add", "message": f"Note {full} would have 21 labels; 20 are possible."}
    ]
    assert problem["note"] == (await own.get(f"/api/notes/{full}")).json()
    assert await newest_number(own) == before, "not even the labels were made"
    change["labels_remove"] = ["0"]
    answer = await own.post(BULK, json={"ids": [plain, full], "change": change})
    assert [len(note["labels"]) for note in answer.json()] == [3, 20]


async def test_a_note_is_no_neighbour_of_itself(own: httpx.AsyncClient):
    ids = await _added(own, 2)
    for field in ("after_id", "before_id"):
        change = {"board_id": 1, field: ids[1]}
        problem = refused(await own.post(BULK, json={"ids": ids, "change": change}), 422, "validation_failed")
        assert fields_of(problem) == {f"change.{field}"}


CHANGES: dict[str, Json] = {
    "done": {"done": True},
    "pinned": {"pinned": True},
    "both": {"done": True, "pinned": True},
    "labels": {"labels_add": ["a"]},
    "deleted": {"deleted": True},
    "moved": {"board_id": 1},
}


@pytest.mark.parametrize("role", ["viewer", "ticker", "editor"])
async def test_tickers_tick_and_editors_do_all(house: House, role: Role):
    board = await house.board(ada="owner", bob=role)
    ids = [(await house.note("ada", board)).id for _ in range(2)]
    async with await house.browser("bob") as bob:
        for name, change in CHANGES.items():
            answer = await bob.post(f"/api/boards/{board}/notes/bulk", json={"ids": ids, "change": change})

            allowed = role == "editor" or (role == "ticker" and name == "done")
            if not allowed:
                refused(answer, 403, "forbidden")
            elif name == "moved":
                refused(answer, 404, "not_found")  # they were deleted before
            else:
                assert answer.status_code == 200, (name, answer.text)


async def test_notes_of_other_boards_are_not_there(house: House):
    mine, hidden = await house.board(bob="owner"), await house.board(ada="owner")
    seen = await house.board(eve="owner", bob="editor")
    own = await house.note("bob", mine)
    secret, other = await house.note("ada", hidden), await house.note("eve", seen)
    path = f"/api/boards/{mine}/notes/bulk"
    async with await house.browser("bob") as bob:
        for note in (secret, other):
            for change in ({"pinned": True}, {"deleted": False}, {"board_id": mine}):
                answer = await bob.post(path, json={"ids": [own.id, note.id], "change": change})
                problem = refused(answer, 404, "not_found")
                assert problem["detail"] == f"Note {note.id} not found"
        body = {"ids": [secret.id], "change": {"done": True}}
        refused(await bob.post(f"/api/boards/{hidden}/notes/bulk", json=body), 404, "not_found")
        assert (await bob.get(f"/api/boards/{mine}/notes/{own.id}")).json()["version"] == 1


async def test_a_move_takes_an_editor_of_both_boards(house: House):
    board = await house.board(bob="owner")
    viewers = await house.board(ada="owner", bob="viewer")
    hidden = await house.board(ada="owner")
    theirs = await house.board(ada="owner", bob="editor")
    ids = [(await house.note("bob", board)).id for _ in range(3)]
    path = f"/api/boards/{board}/notes/bulk"
    async with await house.browser("bob") as bob:
        refused(await bob.post(path, json={"ids": ids, "change": {"board_id": viewers}}), 403, "forbidden")
        for gone in (hidden, 99_999):
            refused(await bob.post(path, json={"ids": ids, "change": {"board_id": gone}}), 404, "not_found")

        answer = await bob.post(path, json={"ids": ids, "change": {"board_id": theirs}})

        assert {note["board_id"] for note in answer.json()} == {theirs}


# Client keys.


async def test_a_repeated_request_changes_nothing_and_gets_the_notes_as_they_are_now(house: House):
    board = await house.board(ada="owner", bob="editor")
    ids = [(await house.note("ada", board)).id for _ in range(2)]
    path = f"/api/boards/{board}/notes"
    sent = {"ids": ids, "change": {"done": False, "pinned": True}, "client_key": "bulk-key-1"}
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        first = await ada.post(f"{path}/bulk", json=sent)
        await bob.patch(f"{path}/{ids[0]}", json={"pinned": False})
        await bob.delete(f"{path}/{ids[1]}")
        before = await house.core.log.newest()

        again = await ada.post(f"{path}/bulk", json=sent)

        assert (first.status_code, again.status_code) == (200, 200), again.text
        assert [note["pinned"] for note in again.json()] == [False, True]
        assert await house.core.log.newest() == before
        other = {**sent, "change": {"archived": False, "pinned": True}}
        refused(await ada.post(f"{path}/bulk", json=other), 409, "client_key_used")
        refused(await bob.post(f"{path}/bulk", json=sent), 404, "not_found")  # a key is its author's own


async def test_a_repeated_request_takes_the_role_again(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board)
    sent = {"ids": [note.id], "change": {"pinned": True}, "client_key": "bulk-key-1"}
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        assert (await bob.post(f"/api/boards/{board}/notes/bulk", json=sent)).status_code == 200
        bob_id = house.people["bob"].id
        await ada.put(f"/api/boards/{board}/members/{bob_id}", json={"role": "ticker"})

        refused(await bob.post(f"/api/boards/{board}/notes/bulk", json=sent), 403, "forbidden")
