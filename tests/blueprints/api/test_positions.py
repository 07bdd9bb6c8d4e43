"""`Last-Event-ID` is the position of the caller's own topics; events on other topics do not change it."""

from pathlib import Path

import httpx
import pytest

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import NoteCreate
from tests.support.accounts_app import House, hash_quickly, opened_house

READS = [
    "/api/notes", "/api/boards", "/api/rooms", "/api/users", "/api/me/sessions", "/api/rooms/1/messages", "/api/jobs",
]  # fmt: skip
PAGES = ["/front/notes", "/front/boards", "/front/rooms/1", "/front/users", "/front/account"]


async def _positions(client: httpx.AsyncClient) -> dict[str, str]:
    """The position in each response, twice: uncached and cached."""
    told = {}
    for path in READS:
        made, kept = await client.get(path), await client.get(path)
        assert made.status_code == 200, path
        assert made.headers["last-event-id"] == kept.headers["last-event-id"], path
        told[path] = made.headers["last-event-id"]
    for path in PAGES:
        page = await client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        told[path] = " ".join(part.partition('"')[0] for part in page.text.split('last-event-id="')[1:])
    return told


async def test_events_on_other_topics_do_not_change_the_position(house: House):
    async with await house.browser("eve") as eve, await house.browser("ada") as ada:
        theirs = await house.board(ada="owner", bob="editor")
        before = await _positions(eve)
        for n in range(5):
            await house.note("ada", theirs, f"note {n}")
            sent = {"author_id": house.people["ada"].id, "recipient_id": house.people["bob"].id, "content": "hush"}
            assert (await ada.post("/api/messages", json=sent)).status_code == 201

        assert await _positions(eve) == before


async def test_the_position_is_the_newest_event_that_the_caller_may_read(house: House):
    async with await house.browser("eve") as eve, await house.browser("ada") as ada:
        mine = await house.board(eve="owner")
        theirs = await house.board(ada="owner")
        await house.note("eve", mine)
        newest = await house.core.log.newest()
        await house.note("ada", theirs)

        places = await _positions(eve)
        assert {places[path] for path in READS} == {str(newest)}
        assert (await ada.get("/api/notes")).headers["last-event-id"] == str(await house.core.log.newest())


async def test_resuming_at_the_position_misses_nothing(house: House):
    mine, theirs = await house.board(eve="owner"), await house.board(ada="owner")
    await house.note("ada", theirs)
    async with await house.browser("eve") as eve:
        place = (await eve.get(f"/api/boards/{mine}/notes")).headers["last-event-id"]
        note = await house.note("eve", mine, "new")
        position = type(await house.core.log.newest()).parse(place)

        (event,) = await house.events(position, f"board:{mine}")
        assert event["note"]["id"] == note.id


async def test_a_restart_does_not_change_the_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    folder = tmp_path / "data"
    async with opened_house(folder) as house:
        await house.welcome("root", "ada", "eve")
        theirs = await house.board(ada="owner")
        cookie = await house.cookie("eve")
        async with house.client(cookie) as eve:
            before = (await eve.get("/api/notes")).headers["last-event-id"]
            for n in range(3):
                await house.note("ada", theirs, f"note {n}")
    async with opened_house(folder) as house, house.client(cookie) as eve:
        assert (await eve.get("/api/notes")).headers["last-event-id"] == before
        await house.core.notes.add(ANYBODY, 1, NoteCreate(title="a"))
        assert (await eve.get("/api/notes")).headers["last-event-id"] == str(await house.core.log.newest())
