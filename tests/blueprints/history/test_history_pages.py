"""The pages of the history, the activity and the trash, as they are without scripts."""

import re

import httpx

from tests.support.accounts_app import House
from tests.support.api_fixtures import got

MILK = {"title": "Milk", "description": "two litres <b>now</b>"}
OPENED = {"Sec-Fetch-Dest": "document", "Accept": "text/html"}


async def _page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers=OPENED)
    assert answer.status_code == 200, answer.text
    return answer.text


def _words(page: str) -> str:
    """The visible text of the main part."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<b[^>]* hidden>.*?</b>|<[^>]*>", " ", main))


async def test_the_page_of_a_note_shows_its_history_and_what_changed_word_by_word(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        note = (await ada.post("/api/notes", json={"title": "Milk", "description": "two litres <b>now</b>"})).json()[
            "id"
        ]
        await bob.patch(f"/api/notes/{note}", json={"description": "three litres <b>now</b>"})

        page = await _page(ada, f"/front/notes/{note}?version=2")
        first = await _page(ada, f"/front/notes/{note}?version=1")
        unknown = await _page(ada, f"/front/notes/{note}?version=7")

    assert "Version 2 bob text" in _words(page)
    assert "Version 2 compared with version 1" in _words(page)
    compared = page.partition('class="comparison-text"')[2].partition("</p>")[0]
    assert re.sub(r"<b[^>]*>.*?</b>", "", compared).endswith(
        "<del>two</del><ins>three</ins> litres &lt;b&gt;now&lt;/b&gt;"
    ), "text stays text"
    assert "removed:" in compared and "added:" in compared, "not by colour alone"
    assert "compared with" not in _words(first) and "Version 1" in _words(first)
    assert 'class="comparison"' not in unknown


async def test_any_two_versions_are_compared_the_older_one_first(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        note = (await ada.post("/api/notes", json={"title": "one"})).json()["id"]
        await bob.patch(f"/api/notes/{note}", json={"title": "two"})
        await ada.patch(f"/api/notes/{note}", json={"title": "three"})

        page = await _page(ada, f"/front/notes/{note}?version=1")
        (link,) = re.findall(r'href="([^"]*with=3)#history"', page)
        for path in (link.replace("&amp;", "&"), f"/front/notes/{note}?version=3&with=1"):
            compared = (await _page(ada, path)).partition('class="comparison"')[2]
            assert "Version 3 compared with version 1" in compared
            assert "one" in compared.partition("<del>")[2].partition("</del>")[0]
            assert "three" in compared.partition("<ins>")[2].partition("</ins>")[0]
            assert "with=3" not in compared
        assert 'class="comparison"' not in await _page(ada, f"/front/notes/{note}?version=3&with=9")


async def test_a_version_is_restored_by_a_form(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        note = (await ada.post("/api/notes", json={"title": "Milk"})).json()["id"]
        await bob.patch(f"/api/notes/{note}", json={"title": "Beer"})
        page = await _page(bob, f"/front/notes/{note}")
        (action,) = set(re.findall(r'action="([^"]*/history/1/restore)"', page))

        answer = await bob.post(action)

        assert (answer.status_code, answer.headers["Location"]) == (303, f"/front/notes/{note}#history")
        assert (await got(bob, f"/api/notes/{note}"))["title"] == "Milk"


async def test_long_histories_have_further_pages(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        note = (await ada.post("/api/notes", json={"title": "1"})).json()["id"]
        for version in range(2, 25):
            await (bob, ada)[version % 2].patch(f"/api/notes/{note}", json={"title": str(version)})
        page = await _page(ada, f"/front/notes/{note}")
        (older,) = re.findall(r'href="([^"]*before=[^"]*)#history"', page)
        rest = await _page(ada, older)

    shown, further = (re.findall(r'data-key="(\d+)"', text.partition("</main>")[0]) for text in (page, rest))
    assert [*map(int, shown + further)] == [*range(24, 0, -1)]
    assert "data-live" in page and "data-live" not in rest


async def test_deleting_the_history_asks_first(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board, "Milk")
    path = f"/front/boards/{board}/notes/{note.id}"
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await bob.patch(f"/api/boards/{board}/notes/{note.id}", json={"title": "Beer"})

        asked = await ada.post(f"{path}/history/delete", data={"ask": "yes"})
        assert "Delete the history of this note?" in asked.text
        assert len(await got(ada, f"/api/boards/{board}/notes/{note.id}/history")) == 2
        assert (await bob.post(f"{path}/history/delete", data={"ask": "yes"})).status_code == 403
        assert (await ada.post(f"{path}/history/delete")).status_code == 303

        assert len(await got(ada, f"/api/boards/{board}/notes/{note.id}/history")) == 1
        assert "Milk" not in _words(await _page(ada, path))


async def test_the_bin_says_who_deleted_a_note_and_restores_and_deletes_it_by_forms(house: House):
    board = await house.board(ada="owner", bob="editor")
    notes = [await house.note("ada", board, title) for title in ("Milk", "Beer")]
    path = f"/front/boards/{board}"
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        assert "The bin is empty" in _words(await _page(ada, f"{path}/trash"))
        for note in notes:
            await bob.delete(f"/api/boards/{board}/notes/{note.id}")
        assert f'href="{path}/trash"' in await _page(ada, f"{path}/notes")

        words = _words(await _page(ada, f"{path}/trash"))
        assert "Beer Deleted by bob" in words and "kept until" in words
        assert words.index("Beer") < words.index("Milk"), "the last deleted comes first"

        assert (await bob.post(f"{path}/notes/{notes[0].id}/restore")).status_code == 303
        asked = await ada.post(f"{path}/trash/{notes[1].id}/delete", data={"ask": "yes"})
        assert "Delete this note for good?" in asked.text
        assert len(await got(ada, f"/api/boards/{board}/trash")) == 1
        assert (await ada.post(f"{path}/trash/{notes[1].id}/delete")).headers["Location"] == f"{path}/trash"
        assert await got(ada, f"/api/boards/{board}/trash") == []
        await bob.delete(f"/api/boards/{board}/notes/{notes[0].id}")
        assert "Empty the bin?" in (await ada.post(f"{path}/trash/empty", data={"ask": "yes"})).text
        assert (await bob.post(f"{path}/trash/empty")).status_code == 403
        assert (await ada.post(f"{path}/trash/empty")).status_code == 303
        assert await got(ada, f"/api/boards/{board}/trash") == []


async def test_the_page_of_the_activity_says_who_did_what(house: House):
    board = await house.board(ada="owner", bob="editor")
    note = await house.note("ada", board, "Milk & <i>honey</i>")
    path = f"/front/boards/{board}"
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await bob.patch(f"/api/boards/{board}/notes/{note.id}", json={"done": True})
        page = await _page(ada, f"{path}/activity")
        assert f'href="{path}/activity"' in await _page(ada, f"{path}/notes")
        await ada.delete(f"/api/boards/{board}/notes/{note.id}")
        gone = await _page(bob, f"{path}/activity")
        odd = await _page(bob, f"{path}/activity?before=nonsense")

    words = _words(page)
    assert "bob ticked off Milk &amp; &lt;i&gt;honey&lt;/i&gt;" in words
    assert words.index("bob") < words.index("ada added")
    assert f'href="{path}/notes/{note.id}"' in page
    assert "ada deleted Milk" in _words(gone)
    assert _words(odd) == _words(gone)


async def test_the_page_of_boards_restores_and_deletes_deleted_boards(house: House):
    board, other = await house.board("Allotment", ada="owner", bob="editor"), await house.board("Shed", ada="owner")
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        for one in (board, other):
            await ada.delete(f"/api/boards/{one}")

        assert "Deleted boards" not in await _page(bob, "/front/boards")
        page = await _page(ada, "/front/boards")
        assert "Allotment" in page and f'action="/front/boards/{board}/restore"' in page
        asked = await ada.post(f"/front/boards/trash/{board}/delete", data={"ask": "yes"})
        assert "Delete “Allotment” for good?" in asked.text
        assert (await bob.post(f"/front/boards/trash/{board}/delete")).status_code == 404
        assert (await ada.post(f"/front/boards/trash/{board}/delete")).headers["Location"] == "/front/boards"

        assert [one["board"]["id"] for one in await got(ada, "/api/boards/trash")] == [other]
