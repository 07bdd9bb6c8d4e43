"""What is on boards, in short: counted by the server, for those who see them only."""

import re

import httpx
import pytest

from quart_notes.schemas import PageQuery
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, got, made
from tests.support.recorded_statements import recorded_statements

SUMMARIES = "/api/boards/summaries"


async def _summary(client: httpx.AsyncClient, board: int) -> Json:
    (found,) = [one for one in await got(client, SUMMARIES) if one["id"] == board]
    return dict(found)


async def test_open_notes_are_counted_without_done_archived_and_deleted_ones(house: House):
    board = await house.board(ada="owner", bob="editor", eve="viewer")
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as ada:
        assert await _summary(ada, board) == {"id": board, "open": 0, "people": 3, "changed_at": None}
        notes = [await made(ada, path, title=f"note {n}") for n in range(5)]
        for note, change in zip(notes, ({"done": True}, {"archived": True}), strict=False):
            await ada.patch(f"{path}/{note['id']}", json=change)
        await ada.delete(f"{path}/{notes[2]['id']}")
        last = (await ada.patch(f"{path}/{notes[3]['id']}", json={"title": "changed"})).json()
        await ada.delete(f"/api/boards/{board}/members/{house.people['eve'].id}")

        assert await _summary(ada, board) == {
            "id": board,
            "open": 2,
            "people": 2,
            "changed_at": last["updated_at"],
        }


@pytest.mark.parametrize("who", ["ada", "bob", "eve", "root"])
async def test_summaries_are_of_the_boards_that_the_caller_sees(house: House, who: str):
    board = await house.board(ada="owner", eve="viewer")
    async with await house.browser(who) as client:
        seen = [one["id"] for one in await got(client, "/api/boards")]
        summaries = [one["id"] for one in await got(client, SUMMARIES)]
        page = (await client.get("/front/boards")).text

    assert summaries == seen
    assert (board in summaries) == (who in {"ada", "eve"})
    assert page.count('class="board-summary soft"') == len(seen) + 1, "and the blank one"


async def test_the_personal_boards_of_others_have_no_summary_in_open_mode(api: httpx.AsyncClient):
    ada: Json = await made(api, "/api/users", name="Ada", email=None, nickname="ada-of-summaries")
    mine = await got(api, "/api/boards", person_id=ada["id"])

    assert [one["id"] for one in await got(api, SUMMARIES, person_id=ada["id"])] == [one["id"] for one in mine]
    (personal,) = [one["id"] for one in mine if one["kind"] == "personal"]
    assert personal not in {one["id"] for one in await got(api, SUMMARIES)}


async def test_summaries_come_in_pages(api: httpx.AsyncClient):
    for name in "abc":
        await made(api, "/api/boards", name=name)
    everything = await got(api, SUMMARIES)

    first = await api.get(SUMMARIES, params={"limit": 2})

    assert first.json() == everything[:2]
    assert 'rel="next"' in first.headers["link"]
    assert await got(api, SUMMARIES, after_id=everything[1]["id"]) == everything[2:]


async def test_all_boards_are_counted_in_one_query(house: House):
    for _ in range(5):
        await house.note("ada", await house.board(ada="owner"))

    with recorded_statements() as statements:
        found = await house.core.boards.summaries(house.caller("ada"), PageQuery())

    assert len(found.items) > 5
    about = [statement for statement in statements if re.search(r"\b(note|membership)\b", statement)]
    assert len(about) == 1, "others are of the work beside requests"
