"""The access cache: a session's or token's grant is cached, and streams end when it is revoked."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest

from quart_notes.domain import access_cache, stream_revocation
from quart_notes.domain.stream_revocation import StreamRevocation
from quart_notes.models import ApiToken, Session
from quart_notes.web.raw_headers import fields_of
from quart_notes.web.security.authentication import cached_grant
from quart_notes.web.security.credentials import COOKIE, LONG_COOKIE, SECURE_COOKIE, _cached_secret
from tests.support.accounts_app import House
from tests.support.clients.raw_connection import until
from tests.support.servers.in_process import update_rows

ENDS = 5.0  # timeout in seconds on a busy machine


# Cached grants.


async def test_a_secret_is_looked_up_once_and_again_after_a_change_of_access(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    cookie = await house.cookie("ada")
    find = AsyncMock(wraps=house.core.sessions.find)
    monkeypatch.setattr(house.core.sessions, "find", find)
    for _ in range(3):
        await house.grant(cookie)
    assert find.await_count == 1

    board = await house.board(bob="owner", ada="viewer")
    passed = await house.grant(cookie)
    assert find.await_count == 2
    assert passed.roles[board] == "viewer"
    await house.board(bob="owner", eve="viewer")
    await house.grant(cookie)
    assert find.await_count == 2, "what changes for others changes nothing for ada"


async def test_a_grant_read_just_before_a_change_is_not_cached(house: House, monkeypatch: pytest.MonkeyPatch):
    cookie = await house.cookie("ada")
    board = await house.board(bob="owner", ada="viewer")
    roles = house.core.boards.roles

    async def slow(caller: Any) -> Any:
        found = await roles(caller)
        await house.core.members.remove(house.caller("bob"), board, house.people["ada"].id)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(house.core.boards, "roles", slow)
        before = await house.grant(cookie)
    after = await house.grant(cookie)

    assert board in before.roles
    assert board not in after.roles


async def test_the_number_of_cached_secrets_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access_cache, "MAX_ENTRIES", 3)

    for _ in range(5):
        await house.grant(await house.cookie("ada"))

    assert len(house.core.access_cache._entries) == 3


async def test_a_grant_is_not_cached_beyond_its_expiry(house: House, monkeypatch: pytest.MonkeyPatch):
    cookie = await house.cookie("ada")
    await _expire(house, Session, house.people["ada"].id, timedelta(hours=2))
    passed = await house.grant(cookie)
    assert passed.expires is not None
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: max(now, passed.expires or 0) + 1)

    assert house.core.access_cache.cached("session", passed.secret) is None


async def _expire(house: House, model: Any, user_id: int, left: timedelta) -> None:
    await update_rows(house.core, model, {"user_id": user_id}, expires_at=datetime.now(UTC) + left)


async def test_a_closed_stream_is_not_rechecked_and_leaves_no_timer(house: House):
    passed = await house.grant(await house.cookie("ada"))
    core = house.core
    ended, stay = house.watch(passed)
    for _ in range(20):
        await house.board(bob="owner", ada="viewer")
    await until(lambda: not core.stream_revocation._recheck_tasks, "all is judged")
    (stream,) = core.stream_revocation._streams[house.people["ada"].id]
    assert _timers(core.stream_revocation) == 1, "one a stream, however often it was judged"

    stay()
    await house.board(bob="owner", ada="viewer")
    await until(lambda: not core.stream_revocation._recheck_tasks, "all is judged")

    assert stream.timer is None or stream.timer.cancelled()
    assert core.stream_revocation._streams == {}
    assert _timers(core.stream_revocation) == 0
    assert not ended.is_set()


def _timers(judge: StreamRevocation) -> int:
    scheduled: Any = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not one.cancelled() and getattr(one._callback, "__self__", None) is judge for one in scheduled)


async def test_a_stream_ends_when_its_recheck_fails(house: House, monkeypatch: pytest.MonkeyPatch):
    passed = await house.grant(await house.cookie("ada"))
    ended, leave = house.watch(passed)

    with monkeypatch.context() as patch:
        patch.setattr(house.core.sessions, "find", AsyncMock(side_effect=RuntimeError("no database")))
        await house.board(bob="owner", ada="viewer")
        async with asyncio.timeout(ENDS):
            await ended.wait()
    leave()


@pytest.mark.parametrize("kind", ["session", "token"])
async def test_a_stream_ends_when_its_grant_expires(house: House, kind: str, monkeypatch: pytest.MonkeyPatch):
    ada = house.people["ada"].id
    if kind == "session":
        cookie = await house.cookie("ada")
        await _expire(house, Session, ada, timedelta(seconds=0.3))
        passed = await house.grant(cookie)
    else:
        token = await house.token("ada")
        await _expire(house, ApiToken, ada, timedelta(seconds=0.3))
        passed = await house.grant(token=token)

    ended, leave = house.watch(passed)

    assert not ended.is_set()
    async with asyncio.timeout(ENDS):
        await ended.wait()
    leave()


async def test_a_stream_longer_than_the_longest_timer_is_rechecked_and_continues(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream_revocation, "MAX_TIMER", 0.01)
    passed = await house.grant(await house.cookie("ada"))
    recheck = AsyncMock(wraps=house.core.stream_revocation._still_allowed)
    monkeypatch.setattr(house.core.stream_revocation, "_still_allowed", recheck)
    ended, leave = house.watch(passed)

    await until(lambda: recheck.await_count > 3, "it is judged again and again")

    assert not ended.is_set()
    leave()


# Callers cached by their header.


async def test_a_cookie_is_cached_by_its_header_until_its_session_ends(house: House):
    cookie = await house.cookie("ada")
    sent = [(b"accept", b"*/*"), (b"cookie", f"theme=dark; {COOKIE}={cookie}".encode())]
    assert cached_grant(house.core, fields_of(sent), secure=False) is None, "nobody has asked the database yet"
    passed = await house.grant(cookie)
    for _ in range(2):
        assert cached_grant(house.core, fields_of(sent), secure=False) is passed
    assert cached_grant(house.core, fields_of(sent), secure=True) is None, (
        "anybody may have set it: it has not the name for https"
    )
    secure = [(b"cookie", f"{SECURE_COOKIE}={cookie}".encode())]
    assert cached_grant(house.core, fields_of(secure), secure=True) is passed
    assert cached_grant(house.core, fields_of(secure), secure=False) is None

    await house.client(cookie).post("/front/sign-out")

    assert cached_grant(house.core, fields_of(sent), secure=False) is None


@pytest.mark.parametrize("spoil", [lambda cookie: cookie[:-1], lambda cookie: "x" + cookie, lambda cookie: ""])
async def test_a_cookie_with_another_signature_identifies_nobody(house: House, spoil: Callable[[str], str]):
    cookie = await house.cookie("ada")
    await house.grant(cookie)

    for _ in range(2):
        assert (
            cached_grant(house.core, fields_of([(b"cookie", f"{COOKIE}={spoil(cookie)}".encode())]), secure=False)
            is None
        )


async def test_a_token_overrides_a_cookie_and_basic_authentication_does_not(house: House):
    cookie = await house.cookie("ada")
    passed = await house.grant(cookie)
    sent = [(b"cookie", f"{COOKIE}={cookie}".encode())]

    assert cached_grant(house.core, fields_of([*sent, (b"authorization", b"Bearer nothing")]), secure=False) is None
    assert cached_grant(house.core, fields_of([(b"authorization", b"Basic eDp5"), *sent]), secure=False) is passed


async def test_a_very_long_cookie_is_valid_and_not_cached(house: House):
    cookie = await house.cookie("ada")
    passed = await house.grant(cookie)
    long = f"{COOKIE}={cookie}; else=" + "x" * LONG_COOKIE
    remembered = _cached_secret.cache_info().currsize
    assert cached_grant(house.core, fields_of([(b"cookie", long.encode())]), secure=False) is passed
    assert _cached_secret.cache_info().currsize == remembered

    answer = await house.client().get("/api/notes", headers={"Cookie": long})

    assert answer.status_code == 200
