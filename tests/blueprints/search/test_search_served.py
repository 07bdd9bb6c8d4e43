"""The search in everything over HTTP: what it says, what each caller finds, and what it refuses."""

from typing import Any

import httpx
import pytest

from quart_notes.schemas import MessageCreate, RoomCreate, RoomMessageCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, add_note, cookie_of, fields_of, got, person, refused, tell


async def find(client: httpx.AsyncClient, q: str, **query: Any) -> Json:
    """The response to a search."""
    answer = await client.get("/api/search", params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def names(client: httpx.AsyncClient, q: str, **query: Any) -> set[str]:
    """The titles and texts of what is found."""
    hits = (await find(client, q, **query))["hits"]
    return {hit["note"]["title"] if hit["kind"] == "note" else hit["message"]["content"] for hit in hits}


async def test_a_hit_is_the_whole_note_or_message_with_a_snippet_and_its_ranges(api: httpx.AsyncClient, ada: Json):
    note = await add_note(api, title="Kürbis", description="1 kg 🎃 Kürbisse")
    sent = await api.post("/api/rooms/1/messages", json={"author_id": ada["id"], "content": "KURBIS?"})

    answer = await api.get("/api/search", params={"q": "kurbis"})

    assert answer.headers["Last-Event-ID"] == sent.headers["Last-Event-ID"]
    assert answer.json() == {
        "hits": [
            {"kind": "note", "note": note, "snippet": "1 kg 🎃 Kürbisse", "ranges": [[7, 13]]},
            {"kind": "message", "message": sent.json(), "snippet": "KURBIS?", "ranges": [[0, 6]]},
        ],
        "next": None,
    }
    assert (await got(api, f"/api/messages/{sent.json()['id']}")) == sent.json()


async def test_pages_lead_through_all_hits(api: httpx.AsyncClient):
    made = [await add_note(api, title=f"zebra {number}") for number in range(5)]
    found: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = await find(api, "zebra", limit=2, **cursor)
        found += [hit["note"]["id"] for hit in page["hits"]]
        cursor = {"cursor": page["next"]}

    assert found == [note["id"] for note in reversed(made)]
    assert page["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"), ("q=", "q"), ("q=%20", "q"), ("q=%CC%81", "q"), ("q=%00", "q"), (f"q={'a' * 201}", "q"),
        ("q=a&in=", "in"), ("q=a&in=rooms", "in"), ("q=a&in=notes,rooms", "in"), ("q=a&is=deleted", "is"),
        ("q=a&is=", "is"), ("q=a&board=0", "board"), ("q=a&board=x", "board"), ("q=a&by=-1", "by"),
        ("q=a&before=tomorrow", "before"), ("q=a&after=2026-02-30", "after"), ("q=a&limit=0", "limit"),
        ("q=a&limit=101", "limit"), ("q=a&limit=x", "limit"), ("q=a&cursor=", "cursor"), ("q=a&cursor=title", "cursor"),
        ("q=a&cursor=title~99999999999999999999", "cursor"), ("q=a&cursor=text~9223372036854775808~1", "cursor"),
        ("q=a&cursor=text~1", "cursor"), (f"q=a&label={'x' * 51}", "label"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_by_the_name_of_its_field(api: httpx.AsyncClient, query: str, field: str):
    problem = refused(await api.get(f"/api/search?{query}"), 422, "validation_failed")

    assert {name.partition(".")[0] for name in fields_of(problem)} == {field}


async def test_everybody_finds_what_is_on_their_boards_and_in_their_conversations(house: House):
    ada, bob, eve = (house.people[name] for name in ("ada", "bob", "eve"))
    shared, personal = await house.board(ada="owner", bob="viewer"), await house.board(ada="owner")
    for board, title in ((1, "fig of all"), (shared, "fig of two"), (personal, "fig of ada")):
        await house.note("ada", board, title)
    sent = MessageCreate(author_id=ada.id, recipient_id=bob.id, content="fig to bob")
    await house.core.messages.send(house.caller("ada"), sent)
    kitchen = (await house.core.rooms.add(house.caller("ada"), RoomCreate(name="Kitchen"))).result
    said = RoomMessageCreate(author_id=eve.id, content="fig in the kitchen")
    await house.core.messages.post(house.caller("eve"), kitchen.id, said)
    own = (await house.core.rooms.assistant_room(house.caller("ada"), ada.id)).result.room
    await house.core.messages.post(
        house.caller("ada"), own.id, RoomMessageCreate(author_id=ada.id, content="fig, assistant?")
    )

    everybodys = {"fig of all", "fig in the kitchen"}
    expected = {
        "ada": everybodys | {"fig of two", "fig of ada", "fig to bob", "fig, assistant?"},
        "bob": everybodys | {"fig of two", "fig to bob"},
        "eve": everybodys,
        house.admin: everybodys,
    }
    for name, found in expected.items():
        async with await house.browser(name) as browser:
            assert await names(browser, "fig") == found, name
    async with await house.browser("eve") as stranger:
        hidden = await stranger.get("/api/search", params={"q": "fig", "board": shared})
        missing = await stranger.get("/api/search", params={"q": "fig", "board": 999})
        assert refused(hidden, 404, "not_found")["detail"] == f"Board {shared} not found"
        assert refused(missing, 404, "not_found")["detail"] == "Board 999 not found"


async def test_a_removed_member_finds_nothing_of_the_board_at_once(house: House):
    board = await house.board(ada="owner", bob="editor")
    await house.note("bob", board, "fig")
    async with await house.browser("bob") as bob, await house.browser("ada") as ada:
        assert await names(bob, "fig") == {"fig"}

        await ada.delete(f"/api/boards/{board}/members/{house.people['bob'].id}")

        assert await names(bob, "fig") == set()
        assert (await bob.get("/api/search", params={"q": "fig", "board": board})).status_code == 404


async def test_a_deleted_board_is_not_searched(house: House):
    board = await house.board(ada="owner")
    await house.note("ada", board, "fig")
    async with await house.browser("ada") as ada:
        assert await names(ada, "fig") == {"fig"}

        await ada.delete(f"/api/boards/{board}")

        assert await names(ada, "fig") == set()


async def test_in_open_mode_conversations_are_found_by_who_takes_part(api: httpx.AsyncClient, ada: Json):
    await tell(api, ada, await person(api), "plum")
    cookie = {"Cookie": await cookie_of(api, ada)}

    assert [hit["snippet"] for hit in (await api.get("/api/search?q=plum", headers=cookie)).json()["hits"]] == ["plum"]
    assert await names(api, "plum") == set()
