"""Allowed hosts, the server's own origins, and other allowed origins (CORS)."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from quart_notes.schemas.origins import Host, host_in, in_hosts, origin_in
from quart_notes.settings import Settings
from quart_notes.web.security.credentials import COOKIE
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import refused
from tests.support.clients.raw_http import Answer, exchange, handshake, request, websocket_request
from tests.support.clients.signing_in import session_of
from tests.support.problem_details import assert_problem
from tests.support.routes import PASSWORD
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"
ELSEWHERE = "https://app.example.org"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", ("localhost", None)),
        ("LocalHost:80", ("localhost", 80)),
        ("a.example.:8000", ("a.example.", 8000)),
        ("a:", ("a", None)),
        ("[::1]", ("[::1]", None)),
        ("[2001:DB8::1]:8000", ("[2001:db8::1]", 8000)),
        *(
            (text, None)
            for text in (
                "", ":80", "a@b", "a b", "a/b", "a:b", "a:99999", "é", "[::1", "::1", "a,b", "a:1:2", "[::1%25lo]",
            )
        ),
    ],
)  # fmt: skip
def test_a_host_is_parsed_strictly(text: str, host: tuple[str, int | None] | None):
    assert host_in(text) == (host and Host(*host))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a", "https://a:443", True), ("http://A:80", "http://a", True),
        ("http://[::1]:80", "http://[::1]", True), ("https://a", "http://a", False),
        ("https://a", "http://a:443", False), ("https://a", "https://a:8443", False),
        ("https://a", "https://b", False),
    ],
)  # fmt: skip
def test_only_default_ports_make_origins_equal(one: str, other: str, same: bool):
    assert origin_in(one) is not None
    assert (origin_in(one) == origin_in(other)) is same


@pytest.mark.parametrize(
    "text", ["null", "", "a", "ftp://a", "https://", "https://a/", "https://u@a", "https://a b", "//a"]
)
def test_an_invalid_origin_is_none(text: str):
    assert origin_in(text) is None


@pytest.mark.parametrize(
    "name", ["localhost", "localhost.", "127.0.0.1", "192.168.1.5", "[::1]", "[fe80::1]", "a.example"]
)
def test_local_names_addresses_and_configured_hosts_are_allowed(name: str):
    assert in_hosts(name, frozenset({"a.example"}))


@pytest.mark.parametrize(
    "name",
    ["b.example", "x.a.example", "localhost.evil.example", "127.0.0.1.nip.io", "1.2.3", "[127.0.0.1]", "0x7f.1", ""],
)
def test_other_host_names_are_not_allowed(name: str):
    assert not in_hosts(name, frozenset({"a.example"}))


# All kinds of requests to a server.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """An open-mode server with a configured host, and one allowed other origin."""
    folder = tmp_path_factory.mktemp("hosts") / "data"
    with ServerProcess(folder, "--hosts", "notes.example", "--origins", f"{ELSEWHERE},http://localhost:3000") as server:
        yield server
        assert "Traceback" not in server.log, server.log


def _with_every_kind_of_request(port: int, host: str, *headers: str) -> dict[str, Answer]:
    note = {"method": "POST", "host": host, "body": b'{"title": "x"}'}
    return {
        "a cached response": exchange(port, request("/api/notes", *headers, host=host)),
        "made": exchange(port, request("/api/notes", "X-Odd: \xff", *headers, host=host)),
        "a write": exchange(port, request("/api/notes", JSON, *headers, **note)),  # type: ignore[arg-type]
        "a write by Quart": exchange(port, request("/api/notes", JSON, "X-Odd: \xff", *headers, **note)),  # type: ignore[arg-type]
        "a page": exchange(port, request("/front/notes", "Accept: text/html", *headers, host=host)),
        "a file": exchange(port, request("/static/css/style.css", *headers, host=host)),
        "nothing": exchange(port, request("/nothing", *headers, host=host)),
        "a stream": handshake(port, request("/events", *headers, host=host)),
        "a websocket": handshake(port, websocket_request("/ws", *headers, host=host)),
        "plain text": handshake(port, websocket_request("/ws/1", *headers, host=host)),
        "health": exchange(port, request("/healthz", *headers, host=host)),
        "readiness": exchange(port, request("/readyz", *headers, host=host)),
        "documents": exchange(port, request("/openapi.json", *headers, host=host)),
    }


def test_every_kind_of_request_accepts_the_allowed_hosts(server: ServerProcess):
    for host in (
        "localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1", f"127.0.0.1:{server.port}", "[::1]:8000",
        "192.168.1.5", "notes.example", "Notes.Example:443", "notes.example.",
    ):  # fmt: skip
        found = {name: answer.status for name, answer in _with_every_kind_of_request(server.port, host).items()}
        assert found.pop("nothing") == 404, host
        assert set(found.values()) == {101, 200, 201}, (host, found)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "notes.example.evil.example", "localhost.evil.example",
     "localhost@evil.example", "u@localhost", "", "127.0.0.1.nip.io", "[::1", "[localhost]", "a b", "\xff", "."],
)  # fmt: skip
def test_every_kind_of_request_to_another_host_is_misdirected(server: ServerProcess, host: str):
    assert exchange(server.port, request("/api/notes")).status == 200, "somebody has just read it"
    before = exchange(server.port, request("/api/notes")).body

    for name, answer in _with_every_kind_of_request(server.port, host, f"Origin: http://{host}").items():
        assert answer.status == 421, (name, answer.raw[:300])
        assert "no-store" in answer.headers["cache-control"], name
    assert exchange(server.port, request("/api/notes")).body == before


def test_the_page_of_a_misdirected_request_explains_what_to_do(server: ServerProcess):
    page = exchange(server.port, request("/front/notes", "Accept: text/html", host="pi.lan:8000"))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "pi.lan" not in page.body.decode()
    assert "QUART_NOTES_HOSTS" in page.body.decode()
    # It is styled inline since no file can be requested, and the policy allows only that style.
    style = re.findall(r"<style>(.*?)</style>", page.body.decode(), re.DOTALL)
    digest = b64encode(sha256(style[0].encode()).digest()).decode()
    assert len(style) == 1
    assert f"style-src 'self' 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"<script|<link[^>]+(?:stylesheet|manifest)", page.body.decode())

    assert_problem(exchange(server.port, request("/api/notes", host="pi.lan:8000")), 421, "misdirected")


def test_a_probe_without_a_host_gets_a_response(server: ServerProcess):
    answer = exchange(server.port, b"GET /readyz HTTP/1.0\r\n\r\n")

    assert b" 200 " in answer.raw.partition(b"\r\n")[0]


# Accounts mode: the same once hosts are configured.


@pytest.mark.parametrize(
    ("hosts", "host", "status"),
    [
        ("house.example", "house.example", 200),
        ("house.example", "127.0.0.1", 200),
        ("house.example", "evil.example", 421),
        ("", "evil.example", 200),
    ],
)
async def test_with_accounts_hosts_are_checked_once_they_are_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: str, host: str, status: int
):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", hosts=hosts) as house:
        await house.welcome("root")
        async with house.client(token=await house.token("root")) as client:
            assert (await client.get("/api/notes")).status_code == 200
            for _ in range(3):
                assert (await client.get("/api/notes", headers={"Host": host})).status_code == status


@pytest.mark.parametrize(
    ("settings", "link"),
    [
        ({}, "http://house.example/front/join/"),
        ({"hosts": "house.example"}, "http://house.example/front/join/"),
        ({"public_url": "https://notes.example/"}, "https://notes.example/front/join/"),
        ({"public_url": "https://notes.example", "root_path": "/n"}, "https://notes.example/n/front/join/"),
        ({"public_url": "https://notes.example:8443/n", "root_path": "/n"}, "https://notes.example:8443/n/front/join/"),
    ],
)
async def test_links_use_the_configured_public_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], link: str
):
    hash_quickly(monkeypatch)
    root = settings.get("root_path", "")
    async with opened_house(tmp_path / "data", **settings) as house:
        await house.welcome("root")
        async with await house.browser("root") as client:
            client._transport = httpx.ASGITransport(house.app, root_path=root)  # type: ignore[arg-type]
            headers = {"Cookie": f"{COOKIE}={session_of(client)}"}
            made = await client.post(f"{root}/api/invitations", json={}, headers=headers)
            document = (await client.get(f"{root}/asyncapi.json", headers=headers)).json()

        assert made.json()["link"].startswith(link), made.text
        assert document["servers"]["websocket"]["host"] == httpx.URL(link).netloc.decode()
        assert document["servers"]["eventStream"]["protocol"] == httpx.URL(link).scheme


def test_the_path_of_the_public_url_is_the_prefix():
    assert Settings(public_url="https://a.example/n/", root_path="/n").public_base == "https://a.example/n"
    assert Settings(public_url="https://A.example:443", root_path="/n").public_base == "https://a.example/n"
    with pytest.raises(ValueError, match="public_url: its path must be that of root_path"):
        Settings(public_url="https://a.example/n", root_path="/m")


# Origins.


# Trusted proxies, host, scheme, and origin.
OWN = [
    (0, "house.example:443", "", "https://house.example"),
    (1, "house.example:443", "https", "https://house.example"),
    (1, "house.example", "https", "https://house.example:443"),
    (1, "house.example:80", "http", "http://house.example"),
    (1, "house.example", "http", "http://house.example:80"),
    (1, "[::1]:443", "https", "https://[::1]"),
]
FOREIGN = [
    (1, "house.example:443", "https", "http://house.example"),
    (1, "house.example", "https", "http://house.example"),
    (1, "house.example", "http", "https://house.example"),
    (0, "house.example", "", "https://house.example"),
    (1, "house.example:8443", "https", "https://house.example"),
    (1, "house.example:80", "https", "https://house.example"),
    (1, "house.example:443", "https", "https://evil.example"),
    (1, "house.example:443", "https", "https://house.example:80"),
]


@pytest.mark.parametrize("hops", [0, 1])
async def test_a_default_port_equals_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hops: int):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", proxy_hops=hops) as house:
        await house.welcome("root")
        async with house.client(token=await house.token("root")) as client:
            for case in (case for case in (*OWN, *FOREIGN) if case[0] == hops):
                _, host, scheme, origin = case
                headers = {"X-Forwarded-Host" if hops else "Host": host, "X-Forwarded-Proto": scheme, "Origin": origin}
                answer = await client.post("/api/notes", json={"title": "a"}, headers=headers)
                assert answer.status_code == (201 if case in OWN else 403), case


async def test_the_public_url_is_an_own_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", public_url="https://notes.example") as house, house.client() as client:
        await house.welcome("root", "ada")
        own, other = {"Origin": "https://notes.example"}, {"Origin": "http://notes.example"}
        body = {"nickname": "ada", "password": "x"}
        refused(await client.post("/api/sign-in", json=body, headers=own), 401, "wrong_password")
        refused(await client.post("/api/sign-in", json=body, headers=other), 403, "cross_origin")


# Other allowed origins.


def test_an_allowed_origin_may_use_the_api_and_the_feed(server: ServerProcess):
    port = server.port
    for origin in (ELSEWHERE, "http://localhost:3000"):
        sent = [f"Origin: {origin}", "Sec-Fetch-Site: cross-site"]
        for name, answer in _with_every_kind_of_request(port, "127.0.0.1", *sent).items():
            assert answer.status in {101, 200, 201, 404}, (name, answer.raw[:300])
            if answer.status != 101:
                assert answer.headers["access-control-allow-origin"] == origin, name
                assert "access-control-allow-credentials" not in answer.headers
                assert "Origin" in answer.headers["vary"], name


def test_a_preflight_of_an_allowed_origin_lists_methods_and_headers(server: ServerProcess):
    asked = ["Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: content-type,if-match"]
    answer = exchange(server.port, request("/api/notes/1", f"Origin: {ELSEWHERE}", *asked, method="OPTIONS"))

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == ELSEWHERE
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert {"Content-Type", "If-Match", "Authorization"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )


def test_any_other_origin_is_refused(server: ServerProcess):
    for origin in (
        "https://evil.example", "http://app.example.org", f"{ELSEWHERE}:8443", "https://app.example.org.evil.example",
        "null",
    ):  # fmt: skip
        for name, answer in _with_every_kind_of_request(server.port, "127.0.0.1", f"Origin: {origin}").items():
            changes = name in {"a write", "a write by Quart", "a websocket", "plain text"}
            assert (answer.status == 403) is changes, (name, origin)
            assert "access-control-allow-origin" not in answer.headers, (name, origin)
        asked = ["Access-Control-Request-Method: PATCH", f"Origin: {origin}"]
        assert (
            "access-control-allow-methods"
            not in exchange(server.port, request("/api/notes", *asked, method="OPTIONS")).headers
        )


async def test_an_allowed_origin_authenticates_by_token_and_not_by_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", origins=ELSEWHERE) as house:
        await house.welcome("root", "ada")
        elsewhere = {"Origin": ELSEWHERE}
        token = {"Authorization": f"Bearer {await house.token('ada')}"}
        async with await house.browser("ada") as client:
            assert (await client.get("/api/notes")).status_code == 200
            for _ in range(2):
                refused(await client.get("/api/notes", headers=elsewhere), 401, "sign_in_required")
                refused(
                    await client.post("/api/notes", json={"title": "a"}, headers=elsewhere), 401, "sign_in_required"
                )
                assert (await client.get("/api/notes", headers={**elsewhere, **token})).status_code == 200
                made = await client.post("/api/notes", json={"title": "a"}, headers={**elsewhere, **token})
                assert made.status_code == 201, made.text


# Cookies of servers on one host name.


def test_servers_on_one_host_name_do_not_overwrite_each_others_cookies(tmp_path: Path):
    accounts = ("--access", "accounts")
    with (
        ServerProcess(tmp_path / "a", *accounts) as first,
        ServerProcess(tmp_path / "b", *accounts, "--root-path", "/notes") as second,
        httpx.Client(verify=False, trust_env=False) as browser,
    ):
        places = {f"{first.base}": first, f"{second.base}/notes": second}
        for base, server in places.items():
            person = {"name": "Ada", "email": "ada@example.org", "nickname": server.data.name, "password": PASSWORD}
            link = server.links()["setup"].rpartition("/")[2]
            assert browser.post(f"{base}/front/join/{link}", data=person).status_code == 303
        assert len({cookie.name for cookie in browser.cookies.jar}) == 4
        for base, server in places.items():
            assert browser.get(f"{base}/api/me").json()["user"]["nickname"] == server.data.name

        assert browser.post(f"{first.base}/api/sign-out").status_code == 204
        assert browser.get(f"{first.base}/api/me").status_code == 401
        assert browser.get(f"{second.base}/notes/api/me").status_code == 200


async def test_a_session_with_the_former_cookie_name_is_valid_and_can_end(house: House):
    cookie = await house.cookie("ada")
    async with house.client() as client:
        former = {"Cookie": f"{COOKIE}={cookie}"}
        for _ in range(2):
            assert (await client.get("/api/notes", headers=former)).status_code == 200
        out = await client.post("/api/sign-out", headers=former)

        assert {one.partition("=")[0] for one in out.headers.get_list("set-cookie")} == {COOKIE, f"{COOKIE}_80"}
        refused(await client.get("/api/notes", headers=former), 401, "sign_in_required")
