"""Strict-Transport-Security: on every response by https if it is enabled, and on no other."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.accounts_app import hash_quickly, opened_house
from tests.support.clients.raw_http import exchange, handshake, request, websocket_request
from tests.support.servers.server_process import ServerProcess

NAME, VALUE = "strict-transport-security", "max-age=86400"
TARGETS = {  # by what responds
    "cached": "/api/notes",
    "made": "/api/boards",
    "page": "/front/notes",
    "static": "/static/css/style.css",
    "absent": "/nowhere",
    "without a path": "?x",
}
KIND = "Content-Type: application/json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind a trusted proxy."""
    flags = ("--proxy-hops", "1", "--hsts", "86400", "--origins", "https://friend.example")
    with ServerProcess(tmp_path_factory.mktemp("strict") / "data", *flags) as server:
        yield server


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_every_response_by_https_has_the_header_and_none_by_http(server: ServerProcess, scheme: str):
    by = f"X-Forwarded-Proto: {scheme}"
    exchange(server.port, request(TARGETS["cached"], by))
    sent = [request(target, by) for target in TARGETS.values()]
    sent += [request(target, by, "X-Odd: \xff") for target in TARGETS.values()]  # parsed by hypercorn
    sent.append(request("/api/notes", by, KIND, method="POST", body=b'{"title":"brief"}'))
    sent.append(request("/api/notes", by, host="evil.example"))
    sent.append(request("/api/notes", by, "Origin: https://a.example", "Origin: https://b.example"))
    preflight = ("Origin: https://friend.example", "Access-Control-Request-Method: POST")
    sent.append(request("/api/notes", by, *preflight, method="OPTIONS"))
    answers = [exchange(server.port, data) for data in sent]
    answers += [handshake(server.port, websocket_request(target, by)) for target in ("/ws", "/ws?topics=x", "/nowhere")]

    assert {answer.status for answer in answers} >= {101, 200, 201, 204, 400, 403, 404, 421}
    expected = VALUE if scheme == "https" else None
    for answer in answers:
        assert answer.headers.get(NAME) == expected, answer.raw[:300]


@pytest.mark.parametrize("seconds", [0, 60])
async def test_an_untrusted_forwarded_scheme_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", hsts=seconds) as house:
        async with house.client() as client:
            pretended = await client.get("/healthz", headers={"X-Forwarded-Proto": "https"})
        async with house.client(scheme="https") as client:
            secure: httpx.Response = await client.get("/healthz")

    assert NAME not in pretended.headers
    assert secure.headers.get(NAME) == ("max-age=60" if seconds else None)
