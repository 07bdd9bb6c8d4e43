"""Sessions: their cookies cannot be forged, fixated or replayed, and their user lists and ends them."""

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.models import Session
from quart_notes.storage.signing_key import SigningKey
from quart_notes.web.security.credentials import COOKIE, DEVICE_COOKIE, SECURE_COOKIE
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import refused
from tests.support.clients.signing_in import cookie_at, session_of
from tests.support.routes import PASSWORD
from tests.support.servers.in_process import rows, update_rows

YEAR = 365 * 24 * 3600  # seconds
SIGN_IN = {"nickname": "ada", "password": PASSWORD}


async def _is(client: httpx.AsyncClient) -> str | None:
    """The nickname of the user that the server sees in a browser."""
    answer = await client.get("/api/me")
    return answer.json()["user"]["nickname"] if answer.status_code == 200 else None


def _set_cookies(answer: httpx.Response) -> "SimpleCookie":
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    return cookies


# Cookies.


@pytest.mark.parametrize(("scheme", "name"), [("http", f"{COOKIE}_80"), ("https", f"{SECURE_COOKIE}_443")])
@pytest.mark.parametrize("way", ["api", "form", "link"])
async def test_the_cookie_has_all_security_attributes(house: House, scheme: str, name: str, way: str):
    async with house.client(scheme=scheme) as client:
        if way == "link":
            form = {"name": "New", "email": "new@example.org", "nickname": "new", "password": PASSWORD}
            answer = await client.post(f"/front/join/{await house.link()}", data=form)
        else:
            form_or_json = {"json": SIGN_IN} if way == "api" else {"data": SIGN_IN}
            answer = await client.post("/api/sign-in" if way == "api" else "/front/sign-in", **form_or_json)  # type: ignore[arg-type]
        cookies = _set_cookies(answer)

        assert answer.status_code in {200, 303}, answer.text
        assert set(cookies) == {name, name.replace(COOKIE, DEVICE_COOKIE)}
        for cookie in cookies.values():
            assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
            assert bool(cookie["secure"]) == (scheme == "https")
            assert int(cookie["max-age"]) == YEAR
        assert await _is(client) == ("new" if way == "link" else "ada")

        out = _set_cookies(await client.post("/api/sign-out"))
        assert set(out) == {name}
        assert (out[name].value, out[name]["max-age"], out[name]["path"]) == ("", "0", "/")
        assert bool(out[name]["secure"]) == (scheme == "https"), "a browser takes no other for a __Host- cookie"


async def test_under_https_a_cookie_without_the_host_prefix_is_ignored(house: House):
    cookie = await house.cookie("eve")
    async with house.client(scheme="https") as client:
        client.cookies.set(COOKIE, cookie)
        for _ in range(2):
            assert await _is(client) is None
        client.cookies.set(SECURE_COOKIE, await house.cookie("ada"))
        assert await _is(client) == "ada"
        assert (await client.get("/api/notes")).status_code == 200


async def test_signing_in_replaces_a_planted_cookie(house: House):
    planted = await house.cookie("eve")
    made_up = house.core.signing_key.sign("session", "x" * 43)
    for cookie in (planted, made_up):
        async with house.client(cookie) as victim, house.client(cookie) as attacker:
            assert (await victim.post("/api/sign-in", json=SIGN_IN)).status_code == 200
            assert [one for one in victim.cookies.jar if one.name == cookie_at(victim.base_url)][-1].value != cookie
            assert await _is(attacker) is None, "neither ada nor eve any more"


async def test_signing_in_again_ends_the_former_session(house: House):
    async with house.client() as client:
        for _ in range(3):
            assert (await client.post("/api/sign-in", json=SIGN_IN)).status_code == 200
        assert len((await client.get("/api/me/sessions")).json()) == 1


@pytest.mark.parametrize("kept", [False, True], ids=["uncached", "cached"])
async def test_a_cookie_is_invalid_after_signing_out(house: House, kept: bool):
    async with await house.browser("ada") as client:
        again = house.client(session_of(client))
        if kept:
            assert await _is(again) == "ada"
        await client.post("/api/sign-out")

        assert await _is(again) is None
        assert await _is(client) is None
        refused(await again.get("/api/notes"), 401, "sign_in_required")
        await again.aclose()


async def test_a_cookie_with_an_invalid_signature_is_ignored(house: House, tmp_path: Path):
    cookie = await house.cookie("ada")
    secret, _, signature = cookie.rpartition(".")
    foreign = SigningKey(tmp_path / "elsewhere")
    foreign.open_file()
    number = house.people["ada"].id
    for forged in (
        "", "x", secret, f"{secret}.", f".{signature}", f"{secret}x.{signature}", f"{secret}.{signature}x",
        f"{secret}.{signature[:-1]}", f"{secret[:-1]}.{signature}", f"{secret}.{signature.swapcase()}", str(number),
        foreign.sign("session", secret), house.core.signing_key.sign("device", secret),
        house.core.signing_key.sign("session", house.kept(secret)), house.core.signing_key.sign("session", str(number)),
        house.core.signing_key.sign("session", ""), "." * 300, "x" * 8000, f"{secret}.{signature}.{signature}",
    ):  # fmt: skip
        async with house.client() as client:
            client.headers["Cookie"] = f"{COOKIE}={forged}"
            assert await _is(client) is None, forged
    async with house.client(cookie) as client:
        assert await _is(client) == "ada", "the positive"


async def test_only_a_hash_of_a_session_is_stored(house: House):
    cookie = await house.cookie("ada")
    secret = cookie.partition(".")[0]

    kept = rows(house.core, "SELECT secret_hash FROM session")

    assert (house.kept(secret),) in kept
    assert secret not in repr(kept)
    for file in house.core.settings.data.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


async def test_a_session_of_a_chosen_user_is_valid_in_open_mode_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    folder = tmp_path / "data"
    async with opened_house(folder, access="open") as house, house.client() as client:
        someone = {"name": "Ada", "email": "ada@example.org", "nickname": "ada"}
        ada = (await client.post("/api/users", json=someone)).json()
        await client.post("/front/me", data={"person_id": ada["id"]})
        cookie = session_of(client)
        assert await _is(client) == "ada"
    async with opened_house(folder) as house, house.client(cookie) as client:
        assert await _is(client) is None
    async with opened_house(folder, access="open") as house, house.client(cookie) as client:
        assert await _is(client) == "ada"
        assert (await client.post("/api/sign-in", json=SIGN_IN)).status_code == 404


# Listing and ending sessions.


async def test_a_user_lists_only_their_own_sessions(house: House):
    async with house.client(address="198.51.100.7") as phone, await house.browser("eve") as eve:
        phone.headers["User-Agent"] = "A phone " + "x" * 500
        await phone.post("/api/sign-in", json=SIGN_IN)
        laptop = await house.browser("ada")

        seen = (await laptop.get("/api/me/sessions")).json()

        assert [one["current"] for one in seen].count(True) == 1
        assert {(one["agent"][:8], one["address"]) for one in seen} == {
            ("A phone ", "198.51.100.7"),
            ("a browse", "192.0.2.1"),
        }
        assert all(len(one["agent"]) <= 200 for one in seen)
        assert not {one["id"] for one in seen} & {one["id"] for one in (await eve.get("/api/me/sessions")).json()}
        await laptop.aclose()


async def test_a_user_ends_only_their_own_sessions(house: House):
    async with (
        await house.browser("ada") as ada,
        await house.browser("ada") as other,
        await house.browser("eve") as eve,
    ):
        number = await house.session_id(session_of(other))
        gone = refused(await ada.delete("/api/me/sessions/999"), 404, "not_found")
        theirs = refused(await eve.delete(f"/api/me/sessions/{number}"), 404, "not_found")
        assert theirs["detail"].replace(str(number), "#") == gone["detail"].replace("999", "#")
        assert await _is(other) == "ada"

        assert (await ada.delete(f"/api/me/sessions/{number}")).status_code == 204

        assert await _is(other) is None
        assert await _is(ada) == "ada"
        refused(await ada.delete(f"/api/me/sessions/{number}"), 404, "not_found")


async def test_a_new_password_ends_the_other_sessions(house: House):
    async with (
        await house.browser("ada") as ada,
        await house.browser("ada") as other,
        await house.browser("eve") as eve,
        house.client(token=await house.token("ada")) as program,
    ):
        for client in (ada, other, eve, program):
            assert await _is(client)
        changed = await ada.put("/api/me/password", json={"current": PASSWORD, "new": "staple wrong horse"})

        assert changed.status_code == 204
        assert [await _is(client) for client in (ada, other, eve, program)] == ["ada", None, "eve", "ada"]


# Expiry: a year.


async def test_an_unused_session_expires_after_a_year(house: House):
    async with await house.browser("ada") as ada:
        await update_rows(house.core, Session, {}, expires_at=datetime.now(UTC) - timedelta(seconds=1))

        assert await _is(ada) is None

    await house.core.sessions.forget_expired()
    assert rows(house.core, "SELECT COUNT(*) FROM session") == [(0,)]


async def test_a_used_session_expires_a_year_after_its_start(house: House):
    before = datetime.now(UTC) - timedelta(hours=2)
    began = datetime.now(UTC) - timedelta(days=364)
    async with await house.browser("ada") as ada:
        # As older versions stored it, which extended the session with each use.
        ahead = datetime.now(UTC) + timedelta(days=300)
        await update_rows(house.core, Session, {}, created_at=began, seen_at=before, expires_at=ahead)

        assert await _is(ada) == "ada"

        (one,) = (await ada.get("/api/me/sessions")).json()
        assert datetime.fromisoformat(one["seen_at"]) > before + timedelta(hours=1)
        assert datetime.fromisoformat(one["expires_at"]) == began + timedelta(days=365)

        house.core.access_cache._entries.clear()
        await update_rows(house.core, Session, {}, created_at=datetime.now(UTC) - timedelta(days=365))
        assert await _is(ada) is None
    assert await house.core.sessions.of_user(house.people["ada"].id, None) == []
    await house.core.sessions.forget_expired()
    assert rows(house.core, "SELECT COUNT(*) FROM session") == [(0,)]


async def test_a_stream_ends_when_its_session_expires(house: House):
    async with await house.browser("ada") as ada:
        began = datetime.now(UTC) - timedelta(days=365) + timedelta(seconds=1)
        await update_rows(house.core, Session, {}, created_at=began, expires_at=datetime.now(UTC) + timedelta(days=300))
        passed = await house.grant(session_of(ada))

        ended, _ = house.watch(passed)

        await asyncio.wait_for(ended.wait(), 20)


async def test_the_last_use_of_a_session_is_recorded_once_an_hour(house: House):
    async with await house.browser("ada") as ada:
        before = rows(house.core, "SELECT seen_at FROM session")
        for _ in range(3):
            house.core.access_cache._entries.clear()
            assert await _is(ada) == "ada"
        assert rows(house.core, "SELECT seen_at FROM session") == before


# The open board (E2).


async def test_the_open_board_of_a_browser_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    page: dict[str, Any] = {"headers": {"Accept": "text/html"}}
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root", "ada")
        board = await house.board("Allotment", ada="owner")
        await house.note("ada", board, "on the allotment")
        cookie = await house.cookie("ada")
        async with house.client(cookie) as ada, await house.browser("ada") as elsewhere:
            assert (await ada.get(f"/front/boards/{board}/notes", **page)).status_code == 200
            assert (await ada.get("/api/me")).json()["board_id"] == board
            assert (await elsewhere.get("/api/me")).json()["board_id"] == 1
            assert (await ada.get("/front/boards/999/notes", **page)).status_code == 404
            assert (await ada.get("/api/me")).json()["board_id"] == board
    async with opened_house(tmp_path / "data") as house, house.client(cookie) as ada:
        house.people["ada"] = (await house.core.users.get(2))[0]
        assert "on the allotment" in (await ada.get("/front/notes", **page)).text
        await house.core.boards.delete(house.caller("ada"), board)
        answer = await ada.get("/front/notes", **page)
        assert answer.status_code == 200, "a board that is gone gives way to everybody's"
        assert "on the allotment" not in answer.text
