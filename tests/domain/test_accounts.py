"""Signing in and passwords: one response for every failure, hashing off the event loop, and no lockout."""

import asyncio
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from quart_notes.domain import passwords
from quart_notes.domain.passwords import HASHES_AT_ONCE, KNOWN_HASHES_AT_ONCE, MAX_WAITING, Passwords
from quart_notes.errors import OverloadedError
from quart_notes.schemas import UserCreate
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import fields_of, refused
from tests.support.clients.raw_connection import until
from tests.support.clients.signing_in import WRONG, Counted, session_of, sign_in
from tests.support.routes import PASSWORD
from tests.support.servers.in_process import rows

# Signing in.


@pytest.mark.parametrize("nickname", ["ada", "ADA", "Ada"])
async def test_a_user_signs_in(house: House, nickname: str):
    async with house.client() as client:
        answer = await sign_in(client, nickname)

        assert answer.status_code == 200
        assert answer.json() == house.people["ada"].model_dump()
        assert (await client.get("/api/me")).json() == {
            "user": house.people["ada"].model_dump(),
            "admin": False,
            "board_id": 1,
            "mode": "accounts",
        }
        assert (await client.post("/api/sign-out")).status_code == 204
        assert (await client.get("/api/me")).status_code == 401


async def test_every_failed_sign_in_has_the_same_response_and_the_same_cost(house: House, counted: Counted):
    await house.core.users.add(_newcomer("nopassword"))
    told = []
    for nickname, password in (("ada", WRONG), ("nobody", WRONG), ("nobody", PASSWORD), ("nopassword", WRONG)):
        counted.calls.clear()
        async with house.client() as client:
            answer = await sign_in(client, nickname, password)
        del answer.headers["x-request-id"]  # which differs each time
        told.append((answer.status_code, sorted(answer.headers.items()), answer.content, dict(counted.calls)))

    assert told[0][0] == 401
    assert told[0][3] == {"verify": 1}
    assert all(one == told[0] for one in told)


def _newcomer(nickname: str) -> UserCreate:
    return UserCreate(name=nickname, email="new@example.org", nickname=nickname)


@pytest.mark.parametrize("nickname", ["", " ", "x" * 100, "\ufb03" * 60, "\u0390" * 100, "a\nb", "'; DROP TABLE user"])
async def test_an_invalid_nickname_cannot_sign_in(house: House, nickname: str):
    async with house.client() as client:
        refused(await sign_in(client, nickname), 401, "wrong_password")


async def test_a_user_without_a_password_cannot_sign_in(house: House):
    await house.core.users.add(_newcomer("nopassword"))
    async with house.client() as client:
        for password in ("nobody's password", "", "None"):
            refused(await sign_in(client, "nopassword", password), 401, "wrong_password")
            refused(await sign_in(client, "nobody", password), 401, "wrong_password")


async def test_passwords_are_neither_logged_nor_stored_nor_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    canary = "canary-horse-battery"
    caplog.set_level("INFO")  # the server's log handlers
    caplog.set_level("WARNING", logger="httpx")  # the test's own
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root", "ada")
        start = await house.core.log.newest()
        link, token = await house.link(), await house.token("ada")
        async with house.client(await house.cookie("ada")) as ada, house.client() as nobody:
            session = session_of(ada)
            told = [await sign_in(nobody, "ada", canary), await sign_in(nobody, "ada", canary * 50)]
            told.append(await nobody.post("/api/sign-in", json={"nickname": [canary], "password": canary}))
            told.append(await nobody.post("/api/sign-in", content=f'{{"password": "{canary}"'))
            change = {"current": PASSWORD, "new": canary}
            told.append(await ada.put("/api/me/password", json={**change, "x": canary}))
            told.append(await ada.put("/api/me/password", json={**change, "current": canary}))
            told.append(await ada.put("/api/me/password", json=change))
            told.append(await ada.get("/api/me/tokens"))
            told.append(await ada.get("/api/me/sessions"))
            told.append(await ada.get("/api/users"))
            told.append(await nobody.post(f"/front/join/{link}", data={"nickname": "ada", "password": canary}))
            told.append(await nobody.get("/api/notes", headers={"Authorization": f"Bearer {token}x"}))
            told.append(await sign_in(nobody, "ada", canary))
        assert told[-1].status_code == 200
        events = await house.core.log.since({"users", "access", "board:1", "user:2", "user:1"}, start, 10**6)
    words = [canary, link, token, session, token.removeprefix("qn_"), session.partition(".")[0]]
    for word in words:
        for answer in told:
            # The page of a link contains its secret only in links back to itself through sign-in.
            text = answer.text.replace(f"/front/sign-in?next={answer.request.url.path}", "")
            assert word not in text, answer.request.url
        assert word not in caplog.text
        assert word not in repr(events)
        for file in (tmp_path / "data").rglob("*"):
            assert not file.is_file() or word.encode() not in file.read_bytes(), file
    kept = rows(house.core, 'SELECT password_hash FROM "user"')
    assert all(re.fullmatch(r"\$argon2id\$v=19\$.+", text) for (text,) in kept)


def test_passwords_are_hashed_with_current_parameters():
    assert passwords.HASHER.hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.DUMMY_HASH.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


# Hashing off the event loop.


async def test_hashes_run_concurrently_without_blocking_the_event_loop(house: House, counted: Counted):
    counted.gate.clear()
    async with house.client() as client, await house.browser("bob") as bob:
        waiting: list[asyncio.Future[object]] = [
            asyncio.ensure_future(house.core.passwords.verify(WRONG, None)) for _ in range(6)
        ]
        waiting.append(asyncio.ensure_future(house.core.passwords.hash(WRONG)))
        await until(lambda: counted.now == HASHES_AT_ONCE + KNOWN_HASHES_AT_ONCE, "as many hash as may")

        for _ in range(20):  # the heartbeat: other requests are handled at the same time
            assert (await bob.get("/api/me")).status_code == 200
            assert (await client.get("/healthz")).status_code == 200

        assert not any(one.done() for one in waiting)
        counted.gate.set()
        assert (await asyncio.gather(*waiting))[:6] == [False] * 6
    assert counted.most == HASHES_AT_ONCE + KNOWN_HASHES_AT_ONCE


async def test_the_queue_of_hashes_is_bounded(house: House, counted: Counted):
    counted.gate.clear()
    busy = Passwords()
    waiting = [asyncio.ensure_future(busy.verify(WRONG, None)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(OverloadedError) as caught:
        await busy.verify(WRONG, None)

    assert caught.value.headers["Retry-After"]
    known = [asyncio.ensure_future(busy.verify(WRONG, None, known=True)), asyncio.ensure_future(busy.hash(WRONG))]
    await until(lambda: counted.now == HASHES_AT_ONCE + KNOWN_HASHES_AT_ONCE, "who is known has a place of their own")
    counted.gate.set()
    await asyncio.gather(*waiting, *known)
    assert not await busy.verify(WRONG, None), "and then there is room again"
    busy.close()


# Changing the password.


@pytest.mark.parametrize("new", ["short", "x" * 257, "seven77"])
async def test_the_length_of_a_password_is_limited(house: House, new: str):
    async with await house.browser("ada") as ada:
        answer = await ada.put("/api/me/password", json={"current": PASSWORD, "new": new})

    assert fields_of(refused(answer, 422, "validation_failed")) == {"new"}


@pytest.mark.parametrize("new", ["eightish", "x" * 256, "pässwörd \U0001f98a with  spaces "])
async def test_a_new_password_replaces_the_old_one(house: House, new: str):
    async with await house.browser("ada") as ada, house.client() as client:
        refused(await ada.put("/api/me/password", json={"current": WRONG, "new": new}), 401, "wrong_password")
        assert (await sign_in(client)).status_code == 200
        changed = await ada.put("/api/me/password", json={"current": PASSWORD, "new": new})

        assert changed.status_code == 204
        refused(await sign_in(client), 401, "wrong_password")
        assert (await sign_in(client, "ada", new)).status_code == 200


NFC, NFD = "Übergrößenträger né", unicodedata.normalize("NFD", "Übergrößenträger né")


@pytest.mark.parametrize(
    ("new", "given"),
    [(NFC, NFD), (NFD, NFC), (NFD, NFD), ("각나다라마바사아자", unicodedata.normalize("NFD", "각나다라마바사아자"))],
)
async def test_a_password_is_normalised(house: House, new: str, given: str):
    async with await house.browser("ada") as ada, house.client() as client:
        assert (await ada.put("/api/me/password", json={"current": PASSWORD, "new": new})).status_code == 204

        assert (await sign_in(client, "ada", given)).status_code == 200
        refused(await sign_in(client, "ada", given + "\u0301"), 401, "wrong_password")
        again = await ada.put("/api/me/password", json={"current": given, "new": PASSWORD})
        assert again.status_code == 204


@pytest.mark.parametrize("old", [NFC, NFD])
@pytest.mark.parametrize("given", [NFC, NFD])
async def test_hashes_of_older_versions_still_work(house: House, old: str, given: str):
    kept = passwords.HASHER.hash(old)  # of the unnormalised password

    assert await house.core.passwords.verify(given, kept)
    assert not await house.core.passwords.verify(given + "x", kept)


async def test_the_length_of_a_password_is_that_of_its_normal_form(house: House):
    seven, longest = unicodedata.normalize("NFD", "ééééééé"), unicodedata.normalize("NFD", "é" * 255 + "e")
    async with await house.browser("ada") as ada, house.client() as client:
        short = await ada.put("/api/me/password", json={"current": PASSWORD, "new": seven})
        assert fields_of(refused(short, 422, "validation_failed")) == {"new"}
        assert (await ada.put("/api/me/password", json={"current": PASSWORD, "new": longest})).status_code == 204
        assert (await sign_in(client, "ada", longest)).status_code == 200
        long = await sign_in(client, "ada", longest + "xx")
        assert fields_of(refused(long, 422, "validation_failed")) == {"password"}


async def test_changing_the_password_is_rate_limited(house: House, counted: Counted):
    async with await house.browser("ada") as ada:
        guesses = [ada.put("/api/me/password", json={"current": f"{WRONG} {n}", "new": WRONG}) for n in range(60)]
        answers = await asyncio.gather(*guesses)

        assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 50}
        assert counted.calls["verify"] == 10
        assert (await ada.get("/api/me")).status_code == 200


async def test_the_right_password_resets_the_rate_limit(house: House):
    async with await house.browser("ada") as ada:

        async def change(current: str) -> int:
            return (await ada.put("/api/me/password", json={"current": current, "new": PASSWORD})).status_code

        assert [await change(WRONG) for _ in range(9)] == [401] * 9
        assert await change(PASSWORD) == 204
        assert [await change(WRONG) for _ in range(12)] == [401] * 10 + [429] * 2


async def test_only_administrators_add_users(house: House):
    someone = {"name": "New", "email": "new@example.org", "nickname": "new"}
    async with await house.browser("ada") as ada, await house.browser("root") as root:
        refused(await ada.post("/api/users", json=someone), 403, "forbidden")
        assert (await root.post("/api/users", json=someone)).status_code == 201


# Authorship.


async def test_nobody_acts_in_the_name_of_another_user(house: House):
    ada, bob = house.people["ada"].id, house.people["bob"].id
    async with await house.browser("ada") as client:
        for path, body in (
            ("/api/messages", {"author_id": bob, "recipient_id": ada, "content": "x"}),
            ("/api/rooms/1/messages", {"author_id": bob, "content": "x"}),
            ("/api/rooms/1/typing", {"author_id": bob}),
            ("/api/rooms/1/read", {"reader_id": bob, "message_id": 1}),
        ):
            refused(await client.post(path, json=body), 403, "forbidden")
        refused(await client.patch("/api/messages/1", json={"author_id": bob, "content": "x"}), 403, "forbidden")
        refused(await client.get(f"/api/users/{bob}/unread"), 403, "forbidden")
        refused(await client.post("/front/me", data={"person_id": str(bob)}), 404, "not_found")
        assert (await client.get(f"/api/me/preferences?person_id={bob}")).json() == {}
        assert (await client.get("/api/me")).json()["user"]["id"] == ada
