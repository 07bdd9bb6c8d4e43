"""Tasks of a note: who may change them, which event tells it, and what is refused."""

import httpx
import pytest

from quart_notes.domain.text.markdown import format_text
from quart_notes.schemas import NoteCreate, NoteOut
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, refused

LIST = "- [ ] milk\n- [x] bread\n\n- [ ] milk"


async def _list(house: House, board: int, text: str = LIST, title: str | None = "shopping") -> NoteOut:
    data = NoteCreate(title=title, description=text)
    return (await house.core.notes.add(house.caller("ada"), board, data)).result


def _tick(line: int, source: str, *, done: bool = True) -> dict[str, object]:
    return {"line": line, "source": source, "done": done}


def _note(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    note: Json = answer.json()
    return note


@pytest.fixture
async def board(house: House) -> int:
    """A board of ada's with a ticker and a viewer."""
    return await house.board(ada="owner", bob="ticker", eve="viewer")


async def test_a_ticker_ticks_tasks_and_nothing_else(house: House, board: int):
    note = await _list(house, board)
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as ticker:
        ticked = _note(await ticker.patch(f"{path}/tasks", json=_tick(1, "- [ ] milk")))
        refused(await ticker.post(f"{path}/tasks", json={"text": "tea"}), 403, "forbidden")
        for action in ("uncheck", "delete-done"):
            refused(await ticker.post(f"{path}/tasks/{action}"), 403, "forbidden")
        refused(await ticker.patch(path, json={"description": "tea"}), 403, "forbidden")
    async with await house.browser("eve") as viewer:
        refused(await viewer.patch(f"{path}/tasks", json=_tick(1, "- [x] milk", done=False)), 403, "forbidden")
        assert (await viewer.get(path)).json() == ticked

    assert ticked["description"] == "- [x] milk\n- [x] bread\n\n- [ ] milk"
    assert ticked["tasks"] == {"done": 2, "total": 3}
    assert (ticked["version"], ticked["updated_by"]) == (2, house.people["bob"].id)
    assert ticked["content"] == format_text(ticked["description"]).content


async def test_a_tick_is_one_event_and_a_second_one_none(house: House, board: int):
    note = await _list(house, board)
    path = f"/api/boards/{board}/notes/{note.id}/tasks"
    before = await house.core.log.newest()
    async with await house.browser("bob") as ticker:
        first = _note(await ticker.patch(path, json=_tick(1, "- [ ] milk")))
        again = _note(await ticker.patch(path, json=_tick(1, "- [ ] milk")))
        seen_ticked = _note(await ticker.patch(path, json=_tick(1, "- [x] milk")))

    assert first == again == seen_ticked
    (event,) = await house.events(before, f"board:{board}")
    assert (event["action"], event["by"], event["note"]) == ("update", house.people["bob"].id, first)


async def test_a_task_is_found_where_it_was_moved(house: House, board: int):
    note = await _list(house, board, "top\n\n- [ ] milk\n- [ ] bread")
    async with await house.browser("bob") as ticker:
        path = f"/api/boards/{board}/notes/{note.id}/tasks"
        assert _note(await ticker.patch(path, json=_tick(1, "- [ ] bread")))["description"].endswith("- [x] bread")
        assert _note(await ticker.patch(path, json=_tick(20_001, "- [x] milk")))["tasks"] == {"done": 2, "total": 2}


@pytest.mark.parametrize("sent", [_tick(2, "- [ ] milk"), _tick(1, "- [ ] tea"), _tick(3, ""), _tick(9, "milk")])
async def test_a_task_that_is_not_to_be_found_is_a_conflict_with_the_note(
    house: House, board: int, sent: dict[str, object]
):
    note = await _list(house, board)
    async with await house.browser("bob") as ticker:
        answer = await ticker.patch(f"/api/boards/{board}/notes/{note.id}/tasks", json=sent)

        refused(answer, 409, "task_moved")
        assert answer.json()["note"]["description"] == LIST
        assert answer.json()["note"]["version"] == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (_tick(0, "- [ ] milk"), "line"),
        (_tick(-1, "- [ ] milk"), "line"),
        (_tick(20_002, "- [ ] milk"), "line"),
        (_tick(1, "- [ ] " + "x" * 2_000), "source"),
        (_tick(1, "- [ ] milk\n- [x] bread"), "source"),
        ({"line": 1, "source": "- [ ] milk"}, "done"),
        ({"line": 1, "done": True}, "source"),
        ({**_tick(1, "- [ ] milk"), "operation": "flip"}, "operation"),
    ],
)
async def test_a_bad_tick_names_its_field(house: House, board: int, sent: dict[str, object], field: str):
    note = await _list(house, board)
    async with await house.browser("bob") as ticker:
        answer = await ticker.patch(f"/api/boards/{board}/notes/{note.id}/tasks", json=sent)

        refused(answer, 422, "validation_failed")
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_tasks_are_added_unchecked_and_deleted(house: House, board: int):
    note = await _list(house, board)
    path = f"/api/boards/{board}/notes/{note.id}/tasks"
    async with await house.browser("ada") as editor:
        added = _note(await editor.post(path, json={"text": "tea"}))
        first = _note(await editor.post(path, json={"text": "  salt ", "after_line": 0}))
        deleted = _note(await editor.post(f"{path}/delete-done"))
        await editor.patch(path, json=_tick(1, "- [ ] salt"))
        unchecked = _note(await editor.post(f"{path}/uncheck"))
        unchanged = _note(await editor.post(f"{path}/uncheck"))

    assert added["description"] == f"{LIST}\n- [ ] tea"
    assert first["description"] == f"- [ ] salt\n{LIST}\n- [ ] tea"
    assert deleted["description"] == "- [ ] salt\n- [ ] milk\n\n- [ ] milk\n- [ ] tea"
    assert unchecked["tasks"] == {"done": 0, "total": 4}
    assert unchanged == unchecked


async def test_what_cannot_be_done_to_tasks_names_its_field(house: House, board: int):
    note, full = await _list(house, board), await _list(house, board, "x" * 20_000)
    nameless = await _list(house, board, "- [x] milk", title=None)
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as editor:
        for where, sent, field in (
            (note, {"text": ""}, "text"),
            (note, {"after_line": 1}, "text"),
            (note, {"text": "a\nb"}, "text"),
            (note, {"text": "x" * 2_001}, "text"),
            (note, {"text": "tea", "after_line": 5}, "after_line"),
            (note, {"text": "tea", "after_line": -1}, "after_line"),
            (full, {"text": "tea"}, "text"),
        ):
            answer = await editor.post(f"{path}/{where.id}/tasks", json=sent)
            refused(answer, 422, "validation_failed")
            assert [error["field"] for error in answer.json()["errors"]] == [field]
        unknown = await editor.post(f"{path}/{note.id}/tasks/toggle")
        refused(unknown, 422, "validation_failed")
        assert unknown.json()["errors"][0]["field"] == "action"
        refused(await editor.post(f"{path}/{nameless.id}/tasks/delete-done"), 422, "validation_failed")
        refused(await editor.patch(f"{path}/999999/tasks", json=_tick(1, "- [ ] milk")), 404, "not_found")


async def test_tasks_of_a_text_that_is_too_large_to_be_formatted_are_ticked_too(house: House, board: int):
    text = "- [ ] milk\n" + "[" * 5_000
    note = await _list(house, board, text)
    assert note.content is None
    assert note.tasks == {"done": 0, "total": 1}
    async with await house.browser("bob") as ticker:
        path = f"/api/boards/{board}/notes/{note.id}/tasks"
        ticked = _note(await ticker.patch(path, json=_tick(1, "- [ ] milk")))

    assert ticked["content"] is None
    assert ticked["tasks"] == {"done": 1, "total": 1}
    assert ticked["description"] == text.replace("[ ]", "[x]", 1)
