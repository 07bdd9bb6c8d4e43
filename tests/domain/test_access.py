"""Access control beyond routes: cached responses, the fast path, lists, and the ticker role."""

import pytest

from quart_notes.schemas import MessageCreate, NoteUpdate, RoomMessageCreate
from tests.support.accounts_app import House
from tests.support.routes import Json

# The ticker role.


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"done": True}, 200),
        ({"done": False}, 200),
        ({}, 200),
        ({"done": True, "title": "a note"}, 403),  # unchanged, and still not theirs to send
        ({"title": "a note"}, 403),
        ({"done": True, "title": "other"}, 403),
        ({"done": True, "description": None}, 403),
        ({"title": "other"}, 403),
    ],
)
async def test_a_ticker_changes_only_whether_a_note_is_done(house: House, change: Json, status: int):
    board = await house.board(ada="owner", bob="ticker", eve="viewer")
    note = await house.note("ada", board)
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as ticker, await house.browser("eve") as viewer:
        answer = await ticker.patch(path, json=change)

        assert answer.status_code == status, answer.text
        now = (await ticker.get(path)).json()
        assert (now["title"], now["description"]) == ("a note", None)
        assert now["done"] == (status == 200 and change.get("done", False))
        assert (await viewer.patch(path, json=change)).status_code == 403


# Cached responses.


async def test_a_cached_response_is_sent_only_to_users_who_may_see_the_board(house: House):
    board = await house.board(ada="owner", bob="viewer")
    note = await house.note("ada", board, "secret")
    async with (
        await house.browser("ada") as ada,
        await house.browser("bob") as bob,
        await house.browser("eve") as eve,
        await house.browser("root") as admin,
        house.client() as nobody,
        house.client(token=await house.token("eve", "read")) as program,
        house.client(token="qn_made-up") as forger,
    ):
        for path in (f"/api/boards/{board}/notes", f"/api/boards/{board}/notes/{note.id}"):
            for _ in range(3):
                first = await ada.get(path)
                assert (await bob.get(path)).content == first.content
                for who in (eve, admin, program, nobody, forger):
                    for headers in ({}, {"If-None-Match": first.headers["etag"]}, {"If-None-Match": "*"}):
                        answer = await who.get(path, headers=headers)
                        assert answer.status_code == (401 if who in (nobody, forger) else 404), answer.text
                        assert "secret" not in answer.text
                        assert "etag" not in answer.headers
                unchanged = await bob.get(path, headers={"If-None-Match": first.headers["etag"]})
                assert unchanged.status_code == 304
            removed = await ada.delete(f"/api/boards/{board}/members/{house.people['bob'].id}")
            assert removed.status_code == 200
            assert (await bob.get(path)).status_code == 404
            back = await ada.put(f"/api/boards/{board}/members/{house.people['bob'].id}", json={"role": "viewer"})
            assert back.status_code == 200
            assert (await bob.get(path)).status_code == 200


async def test_the_shared_board_requires_signing_in(house: House):
    await house.note("ada", 1, "secret")
    async with await house.browser("ada") as ada, house.client() as nobody:
        for _ in range(2):
            assert (await ada.get("/api/notes")).status_code == 200
            for path in ("/api/notes", "/api/boards/1/notes", "/events", "/openapi.json", "/docs", "/"):
                answer = await nobody.get(path)
                assert answer.status_code == 401, path
                assert "secret" not in answer.text


async def test_a_browser_without_a_session_is_redirected_to_sign_in_and_back(house: House):
    async with house.client() as nobody:
        answer = await nobody.get("/front/notes?q=a%26b&page=2", headers={"Accept": "text/html"})

        assert answer.status_code == 303
        assert answer.headers["location"] == "/front/sign-in?next=/front/notes%3Fq%3Da%2526b%26page%3D2"
        assert (await nobody.post("/front/notes", headers={"Accept": "text/html"})).status_code == 401


# The fast path.


async def test_the_fast_path_checks_the_caller(house: House):
    from quart_notes.web.fast_routes import find_fast_route
    from quart_notes.web.raw_headers import fields_of

    found = find_fast_route(house.app, "POST", "/api/boards/1/notes")
    assert found
    way, ids = found
    body = b'{"title": "short"}'
    kind = (b"content-type", b"application/json")
    cookie = await house.cookie("ada")
    read, write = await house.token("ada", "read"), await house.token("ada", "write")
    for known in (house.client(cookie), house.client(token=read), house.client(token=write)):
        async with known:
            assert (await known.get("/api/me")).status_code == 200

    async def status(*headers: tuple[bytes, bytes]) -> int | None:
        reply = await way.respond(house.core, "", fields_of([kind, *headers]), body, ids)
        return None if reply is None else reply.status

    assert await status((b"cookie", f"quart_notes_session={cookie}".encode())) == 201
    assert await status((b"authorization", f"Bearer {write}".encode())) == 201
    assert await status() is None
    assert await status((b"authorization", f"Bearer {read}".encode())) is None
    assert await status((b"authorization", b"Bearer qn_made-up")) is None
    assert await status((b"authorization", f"Basic {write}".encode())) is None
    assert await status((b"cookie", f"quart_notes_session={cookie}x".encode())) is None
    mine = (b"cookie", f"quart_notes_session={cookie}".encode())
    page = (b"host", b"localhost"), (b"origin", b"http://localhost"), (b"sec-fetch-site", b"same-origin")
    assert await status(mine, *page) == 201
    assert await status(mine, (b"host", b"localhost"), (b"origin", b"https://localhost:1")) is None
    assert await status(mine, (b"origin", b"https://evil.example")) is None
    assert await status(mine, (b"sec-fetch-site", b"cross-site")) is None
    assert await status((b"authorization", b"Bearer qn_made-up"), mine) is None, "a token that does not hold counts"


# Lists, counts and links.


async def test_lists_counts_and_links_contain_nothing_of_other_users(house: House):
    board = await house.board("Secret garden", ada="owner")
    for n in range(3):
        await house.note("ada", board, f"secret {n}")
    ada, bob = house.caller("ada"), house.people["bob"]
    await house.core.messages.send(
        ada, MessageCreate(author_id=house.people["ada"].id, recipient_id=bob.id, content="secret, between us")
    )
    said = RoomMessageCreate(author_id=house.people["ada"].id, content="to everybody")
    await house.core.messages.post(ada, 1, said)
    await house.core.notes.change(ada, board, (await house.note("ada", board, "secret 3")).id, NoteUpdate(done=True))
    eve, mine = house.people["eve"].id, ada.id
    async with await house.browser("eve") as client, await house.browser("ada") as owner:
        for path in (
            "/api/notes?q=secret", "/api/boards/1/notes?q=secret", "/api/notes?limit=1", "/api/messages",
            f"/api/users/{mine}/messages", f"/api/users/{eve}/unread", "/api/boards", "/api/boards?limit=2",
            f"/api/rooms?person_id={mine}", "/api/rooms?limit=1", "/api/me/preferences",
        ):  # fmt: skip
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            assert "ecret" not in answer.text, path
            assert "link" not in answer.headers, "there is nothing more for eve"
        page = await client.get("/front/notes?q=secret", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "secret 0" not in page.text
        assert (await client.get(f"/api/users/{mine}/unread")).status_code == 403
        counts = (await client.get(f"/api/users/{eve}/unread")).json()
        assert [(one["room_id"], one["count"]) for one in counts] == [(1, 1)]
        assert len((await owner.get(f"/api/boards/{board}/notes?q=secret")).json()) == 4, "the positive"
        assert len((await owner.get("/api/messages")).json()) == 1
        listed = (await owner.get("/api/boards")).json()
        assert "Secret garden" in {one["name"] for one in listed}
        assert [one["kind"] for one in listed].count("personal") == 1
