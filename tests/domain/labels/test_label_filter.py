"""The filter by labels, in the API and in the address of a board's page."""

import re

import httpx

from tests.support.accounts_app import House
from tests.support.api_fixtures import fields_of, refused


async def _shown(browser: httpx.AsyncClient, path: str, query: str) -> tuple[list[int], list[int], str]:
    """The notes of a list and of a page with this query, and the page."""
    found = (await browser.get(f"{path}?{query}")).json()
    page = await browser.get(f"{path.replace('/api', '/front')}?{query}")
    assert page.status_code == 200
    on_page = re.findall(r'<li id="note-([1-9]\d*)"', page.text)
    return [note["id"] for note in found], sorted(map(int, on_page)), page.text


async def test_notes_with_all_labels_are_found_whatever_the_case(house: House):
    board, other = await house.board(ada="owner"), await house.board(ada="owner")
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as ada:
        ids = []
        for labels, more in ((["Ä", "b"], {}), (["ä"], {"pinned": True}), (["b"], {}), ([], {}), (["Ä", "b"], {})):
            ids.append((await ada.post(path, json={"title": "x", "labels": labels, **more})).json()["id"])
        await ada.patch(f"{path}/{ids[4]}", json={"archived": True})
        await ada.post(f"/api/boards/{other}/notes", json={"title": "x", "labels": ["elsewhere"]})
        for query, numbers in {
            "label=Ä": [0, 1], "label=a%CC%88": [0, 1], "label=b&label=%C3%A4": [0], "label=b&label=B": [0, 2],
            "label=none": [], "label=elsewhere": [], "label=b&archived=any": [0, 2, 4], "label=ä&pinned=false": [0],
            "label=b&q=x": [2, 0],
        }.items():  # fmt: skip
            listed, shown, _ = await _shown(ada, path, query)
            wanted = [ids[number] for number in numbers]
            assert (listed, shown) == (wanted, sorted(wanted)), query
        for query, field in {"label=%E2%80%8B": "label.0", "label=a&label=%00": "label.1"}.items():
            assert fields_of(refused(await ada.get(f"{path}?{query}"), 422, "validation_failed")) == {field}


async def test_links_keep_every_label_of_the_filter_and_take_one_away(house: House):
    board = await house.board(ada="owner")
    path = f"/api/boards/{board}/notes"
    async with await house.browser("ada") as ada:
        for _ in range(2):
            await ada.post(path, json={"title": "x", "labels": ["a", "b c"]})
        _, _, page = await _shown(ada, path, "label=a&label=b+c&q=x")
        answer = await ada.get(f"{path}?label=a&label=b+c&limit=1")
        wrong = await ada.get(f"{path.replace('/api', '/front')}?label={'x' * 51}")

    assert 'data-filter="label=a&amp;label=b+c"' in page
    assert re.search(r'class="filter-mark" href="[^"?]*\?q=x&amp;label=b\+c"', page), "without the first"
    assert re.search(r'class="filter-mark" href="[^"?]*\?q=x&amp;label=a"', page), "without the second"
    assert "label=a&label=b+c" in answer.links["next"]["url"]
    assert wrong.status_code == 422
    assert re.search(r'id="filter-label-error">[^<]+<', wrong.text)
