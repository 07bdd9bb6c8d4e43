"""A board's settings: what is ticked off on it, in the API, on its settings page and on its cards."""

import re

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import fields_of, got, made, refused


async def test_a_board_ticks_off_notes_unless_it_says_otherwise(api: httpx.AsyncClient):
    plain, lists = await made(api, "/api/boards", name="a"), await made(api, "/api/boards", name="b", tick="checklists")

    assert (plain["tick"], lists["tick"]) == ("notes", "checklists")
    assert (await got(api, f"/api/boards/{lists['id']}"))["tick"] == "checklists"
    changed = await api.patch(f"/api/boards/{lists['id']}", json={"tick": "notes"})
    assert changed.json() == lists | {"tick": "notes"}, "the name stays"
    nothing = await api.patch(f"/api/boards/{lists['id']}", json={})
    assert (nothing.status_code, nothing.json()) == (200, changed.json())


@pytest.mark.parametrize("tick", ["", "tasks", None, 1, ["notes"]])
async def test_there_are_two_kinds_of_ticks(api: httpx.AsyncClient, tick: object):
    for answer in (
        await api.post("/api/boards", json={"name": "a", "tick": tick}),
        await api.patch("/api/boards/1", json={"tick": tick}),
    ):
        assert fields_of(refused(answer, 422, "validation_failed")) == {"tick"}


async def test_the_same_setting_sends_no_event(house: House):
    board = await house.board(ada="owner")
    async with await house.browser("ada") as ada:
        begin = (await ada.get(f"/api/boards/{board}")).headers["last-event-id"]
        first = await ada.patch(f"/api/boards/{board}", json={"tick": "checklists"})
        again = await ada.patch(f"/api/boards/{board}", json={"tick": "checklists"})

    assert begin != first.headers["last-event-id"] == again.headers["last-event-id"]


async def test_the_form_saves_name_and_ticks_and_shows_what_is_wrong(house: House):
    board = await house.board(ada="owner", bob="editor")
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        saved = await ada.post(f"/front/boards/{board}", data={"name": "Kitchen", "tick": "checklists"})
        page = (await ada.get(f"/front/boards/{board}")).text
        alone = await ada.post(f"/front/boards/{board}", data={"name": "Larder"})
        shown = await got(ada, f"/api/boards/{board}")
        wrong = await ada.post(f"/front/boards/{board}", data={"name": "", "tick": "tasks"})
        by_editor = await bob.post(f"/front/boards/{board}", data={"name": "Mine", "tick": "notes"})

    assert (saved.status_code, alone.status_code, wrong.status_code, by_editor.status_code) == (303, 303, 422, 403)
    assert '<option value="checklists" selected>' in page
    assert (shown["name"], shown["tick"]) == ("Larder", "checklists"), "a form without the field changes it not"
    assert re.search(r'id="board-name-error">[^<]+<', wrong.text)
    assert re.search(r'id="board-tick-error">[^<]+<', wrong.text)


async def test_done_is_accepted_for_every_note_whatever_the_boards_ticks_are(house: House):
    board = await house.board(ada="owner", eve="ticker")
    path = f"/boards/{board}/notes"
    async with await house.browser("ada") as ada, await house.browser("eve") as eve:
        await ada.patch(f"/api/boards/{board}", json={"tick": "checklists"})
        prose = await made(ada, f"/api{path}", title="prose")
        tasks = await made(ada, f"/api{path}", title="tasks", description="- [ ] milk")
        before = (await eve.get(f"/front{path}")).text

        assert (await eve.patch(f"/api{path}/{prose['id']}", json={"done": True})).status_code == 200
        assert [note["id"] for note in await got(eve, f"/api{path}", done="true")] == [prose["id"]]
        after = (await eve.get(f"/front{path}")).text

    assert 'data-tick="checklists"' in before
    assert _plain_buttons(before) == {tasks["id"]: "Mark as done"}
    assert _plain_buttons(after) == {tasks["id"]: "Mark as done", prose["id"]: "Mark as not done"}, (
        "there is a way back"
    )


def _plain_buttons(page: str) -> dict[int, str]:
    """The buttons without JavaScript by note."""
    found = re.findall(r'<noscript><button[^>]* form="done-(\d+)"[^>]*>([^<]+)<', page)
    return {int(note_id): words for note_id, words in found}
