"""Filters of notes, in the API and in the address of a board's page."""

import re
from itertools import pairwise

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import Json


def shown(page: httpx.Response) -> list[int]:
    """The notes on a page, in its order."""
    return [int(number) for number in re.findall(r'<li id="note-([1-9]\d*)"', page.text)]


@pytest.fixture
async def board(house: House) -> tuple[str, list[Json]]:
    """A board of two writers: the path of its notes in the API, and its notes, with the times of their changes."""
    number = await house.board(ada="owner", bob="editor")
    path = f"/api/boards/{number}/notes"
    notes: list[Json] = []
    for who, fields, change in (
        ("ada", {"title": "milk", "colour": "red"}, None),
        ("bob", {"title": "bread", "colour": "red", "pinned": True}, None),
        ("ada", {"title": "milk and bread"}, {"done": True}),
        ("bob", {"title": "old milk", "colour": "teal"}, {"archived": True}),
    ):
        async with await house.browser(who) as browser:
            note = (await browser.post(path, json=fields)).json()
            if change:
                note = (await browser.patch(f"{path}/{note['id']}", json=change)).json()
            notes.append(note)
    return path, notes


async def test_filters_narrow_lists_and_pages_alike_and_combine(house: House, board: tuple[str, list[Json]]):
    path, notes = board
    ada, bob = (house.people[name].id for name in ("ada", "bob"))
    assert all(one["updated_at"] < next_["updated_at"] for one, next_ in pairwise(notes))
    after = f"updated_after={notes[0]['updated_at']}"
    before = f"updated_before={notes[2]['updated_at']}"
    expected = {
        "": [0, 1, 2], "archived=false": [0, 1, 2], "archived=true": [3], "archived=any": [0, 1, 2, 3],
        "pinned=true": [1], "pinned=false": [0, 2], "colour=red": [0, 1], "colour=none": [2], "colour=teal": [],
        "colour=teal&archived=any": [3], f"created_by={ada}": [0, 2], f"created_by={bob}&archived=any": [1, 3],
        "created_by=999": [], after: [1, 2], before: [0, 1], f"{after}&{before}": [1], f"{before}&q=milk": [0],
        "q=milk": [0, 2], "q=milk&archived=true": [3], "q=milk&done=true": [2],
        "done=false&colour=red&pinned=false": [0],
        "updated_after=2026-01-31": [0, 1, 2], "updated_before=2026-01-31T01:00:00%2B02:00": [],
    }  # fmt: skip
    async with await house.browser("ada") as browser:
        for query, numbers in expected.items():
            found = (await browser.get(f"{path}?{query}")).json()
            page = await browser.get(f"{path.replace('/api', '/front')}?{query}")

            wanted = [notes[n]["id"] for n in numbers]
            assert sorted(note["id"] for note in found) == wanted, query
            assert (page.status_code, sorted(shown(page))) == (200, wanted), query


async def test_the_links_of_a_filtered_page_keep_its_filter(house: House, board: tuple[str, list[Json]]):
    path, _ = board
    async with await house.browser("ada") as browser:
        page = (await browser.get(f"{path.replace('/api', '/front')}?q=milk&archived=any&colour=red&pinned=&x=y")).text
        following = await browser.get(f"{path}?archived=any&colour=red&limit=1")

    assert 'data-filter="q=milk&amp;archived=any&amp;colour=red"' not in page
    assert 'data-filter="archived=any&amp;colour=red"' in page
    assert re.search(r'id="clear-search" href="[^"?]*\?archived=any&amp;colour=red"', page)
    assert re.search(r'id="clear-filter" href="[^"?]*\?q=milk"', page)
    assert re.search(r'class="filter-mark" href="[^"?]*\?q=milk&amp;archived=any"', page), "without the colour"
    assert page.count('<input type="hidden" name="archived" value="any">') == 2, "searching and sorting keep it"
    assert "archived=any&colour=red" in following.links["next"]["url"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=mauve", "colour"),
        ("archived=all", "archived"),
        ("updated_after=%3Cscript%3E", "updated_after"),
        ("created_by=ada", "created_by"),
    ],
)
async def test_an_invalid_filter_of_a_page_is_explained_beside_its_field(
    house: House, board: tuple[str, list[Json]], query: str, field: str
):
    path, notes = board
    async with await house.browser("ada") as browser:
        page = await browser.get(f"{path.replace('/api', '/front')}?{query}&pinned=true&q=bread")

    assert page.status_code == 422
    assert re.search(rf'id="filter-{field}-error">[^<]+<', page.text)
    assert shown(page) == [notes[1]["id"]], "the rest of the filter holds"
    assert "<script>" not in page.text
    assert 'name="q" value="bread"' in page.text


async def test_a_page_names_no_user_whom_its_reader_may_not_know(house: House, board: tuple[str, list[Json]]):
    path, _ = board
    stranger = house.people["eve"]
    async with await house.browser("ada") as browser:
        page = await browser.get(f"{path.replace('/api', '/front')}?created_by={stranger.id}")

    assert page.status_code == 200
    assert f"#{stranger.id}" in page.text
    assert stranger.nickname not in re.findall(r'<option value="\d+"[^>]*>([^<]+)<', page.text)
