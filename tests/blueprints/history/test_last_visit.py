"""What is new on a board since a user was there."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from quart_notes.web.last_visit import BOARDS_MAX
from tests.support.accounts_app import House

PREFERENCE = "/api/me/preferences/boards_seen"


async def _news(client: httpx.AsyncClient, path: str = "/front/notes") -> tuple[str, list[int]]:
    """What the board's page says is new, and the ids of the notes that it marks."""
    page = (await client.get(path, headers={"Accept": "text/html"})).text
    form = page.partition('id="since"')[2].partition("</form>")[0]
    words = re.sub(r"<[^>]*>", "", form.partition("<p>")[2].partition("</p>")[0])
    return words, sorted(map(int, re.findall(r'<li id="note-(\d+)"[^>]*data-unseen', page)))


def _now() -> dict[str, str]:
    return {"at": datetime.now(UTC).isoformat()}


async def _add(client: httpx.AsyncClient, **note: Any) -> int:
    return int((await client.post("/api/notes", json={"title": "a"} | note)).json()["id"])


async def test_a_board_says_what_others_did_since_the_last_visit(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        old, edited, own = [await _add(bob) for _ in range(3)]
        assert await _news(ada) == ("", []), "the first visit"
        assert (await ada.post("/front/notes/seen", data=_now())).status_code == 303
        new = [await _add(bob), await _add(bob)]
        await bob.patch(f"/api/notes/{old}", json={"done": True})
        await bob.patch(f"/api/notes/{edited}", json={"title": "b"})
        await ada.patch(f"/api/notes/{own}", json={"done": True})

        assert await _news(ada) == ("Since you were here: 2 new, 1 done, 1 changed", [old, edited, *new])
        assert await _news(bob) == ("", [])
        assert await _news(ada) != ("", []), "the page alone does not say that anybody looked at it"
        await ada.post("/front/notes/seen", data=_now())
        assert await _news(ada) == ("", [])
        gone = await _add(bob)
        await bob.delete(f"/api/notes/{gone}")
        assert await _news(ada) == ("", [])


async def test_what_came_after_the_page_was_made_stays_new(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        page = (await ada.get("/front/notes", headers={"Accept": "text/html"})).text
        (at,) = re.findall(r'name="at" value="([^"]*)"', page)
        new = await _add(bob)

        await ada.post("/front/notes/seen", data={"at": at})

        assert await _news(ada) == ("Since you were here: 1 new", [new])


@pytest.mark.parametrize("at", ["", "nonsense", "2026-01-01T00:00:00"])
async def test_an_unreadable_time_is_refused(house: House, at: str):
    async with await house.browser("ada") as ada:
        refused = await ada.post("/front/notes/seen", data={"at": at})

        assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["at"])
        assert (await ada.get(PREFERENCE)).status_code == 404


async def test_a_time_to_come_is_now(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await _add(bob)
        await ada.post("/front/notes/seen", data={"at": "2999-01-01T00:00:00Z"})

        assert await _news(ada) == ("", [])
        new = await _add(bob)
        assert await _news(ada) == ("Since you were here: 1 new", [new])


@pytest.mark.parametrize("value", [7, "x", [], {"1": 5}, {"1": "yesterday"}, {"1": "2026-01-01T00:00:00"}])
async def test_a_preference_that_is_nonsense_is_no_visit(house: House, value: Any):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await ada.put(PREFERENCE, json=value)
        await _add(bob)

        assert await _news(ada) == ("", [])


async def test_each_board_has_its_own_visit_and_the_boards_seen_last_are_remembered(house: House):
    board = await house.board(ada="owner", bob="editor")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    before = {str(number): (long_ago + timedelta(days=number)).isoformat() for number in range(1000, 1000 + BOARDS_MAX)}
    async with await house.browser("ada") as ada, await house.browser("eve") as eve:
        await ada.put(PREFERENCE, json=before)

        await ada.post(f"/front/boards/{board}/notes/seen", data=_now())

        seen = (await ada.get(PREFERENCE)).json()["value"]
        assert (len(seen), str(board) in seen, "1000" in seen, "1001" in seen) == (BOARDS_MAX, True, False, True)
        assert len(json.dumps(seen)) < 8 * 1024
        assert (await eve.post(f"/front/boards/{board}/notes/seen", data=_now())).status_code == 404
