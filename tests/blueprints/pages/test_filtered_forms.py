"""Forms on a part of a board, which lead back to it without JavaScript."""

import html
import re

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, made

FILTER = "?q=milk&sort=title&colour=red&label=Shop+%26+co"
TEXT = "- [ ] milk & honey"


@pytest.fixture
async def board(house: House) -> int:
    """A board of ada's."""
    return await house.board(ada="owner")


async def _forms(browser: httpx.AsyncClient, address: str) -> dict[str, str]:
    """The addresses of the forms and links on the first card of a page, by what they are for."""
    page = (await browser.get(address)).text
    card = page[page.index('<li id="note-') : page.index("</li>", page.index("note-foot"))]
    assert all(
        html.unescape(one).endswith(address.partition("/notes")[2]) for one in re.findall(r'action="([^"]*)"', card)
    )
    found = re.findall(r'(?:action|href)="([^"]*/notes/\d+/([a-z]+)(?:[?#][^"]*)?)"', card)
    return {name: html.unescape(where) for where, name in found}


async def _note(browser: httpx.AsyncClient, board: int) -> Json:
    path = f"/api/boards/{board}/notes"
    return await made(browser, path, title="milk", description=TEXT, labels=["Shop & co"], colour="red")


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("done", {"done": "true"}), ("pinned", {"pinned": "true"}), ("tasks", {"task": f"1:{TEXT}"}),
        ("tasks", {"text": "bread"}), ("tasks", {"action": "uncheck"}),
    ],
)  # fmt: skip
async def test_a_form_on_a_card_leads_back_to_the_same_part_of_the_board(
    house: House, board: int, form: str, sent: dict[str, str]
):
    async with await house.browser("ada") as ada:
        note = await _note(ada, board)
        address = f"/front/boards/{board}/notes"
        forms = await _forms(ada, address + FILTER)

        answer = await ada.post(forms[form], data=sent)
        plain = await ada.post((await _forms(ada, address))[form], data=sent)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{address}{FILTER}#note-{note['id']}"
    assert plain.headers["location"] == f"{address}#note-{note['id']}"


@pytest.mark.parametrize(
    ("form", "sent", "offer"),
    [("delete", {}, "deleted"), ("archived", {"archived": "true"}, "undo_archive")],
)
async def test_what_leaves_the_board_can_be_taken_back_there(
    house: House, board: int, form: str, sent: dict[str, str], offer: str
):
    async with await house.browser("ada") as ada:
        note = await _note(ada, board)
        address = f"/front/boards/{board}/notes"
        forms = await _forms(ada, address + FILTER)

        gone = await ada.post(forms[form], data=sent)
        assert gone.headers["location"] == f"{address}{FILTER}&{offer}={note['id']}"
        notice = (await ada.get(gone.headers["location"])).text
        undo = re.search(rf'class="notice" method="post" action="([^"]*/{note["id"]}/[a-z]+[^"]*)"', notice)
        assert undo is not None
        back = await ada.post(html.unescape(undo[1]), data={form: "false"})

    assert back.headers["location"] == f"{address}{FILTER}#note-{note['id']}"


async def test_the_form_to_edit_a_note_leads_back_when_it_is_saved_and_when_it_is_not(house: House, board: int):
    async with await house.browser("ada") as ada:
        note = await _note(ada, board)
        address = f"/front/boards/{board}/notes"
        edit = (await _forms(ada, address + FILTER))["edit"]
        page = (await ada.get(edit)).text
        cancel = re.search(r'<a class="quiet-button" href="([^"]*)">Cancel', page)
        save = re.search(r'id="edit-note-form"[^>]* action="([^"]*)"', page)
        assert cancel is not None
        assert save is not None
        assert html.unescape(cancel[1]) == address + FILTER

        saved = await ada.post(html.unescape(save[1]), data={"title": "milk!", "version": "1"})
        refused = await ada.post(html.unescape(save[1]), data={"title": "x" * 201, "version": "2"})

    assert saved.headers["location"] == f"{address}{FILTER}#note-{note['id']}"
    assert refused.status_code == 422
    assert html.escape(FILTER) in refused.text


async def test_a_form_on_a_further_page_leads_back_to_that_page(house: House, board: int):
    async with await house.browser("ada") as ada:
        for number in range(101):
            await made(ada, f"/api/boards/{board}/notes", title=f"note {number}")
        forms = await _forms(ada, f"/front/boards/{board}/notes?page=2")

        answer = await ada.post(forms["pinned"], data={"pinned": "true"})

    assert f"/front/boards/{board}/notes?page=2#note-" in answer.headers["location"]


async def test_an_address_in_a_form_is_no_way_to_another_site(house: House, board: int):
    async with await house.browser("ada") as ada:
        note = await _note(ada, board)
        path = f"/front/boards/{board}/notes/{note['id']}/pinned"

        answer = await ada.post(f"{path}?next=https://evil.example&q=//evil.example&page=x", data={"pinned": "true"})

    assert answer.headers["location"] == f"/front/boards/{board}/notes?q=%2F%2Fevil.example#note-{note['id']}"


async def test_a_change_of_several_notes_and_its_undo_lead_back(house: House, board: int):
    async with await house.browser("ada") as ada:
        notes = [(await _note(ada, board))["id"] for _ in range(2)]
        address = f"/front/boards/{board}/notes"
        page = (await ada.get(f"{address}{FILTER}&select=yes")).text
        form = re.search(r'id="selection-form" method="post" action="([^"]*)"', page)
        assert form is not None

        pinned = await ada.post(html.unescape(form[1]), data={"id": notes, "do": "pinned:true"})
        gone = await ada.post(html.unescape(form[1]), data={"id": notes, "do": "deleted:true"})
        notice = (await ada.get(gone.headers["location"])).text
        undo = re.search(r'class="notice" method="post" action="([^"]*/bulk[^"]*)"', notice)
        assert undo is not None
        back = await ada.post(html.unescape(undo[1]), data={"id": notes, "do": "deleted:false"})

    assert pinned.headers["location"] == address + FILTER
    assert gone.headers["location"] == f"{address}{FILTER}&undo=deleted&id={notes[0]}&id={notes[1]}"
    assert back.headers["location"] == address + FILTER
