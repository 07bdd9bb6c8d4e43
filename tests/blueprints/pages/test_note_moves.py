"""The forms that move a note, the address of a moved note, and the order of a board's page."""

import re

import httpx

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import NoteMove
from tests.support.accounts_app import House
from tests.support.api_fixtures import add_note, cookie_of, person

PAGE = {"Sec-Fetch-Dest": "document"}


async def _shown(client: httpx.AsyncClient, path: str = "/front/notes", **options: str) -> list[int]:
    page = await client.get(path, headers={**PAGE, **options})
    assert page.status_code == 200
    return [int(note_id) for note_id in re.findall(r'<li id="note-([1-9]\d*)"', page.text)]


async def test_the_former_address_leads_to_the_note_for_those_who_may_see_it(house: House):
    kitchen, cellar = await house.board(ada="owner", bob="editor"), await house.board(ada="owner")
    note = await house.note("ada", kitchen)
    await house.core.note_moves.move(house.caller("ada"), kitchen, note.id, NoteMove(board_id=cellar))
    former = f"/front/boards/{kitchen}/notes/{note.id}"
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        answer = await ada.get(former, headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/front/boards/{cellar}/notes/{note.id}")
        assert (await bob.get(former, headers=PAGE)).status_code == 404
        assert (await ada.get(former)).status_code == 404, "a fragment"
        assert (await ada.get("/front/notes/999999", headers=PAGE)).status_code == 404


async def test_forms_that_name_no_place_are_refused(own: httpx.AsyncClient):
    note = await add_note(own, title="a note")
    for sent in ({}, {"to": "nowhere"}, {"board_id": "x"}, {"board_id": "99999"}):
        answer = await own.post(f"/front/notes/{note['id']}/move", data=sent)
        assert answer.status_code in {404, 422}, sent
    assert (await own.get(f"/api/notes/{note['id']}")).json() == note


async def test_htmx_gets_the_card_of_a_moved_note(own: httpx.AsyncClient):
    low, _ = await add_note(own, title="low"), await add_note(own, title="high")

    answer = await own.post(f"/front/notes/{low['id']}/move", data={"to": "up"}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert f'id="note-{low["id"]}"' in answer.text
    assert "<html" not in answer.text


async def test_the_page_is_sorted_by_the_address_else_by_the_preference(own: httpx.AsyncClient):
    one, two, three = [(await add_note(own, title=title))["id"] for title in ("b", "c", "a")]
    ada = await person(own)
    cookie = await cookie_of(own, ada)

    assert await _shown(own) == [three, two, one]
    assert await _shown(own, "/front/notes?sort=title") == [three, one, two]
    assert await _shown(own, "/front/notes?sort=nonsense") == [three, two, one]
    for value, order in (("title", [three, one, two]), (["x"], [three, two, one])):
        await own.put(f"/api/me/preferences/board_sort?person_id={ada['id']}", json=value)
        assert await _shown(own, Cookie=cookie) == order
    await own.put(f"/api/me/preferences/board_sort?person_id={ada['id']}", json="title")
    assert await _shown(own, "/front/notes?sort=created", Cookie=cookie) == [three, two, one]
    assert await _shown(own) == [three, two, one]


async def test_anybody_sees_the_place_of_a_note_on_its_page(house: House):
    board = await house.board(ada="owner", eve="viewer")
    note = await house.note("ada", board)
    async with await house.browser("eve") as viewer:
        page = await viewer.get(f"/front/boards/{board}/notes/{note.id}?moved=yes", headers=PAGE)
    assert "1 of 1" in page.text
    assert (await house.core.note_moves.place(ANYBODY, board, note.id)) == (None, None, 1, 1)
