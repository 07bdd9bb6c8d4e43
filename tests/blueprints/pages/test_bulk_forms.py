"""The form for several notes at once: what it changes and refuses, and the offer to take it back."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.support.accounts_app import House

VALUES: dict[str, tuple[str, Any]] = {
    "done:true": ("done", True),
    "pinned:true": ("pinned", True),
    "colour:teal": ("colour", "teal"),
    "labels_add:Shopping": ("labels", ["x", "Shopping"]),
    "labels_remove:X": ("labels", []),
}


async def _labelled(house: House, board: int) -> list[int]:
    async with await house.browser("ada") as ada:
        path = f"/api/boards/{board}/notes"
        return [(await ada.post(path, json={"title": "a note", "labels": ["x"]})).json()["id"] for _ in range(2)]


def _notice(page: httpx.Response) -> tuple[list[int], str] | None:
    """The notes that a page offers to bring back, and the value of its button."""
    form = re.search(r'<form class="notice" method="post" action="[^"]*/bulk[^"]*">(.*?)</form>', page.text, re.DOTALL)
    if form is None:
        return None
    (wanted,) = re.findall(r'name="do" value="([^"]*)"', form[1])
    return [int(one) for one in re.findall(r'name="id" value="(\d+)"', form[1])], wanted


@pytest.mark.parametrize("wanted", VALUES)
async def test_each_value_changes_its_field_of_all_notes(house: House, wanted: str):
    board = await house.board(ada="owner")
    ids = await _labelled(house, board)
    async with await house.browser("ada") as ada:
        answer = await ada.post(f"/front/boards/{board}/notes/bulk", data={"id": ids, "do": wanted})

        assert (answer.status_code, answer.headers["location"]) == (303, f"/front/boards/{board}/notes")
        field, value = VALUES[wanted]
        found = (await ada.get(f"/api/boards/{board}/notes")).json()
        assert [note[field] for note in found] == [value, value]


async def test_the_form_offers_what_the_viewer_may_do(house: House):
    board = await house.board(ada="owner", bob="ticker", eve="viewer")
    other = await house.board("Shed", ada="owner", bob="viewer")
    ids = await _labelled(house, board)
    address = f"/front/boards/{board}/notes?select=1"
    offers = {}
    for who in ("ada", "bob", "eve"):
        async with await house.browser(who) as browser:
            page = (await browser.get(address)).text
        offers[who] = {html.unescape(one) for one in re.findall(r'<option value="(\w+:[^"]*)"', page)}
        boxes = [int(one) for one in re.findall(r'form="selection-form" name="id" value="(\d+)"', page)]
        assert sorted(boxes) == (ids if who != "eve" else [])

    assert {"labels_add:x", f"board_id:{other}", "deleted:true", "done:true"} <= offers["ada"]
    assert offers["bob"] == {"done:true", "done:false"}
    assert offers["eve"] == set()


async def test_a_move_and_its_refusal(house: House):
    board, other = await house.board(ada="owner"), await house.board("Shed", ada="viewer", bob="owner")
    mine = await house.board("Mine", ada="owner")
    ids = await _labelled(house, board)
    async with await house.browser("ada") as ada:
        path = f"/front/boards/{board}/notes/bulk"

        refused = await ada.post(path, data={"id": ids, "do": f"board_id:{other}"})
        moved = await ada.post(path, data={"id": ids, "do": f"board_id:{mine}"})

        assert (refused.status_code, moved.status_code) == (403, 303)
        assert [note["id"] for note in (await ada.get(f"/api/boards/{mine}/notes")).json()] == ids


@pytest.mark.parametrize(("field", "back"), [("deleted", "deleted:false"), ("archived", "archived:false")])
async def test_what_left_the_page_is_brought_back_at_once(house: House, field: str, back: str):
    board = await house.board(ada="owner")
    ids = await _labelled(house, board)
    async with await house.browser("ada") as ada:
        path = f"/front/boards/{board}/notes"
        sent = await ada.post(f"{path}/bulk?sort=title", data={"id": ids, "do": f"{field}:true"})
        assert sent.headers["location"].startswith(f"{path}?sort=title")
        assert _notice(await ada.get(sent.headers["location"])) == (ids, back)
        assert _notice(await ada.get(path)) is None

        await ada.post(f"{path}/bulk", data={"id": ids[:1], "do": back})

        assert _notice(await ada.get(sent.headers["location"])) == (ids[1:], back), "the other one is back already"
        assert [note["id"] for note in (await ada.get(f"/api/boards/{board}/notes")).json()] == ids[:1]


@pytest.mark.parametrize(
    "query", ["undo=deleted&id=1", "undo=pinned&id=1", "undo=deleted&id=x", "undo=archived", "undo=<b>"]
)
async def test_an_address_alone_offers_nothing(house: House, query: str):
    board = await house.board(ada="owner")
    async with await house.browser("ada") as ada:
        page = await ada.get(f"/front/boards/{board}/notes?{query}")

    assert page.status_code == 200
    assert _notice(page) is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"do": "pinned:true"},
        {"id": "1"},
        {"id": "x", "do": "pinned:true"},
        {"id": "1", "do": "pinned"},
        {"id": "1", "do": "pinned:yes"},
        {"id": "1", "do": "title:x"},
        {"id": "1", "do": "colour:mauve"},
        {"id": "1", "do": "labels_add:"},
        {"id": "1", "do": "board_id:x"},
        {"id": "1", "do": "<b>:true"},
    ],
)
async def test_a_form_that_says_nothing_valid_is_refused(house: House, sent: dict[str, str]):
    board = await house.board(ada="owner")
    async with await house.browser("ada") as ada:
        html_wanted = {"Accept": "text/html"}
        answer = await ada.post(f"/front/boards/{board}/notes/bulk", data=sent, headers=html_wanted)

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "<b>" not in re.sub("<b class=[^>]*>", "", answer.text)
