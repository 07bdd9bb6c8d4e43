"""Forwarded headers: only those of trusted proxies count, and forged ones do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.web.security.credentials import COOKIE, SECURE_COOKIE
from quart_notes.web.security.forwarded_headers import apply_forwarded_headers
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import refused
from tests.support.routes import PASSWORD

PEER = "127.0.0.1"
SIGN_IN = {"nickname": "ada", "password": PASSWORD}
Headers = list[tuple[bytes, bytes]]


def _trusted(hops: int, headers: Headers, kind: str = "http") -> dict[str, Any]:
    scope = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": (PEER, 1),
        "headers": [(b"host", b"inside"), *headers],
    }
    apply_forwarded_headers(scope, hops)
    return scope


FOR = b"x-forwarded-for"


@pytest.mark.parametrize(
    ("hops", "sent", "client"),
    [
        (0, [b"192.0.2.1"], PEER),
        (1, [], PEER),
        (1, [b"192.0.2.1"], "192.0.2.1"),
        (1, [b"192.0.2.66, 192.0.2.1"], "192.0.2.1"),  # the left one is forged
        (1, [b"192.0.2.66", b"192.0.2.1"], "192.0.2.1"),
        (2, [b"192.0.2.1, 198.51.100.1"], "192.0.2.1"),
        (2, [b"192.0.2.66, 192.0.2.1, 198.51.100.1"], "192.0.2.1"),
        (2, [b"192.0.2.66", b"192.0.2.1,198.51.100.1"], "192.0.2.1"),
        (2, [b"192.0.2.66"], PEER),  # it bypassed a proxy: none of its headers can be trusted
        (1, [b""], PEER),
        (1, [b"192.0.2.66,"], PEER),
        (1, [b"2001:db8::1"], "2001:db8::1"),
        (1, [b"2001:DB8:0:0::1"], "2001:db8::1"),
        (1, [b"192.0.2.1:4711"], "192.0.2.1"),
        (1, [b"192.0.2.1:"], "192.0.2.1"),
        (1, [b'"192.0.2.1:4711"'], "192.0.2.1"),
        (1, [b"[2001:db8::1]:4711"], "2001:db8::1"),
        (1, [b'"[2001:db8::1]"'], "2001:db8::1"),
        (1, [b"fe80::1%eth0"], "fe80::1"),
        (1, [b"[fe80::1%25eth0]:1"], "fe80::1"),
        (1, [b"::ffff:192.0.2.1"], "192.0.2.1"),
        (1, [b"[::FFFF:C000:201]:1"], "192.0.2.1"),
        (1, [b"64:ff9b::192.0.2.1"], "192.0.2.1"),
        *(
            (1, [garbage], PEER)
            for garbage in (b"unknown", b"_hidden", b"x" * 5000, b"\xff", b"192.0.2", b"192.0.2.01")
        ),
        *(
            (1, [garbage], PEER)
            for garbage in (b"[", b"]", b"[::1", b"::1]", b"[::1]1", b"1.2.3.4:x", b"::1::", b"%", b'"')
        ),
    ],
)
def test_the_client_address_comes_from_trusted_proxies(hops: int, sent: list[bytes], client: str):
    assert _trusted(hops, [(FOR, value) for value in sent])["client"][0] == client


@pytest.mark.parametrize(
    ("hops", "sent", "scheme"),
    [
        (0, b"https", "http"), (1, b"https", "https"), (1, b"http, https", "https"), (1, b"https, http", "http"),
        (2, b"https, http", "https"), (2, b"https", "http"), (1, b"HTTPS", "http"), (1, b"ftp", "http"),
        (1, b"javascript", "http"), (1, b"", "http"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_scheme_comes_from_trusted_proxies(hops: int, sent: bytes, scheme: str, kind: str):
    found = _trusted(hops, [(b"x-forwarded-proto", sent)], kind)["scheme"]

    assert found == (scheme.replace("http", "ws") if kind == "websocket" else scheme)


@pytest.mark.parametrize(
    ("hops", "sent", "host"),
    [(0, b"a.example", b"inside"), (1, b"a.example", b"a.example"), (1, b"x, a.example", b"a.example")],
)
def test_the_host_comes_from_trusted_proxies(hops: int, sent: bytes, host: bytes):
    headers = _trusted(hops, [(b"x-forwarded-host", sent)])["headers"]

    assert [value for name, value in headers if name == b"host"] == [host]


@asynccontextmanager
async def _behind(folder: Path, monkeypatch: pytest.MonkeyPatch, hops: int) -> AsyncIterator[House]:
    hash_quickly(monkeypatch)
    async with opened_house(folder, proxy_hops=hops) as house:
        await house.welcome("root", "ada")
        yield house


async def _sign_in(client: httpx.AsyncClient, forwarded: str = "", **wrong: str) -> httpx.Response:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return await client.post("/api/sign-in", json={**SIGN_IN, **wrong}, headers=headers)


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "192.0.2.1", PEER),
        (1, "192.0.2.66, 192.0.2.1", "192.0.2.1"),
        (2, "192.0.2.66, 192.0.2.1, 198.51.100.1", "192.0.2.1"),
        (1, "x" * 5000, PEER),
        (1, "[2001:db8::1%eth0]:443", "2001:db8::1"),
    ],
)
async def test_a_session_records_the_trusted_client_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hops: int, forwarded: str, address: str
):
    async with _behind(tmp_path, monkeypatch, hops) as house, house.client(address=PEER) as client:
        answer = await _sign_in(client, forwarded)

        assert answer.status_code == 200, answer.text
        assert [one["address"] for one in (await client.get("/api/me/sessions")).json()] == [address]


@pytest.mark.parametrize("hops", [0, 1, 2])
async def test_forged_addresses_do_not_bypass_the_rate_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hops: int
):
    proxies = ["192.0.2.1", "198.51.100.1"][:hops]
    async with _behind(tmp_path, monkeypatch, hops) as house, house.client(address=PEER) as client:
        for n in range(10):
            forged = ", ".join([f"203.0.113.{n}", *proxies])
            refused(await _sign_in(client, forged, password="wrong horse"), 401, "wrong_password")
        refused(await _sign_in(client, ", ".join(["203.0.113.99", *proxies])), 429, "too_many_attempts")
        if hops:
            others = ", ".join(["203.0.113.99", "192.0.2.2", *proxies[1:]])
            assert (await _sign_in(client, others)).status_code == 200, "somebody else behind the same proxy"


@pytest.mark.parametrize(
    ("spelled", "another"),
    [
        ("192.0.2.1:{n}", "192.0.2.2:1"),
        ("[2001:db8::1]:{n}", "2001:db8:0:1::1"),
        ("2001:db8:0:0:{n}::{n}", "2001:db8:0:1::1"),
        ("fe80::{n}%eth{n}", "fe81::1"),
        ("::ffff:192.0.2.1%{n}", "::ffff:192.0.2.2"),
    ],
)
async def test_all_spellings_of_an_address_share_one_rate_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str, another: str
):
    async with _behind(tmp_path, monkeypatch, 1) as house, house.client(address=PEER) as client:
        for n in range(1, 11):
            refused(await _sign_in(client, spelled.format(n=n), password="wrong horse"), 401, "wrong_password")
        refused(await _sign_in(client, spelled.format(n=11)), 429, "too_many_attempts")
        assert (await _sign_in(client, another)).status_code == 200


async def test_an_ipv6_network_shares_one_rate_limit_without_a_proxy_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with _behind(tmp_path, monkeypatch, 0) as house:
        for n in range(1, 12):
            async with house.client(address=f"2001:db8::{n}%eth0") as client:
                answer = await _sign_in(client, password="wrong horse")
        refused(answer, 429, "too_many_attempts")


@pytest.mark.parametrize(("hops", "name"), [(0, f"{COOKIE}_80"), (1, f"{SECURE_COOKIE}_443")])
async def test_behind_https_the_cookie_is_secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hops: int, name: str):
    https = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "notes.example", "X-Forwarded-For": "192.0.2.1"}
    async with _behind(tmp_path, monkeypatch, hops) as house, house.client(address=PEER) as client:
        answer = await client.post("/api/sign-in", json=SIGN_IN, headers=https)
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]

        assert ("Secure" in cookie) == bool(hops)
        value = cookie.partition("=")[2].partition(";")[0]
        headers = {**https, "Cookie": f"{name}={value}"}
        for _ in range(3):  # the last ones are cached
            assert (await client.get("/api/notes", headers=headers)).status_code == 200
        made = await client.post("/api/invitations", json={}, headers=headers)
        expected = "https://notes.example/front/join/" if hops else "http://house.example/front/join/"
        assert made.json()["link"].startswith(expected)


async def test_a_page_of_the_own_origin_behind_a_proxy_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with _behind(tmp_path, monkeypatch, 1) as house, house.client(token=await house.token("ada")) as client:
        proxied = {"X-Forwarded-Host": "notes.example", "X-Forwarded-Proto": "https"}
        for origin, status in (
            ("https://notes.example", 201),
            ("https://house.example", 403),
            ("https://evil.example", 403),
            ("null", 403),
        ):
            answer = await client.post("/api/notes", json={"title": "a"}, headers={**proxied, "Origin": origin})
            assert answer.status_code == status, origin
