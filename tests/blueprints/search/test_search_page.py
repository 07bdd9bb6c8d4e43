"""The page of the search in everything, without JavaScript: its form, its hits and their marks, its states."""

import re
from html import unescape

import httpx
import pytest

from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, say
from tests.support.problem_details import XSS

PAGE = "/front/search"
HTML = {"Accept": "text/html"}


def marks(page: httpx.Response) -> list[str]:
    """What is marked."""
    return [unescape(text) for text in re.findall(r"<mark>([^<]*)</mark>", page.text)]


def links(page: httpx.Response) -> list[str]:
    """Where the hits lead to."""
    return re.findall(r'class="hit-name[^>]*><a href="([^"]*)"', page.text)


async def test_hits_lead_to_their_notes_and_messages_with_the_words_marked(api: httpx.AsyncClient, ada: Json):
    note = await add_note(api, title="Chloé’s figs", description="Fresh figs")
    said = await say(api, {"id": 1}, ada, "two FIGS?")

    page = await api.get(PAGE, params={"q": "figs"})

    assert page.status_code == 200
    assert links(page) == [
        f"/front/notes/{note['id']}",
        f"/front/rooms/1/{said['id']}#message-{said['id']}",
    ]
    assert marks(page) == ["figs", "figs", "FIGS"]
    assert "Everybody's board" in unescape(page.text)
    assert f'id="message-{said["id"]}"' in (await api.get(links(page)[1].partition("#")[0])).text


async def test_a_note_found_by_its_title_shows_the_beginning_of_its_text(api: httpx.AsyncClient):
    await add_note(api, title="quinces", description="five of them")

    page = await api.get(PAGE, params={"q": "quinces"})

    assert marks(page) == ["quinces"]
    assert "five of them" in page.text


async def test_markup_in_hits_and_in_the_search_is_text(api: httpx.AsyncClient):
    await add_note(api, title=f"plum {XSS[:150]}", description=f"plum {XSS}")

    for q in ("plum", XSS[:100]):
        page = await api.get(PAGE, params={"q": q})
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert links(page)


async def test_the_page_leads_on_to_further_hits_with_the_same_conditions(api: httpx.AsyncClient):
    for number in range(25):
        await add_note(api, title=f"mango {number}")

    page = await api.get(PAGE, params={"q": "mango", "in": "notes", "board": "1", "after": "2001-01-31", "is": ""})
    further = re.search(r'id="more-hits" rel="next" href="([^"]*)"', page.text)
    assert further
    second = await api.get(unescape(further[1]))

    assert (len(links(page)), len(links(second))) == (20, 5)
    assert not set(links(page)) & set(links(second))
    assert {"q": "mango", "in": "notes", "board": "1", "after": "2001-01-31"}.items() <= dict(
        httpx.URL(unescape(further[1])).params
    ).items()
    assert 'id="more-hits"' not in second.text
    assert re.search(r'href="/front/search\?q=mango&amp;in=notes[^"]*">Back to the first', second.text)


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?in=notes&board=1"])
async def test_without_words_it_says_what_is_searched(api: httpx.AsyncClient, query: str):
    page = await api.get(f"{PAGE}{query}")

    assert page.status_code == 200
    assert 'id="nothing-asked"' in page.text
    assert 'id="hits"' not in page.text


async def test_without_a_hit_it_says_what_to_do(api: httpx.AsyncClient):
    everywhere = await api.get(PAGE, params={"q": "nowhere & nothing"})
    narrowed = await api.get(PAGE, params={"q": "nowhere & nothing", "in": "notes"})

    assert everywhere.status_code == narrowed.status_code == 200
    assert "Try fewer words" in everywhere.text
    assert 'href="/front/search?q=nowhere+%26+nothing">Search everywhere' in narrowed.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=%CC%81", "q"), (f"q={'a' * 201}", "q"), ("q=a&in=rooms", "in"), ("q=a&is=deleted", "is"),
        ("q=a&board=x", "board"), ("q=a&after=tomorrow", "after"), ("q=a&before=2026-02-30", "before"),
    ],
)  # fmt: skip
async def test_bad_input_has_its_error_beside_its_field_and_is_kept(api: httpx.AsyncClient, query: str, field: str):
    page = await api.get(f"{PAGE}?{query}", headers=HTML)

    assert page.status_code == 422
    assert re.findall(r'<p class="field-error" id="search-(\w+)-error">', page.text) == [field]
    assert 'id="nothing-asked"' not in page.text
    if field in {"after", "before"}:
        assert f'value="{httpx.QueryParams(query)[field]}"' in page.text


async def test_a_bad_page_of_a_list_is_an_error_of_the_form(api: httpx.AsyncClient):
    page = await api.get(f"{PAGE}?q=a&cursor=x", headers=HTML)

    assert page.status_code == 422
    assert "There is no such page. Search again." in page.text


async def test_a_condition_without_a_field_stays_with_the_form(api: httpx.AsyncClient, ada: Json):
    page = await api.get(f"{PAGE}?q=a&by={ada['id']}&label=Shop&label=Tea")

    for name, value in (("by", ada["id"]), ("label", "Shop"), ("label", "Tea")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page.text


async def test_the_page_shows_what_its_viewer_may_see(house: House):
    board = await house.board("Secret plans", ada="owner")
    note = await house.note("ada", board, "fig of ada")
    for who, expected in (("ada", [f"/front/boards/{board}/notes/{note.id}"]), ("eve", [])):
        async with await house.browser(who) as browser:
            page = await browser.get(PAGE, params={"q": "fig"})
            assert links(page) == expected, who
            assert ("Secret plans" in page.text) == bool(expected), who
    async with await house.browser("eve") as stranger:
        hidden = await stranger.get(PAGE, params={"q": "fig", "board": board}, headers=HTML)
        assert hidden.status_code == 404
        assert "Secret plans" not in hidden.text


async def test_every_page_leads_to_the_search(api: httpx.AsyncClient):
    for path in ("/front/notes", "/front/users", "/front/rooms/1", PAGE):
        assert 'id="search-everything-link" href="/front/search"' in (await api.get(path)).text, path
