"""Labels without JavaScript: on the form of a note, and on the settings page of a board."""

import re

import httpx
import pytest

from quart_notes.schemas import PageQuery
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, made


@pytest.fixture
async def board(house: House) -> int:
    """A board of ada's, which eve may only see."""
    return await house.board(ada="owner", bob="editor", eve="viewer")


async def _labels(house: House, board: int) -> dict[str, tuple[str, int]]:
    """The labels by name: colour, and number of notes."""
    found = (await house.core.board_labels.find(house.caller("ada"), board, PageQuery())).items
    return {label.name: (label.colour, label.note_count) for label in found}


async def _form(browser: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    return await browser.post(address, data=fields)


async def test_a_notes_labels_are_names_with_commas_between_them(house: House, board: int):
    path = f"/boards/{board}/notes"
    async with await house.browser("bob") as bob:
        note: Json = await made(bob, f"/api{path}", title="a", labels=["old, with comma", "x"])
        address = f"/front{path}/{note['id']}"
        page = (await bob.get(f"{address}/edit")).text
        (shown,) = re.findall(r'id="edit-labels"[^>]* value="([^"]*)"', page)
        fields = {"title": "a", "description": "", "colour": "none", "version": "1"}

        same = await _form(bob, address, **fields | {"title": "b", "labels": shown})
        assert (same.status_code, (await bob.get(f"/api{path}/{note['id']}")).json()["labels"]) == (303, note["labels"])
        changed = await _form(bob, address, **fields | {"title": "b", "version": "2", "labels": " Shop,, X ,shop"})
        assert changed.status_code == 303
        assert (await bob.get(f"/api{path}/{note['id']}")).json()["labels"] == ["Shop", "x"]
        wrong = await _form(bob, address, **fields | {"title": "b", "version": "3", "labels": "y" * 51})
        kept = await bob.get(f"/front{path}/{note['id']}", headers={"Sec-Fetch-Dest": "document"})

    assert wrong.status_code == 422
    assert re.search(r'id="edit-labels-error">[^<]+<', wrong.text)
    assert "y" * 51 in wrong.text, "what was typed stays"
    shown = re.sub(r"<template.*?</template>", "", kept.text, flags=re.DOTALL)
    assert re.findall(r'data-label-name="([^"]+)"', shown) == ["Shop", "x"]


async def test_labels_are_added_renamed_recoloured_and_deleted_on_the_settings_page(house: House, board: int):
    path = f"/front/boards/{board}"
    async with await house.browser("bob") as bob:
        assert (await _form(bob, f"{path}/labels", name="Garden", colour="green")).status_code == 303
        taken = await _form(bob, f"{path}/labels", name="GARDEN", colour="red")
        assert (taken.status_code, "a label “Garden” already" in taken.text) == (409, True)
        await made(bob, f"/api/boards/{board}/notes", title="a", labels=["garden"])
        (label,) = (await bob.get(f"/api/boards/{board}/labels")).json()
        address = f"{path}/labels/{label['id']}"
        page = (await bob.get(path)).text
        assert f'href="{path}/notes?label=Garden' in page
        assert "1 note" in page

        assert (await _form(bob, address, name="Yard", colour="teal")).status_code == 303
        assert await _labels(house, board) == {"Yard": ("teal", 1)}
        assert (await _form(bob, address, name=" ", colour="teal")).status_code == 422
        question = await _form(bob, f"{address}/delete", ask="yes")
        assert (question.status_code, "1 note has it" in question.text) == (200, True)
        assert await _labels(house, board) == {"Yard": ("teal", 1)}, "it asks first"
        assert (await _form(bob, f"{address}/delete")).status_code == 303
    assert await _labels(house, board) == {}


async def test_a_name_that_is_taken_comes_again_with_a_button_to_merge(house: House, board: int):
    path = f"/front/boards/{board}"
    async with await house.browser("ada") as ada:
        for names in (["a"], ["a", "b"]):
            await made(ada, f"/api/boards/{board}/notes", title="a", labels=names)
        label = (await ada.get(f"/api/boards/{board}/labels")).json()[0]
        address = f"{path}/labels/{label['id']}"

        refused = await _form(ada, address, name="B", colour="none")
        assert (refused.status_code, 'name="merge"' in refused.text) == (409, True)
        assert 'name="merge"' not in (await ada.get(path)).text
        assert (await _form(ada, address, name="B", colour="none", merge="true")).status_code == 303
    assert await _labels(house, board) == {"b": ("none", 2)}


async def test_a_viewer_sees_the_labels_and_changes_none(house: House, board: int):
    path = f"/front/boards/{board}"
    async with await house.browser("ada") as ada:
        label = await made(ada, f"/api/boards/{board}/labels", name="Garden")
    async with await house.browser("eve") as eve:
        assert "Garden" in (await eve.get(path)).text
        for address in ("labels", f"labels/{label['id']}", f"labels/{label['id']}/delete"):
            assert (await _form(eve, f"{path}/{address}", name="x", ask="yes")).status_code == 403
    assert await _labels(house, board) == {"Garden": ("none", 0)}
