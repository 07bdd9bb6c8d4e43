"""Cross-origin pages may neither write nor subscribe; every response has security headers."""

import json
from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from quart_notes.web.security.credentials import COOKIE
from tests.support.cases import check_each
from tests.support.clients.raw_http import Answer, exchange, handshake, request, websocket_request
from tests.support.clients.signing_in import cookie_at
from tests.support.problem_details import assert_problem
from tests.support.routes import (
    ACCOUNTS_ONLY,
    ADMINISTRATION,
    BODILESS,
    ENDS_ME,
    NOBODY,
    OPEN_ONLY,
    READS,
    ROOM_SETTINGS,
    TAKES_FILES,
    TASK,
    UPKEEP,
    WRITES,
    Route,
    body_of,
)
from tests.support.servers.populated_server import Unchanged, furnish, put_failed_job, put_look
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
FILES = "Content-Type: multipart/form-data; boundary=b"
FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.json"\r\n\r\n{}\r\n--b--\r\n'
CSP = "; ".join(
    [
        "default-src 'self'", "img-src 'self' data:", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'",
        "form-action 'self'",
    ]
)  # fmt: skip
DOCS_CSP = CSP + "; style-src 'self' 'unsafe-inline'"
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

# Headers that a browser sends with a request of another page. {host} is the server's own host and port.
FOREIGN = {
    "another host": ["Origin: https://evil.example"],
    "another host on our port": ["Origin: http://evil.example:{port}"],
    "no origin to speak of": ["Origin: null"],
    "a sibling port": ["Origin: http://127.0.0.1:1"],
    "no port": ["Origin: http://127.0.0.1"],
    "our host by another scheme": ["Origin: https://{host}"],
    "our host by a scheme of no page": ["Origin: ws://{host}"],
    "our host as a prefix": ["Origin: http://{host}.evil.example"],
    "our host as a suffix": ["Origin: http://evil.{host}"],
    "our host as a person": ["Origin: http://{host}@evil.example"],
    "a person at our host": ["Origin: http://evil@{host}"],
    "our host as a path": ["Origin: http://evil.example/{host}"],
    "our host with a path": ["Origin: http://{host}/"],
    "another name of this machine": ["Origin: http://localhost:{port}"],
    "an origin that is none": ["Origin: http://["],
    "no scheme": ["Origin: {host}"],
    "a list of origins": ["Origin: http://{host} https://evil.example"],
    "nothing": ["Origin: "],
    "another site": ["Sec-Fetch-Site: cross-site"],
    "a sibling site": ["Sec-Fetch-Site: same-site"],
    "another site, in capitals": ["Sec-Fetch-Site: Cross-Site"],
    "a site of the future": ["Sec-Fetch-Site: who-knows"],
    "our origin from another site": ["Origin: http://{host}", "Sec-Fetch-Site: cross-site"],
    "another origin from our site": ["Origin: https://evil.example", "Sec-Fetch-Site: same-origin"],
}
OWN = {
    "an API client": [],
    "our page": ["Origin: http://{host}", "Sec-Fetch-Site: same-origin"],
    "our page in an older browser": ["Origin: http://{host}"],
    "our page behind https, for which its browser vouches": ["Origin: https://{host}", "Sec-Fetch-Site: same-origin"],
    "a typed address": ["Sec-Fetch-Site: none"],
    "a form without an origin": ["Sec-Fetch-Site: same-origin"],
}

# Some of each kind; all are tested on one route of each blueprint, since they are checked before routing.
FEW_FOREIGN = ("another host", "no origin to speak of", "a sibling port", "another site")
FEW_OWN = {False: ("our page",), True: ("an API client",)}  # in open mode, in accounts mode
FIRST_WRITES = {route.blueprint: route for route in reversed(WRITES)}.values()

NUMBERS = count(1)


def _headers(port: int, templates: list[str]) -> list[str]:
    return [template.format(host=f"127.0.0.1:{port}", port=port) for template in templates]


def _write(port: int, me: str, route: Route, headers: list[str], **things: object) -> Answer:
    fields = body_of(route.endpoint, next(NUMBERS)) if route.endpoint not in BODILESS else {}
    as_form = route.rule.startswith("/front/")
    kind, body = (FORM, str(httpx.QueryParams(fields))) if as_form else (JSON, json.dumps(fields))
    if as_form and route.endpoint in TAKES_FILES:
        kind, body = FILES, FILE.format(json.dumps(fields))
    host = f"127.0.0.1:{port}"
    data = request(route.at(**things), kind, me, *headers, method=route.method, host=host, body=body.encode())
    return exchange(port, data)


def test_the_fixture_detects_any_stored_change(server: ServerProcess, unchanged: Unchanged):
    furnish(server)
    for _ in range(2):
        with unchanged(server):
            assert httpx.get(server.base + "/api/notes", verify=False).status_code == 200
        with pytest.raises(AssertionError, match="something was stored"), unchanged(server):
            assert httpx.post(server.base + "/api/notes", json={"title": "x"}, verify=False).status_code == 201


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_a_page_of_another_origin_cannot_write(port: int, me: str, route: Route):
    _assert_refused_to_foreign_pages(port, me, route)


def _assert_refused_to_foreign_pages(port: int, me: str, route: Route) -> None:
    names = FOREIGN if route in FIRST_WRITES else FEW_FOREIGN
    check_each(
        [(name, FOREIGN[name]) for name in names],
        lambda templates: assert_problem(_write(port, me, route, _headers(port, templates)), 403, "cross_origin"),
    )


@pytest.fixture
def guarded_port(guarded_strict_server: ServerProcess, unchanged: Unchanged) -> Iterator[int]:
    """The port of the strict server in accounts mode; the test must leave all data unchanged."""
    with unchanged(guarded_strict_server):
        yield guarded_strict_server.port


@pytest.mark.parametrize("route", [route for route in WRITES if route.blueprint not in ACCOUNTS_ONLY], ids=str)
def test_with_a_session_a_page_of_another_origin_cannot_write_either(
    guarded_port: int, guarded_strict_server: ServerProcess, route: Route
):
    _assert_refused_to_foreign_pages(guarded_port, guarded_strict_server.me, route)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, ServerProcess]]:
    """Servers with objects for all writes, which tests may change; True: in accounts mode."""
    folder = tmp_path_factory.mktemp("furnished")
    with (
        ServerProcess(folder / "open") as opened,
        ServerProcess(folder / "accounts", "--access", "accounts") as guarded,
    ):
        furnish(opened)
        furnish(guarded)
        yield {False: opened, True: guarded}


@pytest.mark.parametrize(
    ("route", "guarded"),
    [
        (route, guarded)
        for route in WRITES
        for guarded in (False, True)
        if route.blueprint not in (OPEN_ONLY if guarded else ACCOUNTS_ONLY)
    ],
    ids=str,
)
def test_own_pages_and_api_clients_may_write(furnished: dict[bool, ServerProcess], route: Route, guarded: bool):
    server = furnished[guarded]

    def changes(templates: list[str]) -> None:
        things = _things(server, route)
        who = _another_browser(server) if route.endpoint in ENDS_ME else server.me
        answer = _write(server.port, who, route, _headers(server.port, templates), **things)
        assert answer.status in {200, 201, 202, 204, 303}, answer.raw

    names = OWN if route in FIRST_WRITES else FEW_OWN[guarded]
    check_each([(name, OWN[name]) for name in names], changes)


def _things(server: ServerProcess, route: Route) -> dict[str, object]:  # noqa: PLR0912 - a branch for each kind
    """Ids of new objects for a route, by the variables in its rule."""
    name, _, value = server.me.partition(": ")
    with httpx.Client(base_url=server.base, headers={name: value}, verify=False, trust_env=False) as client:

        def made(path: str, **fields: object) -> int:
            answer = client.post(path, json=fields)
            assert answer.status_code == 201, answer.text
            return int(answer.json()["id"])

        about = route.blueprint.removeprefix("front_")
        things: dict[str, object] = {}
        if (
            about in {"notes", "board_notes", "note_history", "board_note_history"}
            or "trash/<id:note_id>" in route.rule
        ):
            things["note_id"] = made("/api/notes", title="a", description=TASK)
        elif "job_id" in route.rule:
            things["job_id"] = (put_look if route.rule.endswith("/import") else put_failed_job)(client)
        elif route.rule.endswith(("/stop", "/retry")):
            things["message_id"] = made("/api/rooms/1/messages", author_id=1, content="@assistant") + 1  # the answer
            assert client.post(f"/api/messages/{things['message_id']}/stop").status_code == 200
        elif "message_id" in route.rule:
            things["message_id"] = made("/api/rooms/1/messages", author_id=1, content="a")
        elif route.blueprint in ADMINISTRATION:
            things["user_id"] = made("/api/users", name="New", email=None, nickname=f"new{next(NUMBERS)}")
        elif about == "boards" or "trash/<id:board_id>" in route.rule:
            things["board_id"] = made("/api/boards", name="a")
        elif route.endpoint in UPKEEP or route.blueprint == ROOM_SETTINGS:
            things["room_id"] = made("/api/rooms", name=f"Room {next(NUMBERS)}", closed=True)
        elif "label_id" in route.rule:
            things["label_id"] = made("/api/boards/4/labels", name=f"new {next(NUMBERS)}")
        elif "token_id" in route.rule:
            things["token_id"] = made("/api/me/tokens", name="a")
        elif "invitation_id" in route.rule:
            things["invitation_id"] = made("/api/invitations")
        elif "secret" in route.rule:
            things["secret"] = client.post("/api/invitations", json={}).json()["link"].rpartition("/")[2]
        elif "session_id" in route.rule:
            _another_browser(server)
            sessions = client.get("/api/me/sessions").json()
            things["session_id"] = next(session["id"] for session in sessions if not session["current"])
        elif route.endpoint in {"me.delete_preference", "me.clear_preferences"}:
            client.put("/api/me/preferences/theme", json=1)
        if route.endpoint.endswith("boards.remove_member"):
            things["user_id"] = 2
            client.put(f"/api/boards/{things['board_id']}/members/2", json={"role": "viewer"})
        if route.endpoint in {"rooms.remove_room_member", f"{ROOM_SETTINGS}.remove_member"}:
            things["user_id"] = 2
            client.put(f"/api/rooms/{things['room_id']}/members/2", json={"role": "member"})
        elif route.endpoint == "rooms.set_room_member":
            things["user_id"] = 2
        if (route.rule.endswith("/restore") and "history" not in route.rule) or "/trash/<" in route.rule:
            ((kind, number),) = things.items()
            deleted = client.delete(f"/api/{kind.removesuffix('_id')}s/{number}?author_id=1")
            assert deleted.status_code == 200, deleted.text
        if "trash/<id:note_id>" in route.rule:
            things["board_id"] = 1
    return things


def _another_browser(server: ServerProcess) -> str:
    """The header of another session of person 1; in open mode of no user."""
    if not server.in_accounts_mode:
        return NOBODY
    answer = httpx.post(f"{server.base}/api/sign-in", json=body_of("account.sign_in"), verify=False, trust_env=False)
    assert answer.status_code == 200, answer.text
    return f"Cookie: {COOKIE}={answer.cookies[cookie_at(server.base)]}"


@pytest.mark.parametrize("method", ["PUT", "TRACE", "PROPFIND", "MADE-UP"])
def test_unknown_methods_are_guarded_like_writes(port: int, method: str):
    answer = exchange(port, request("/api/notes", "Origin: https://evil.example", method=method))

    assert answer.status in {403, 405}


@pytest.mark.parametrize("templates", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_of_another_origin_cannot_open_a_websocket(port: int, templates: list[str]):
    data = websocket_request("/ws", *_headers(port, templates), host=f"127.0.0.1:{port}")
    answer = handshake(port, data)

    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"
    _assert_secure(answer)


@pytest.mark.parametrize("target", ["/ws", "/ws/1"])
@pytest.mark.parametrize("templates", FOREIGN.values(), ids=FOREIGN.keys())
def test_with_a_session_a_page_of_another_origin_cannot_open_a_websocket_either(
    guarded_port: int, guarded_strict_server: ServerProcess, templates: list[str], target: str
):
    me, host = guarded_strict_server.me, f"127.0.0.1:{guarded_port}"
    headers = _headers(guarded_port, templates)
    assert handshake(guarded_port, websocket_request(target, me, host=host)).status == 101

    assert handshake(guarded_port, websocket_request(target, me, *headers, host=host)).status == 403


@pytest.mark.parametrize("templates", OWN.values(), ids=OWN.keys())
def test_own_pages_and_api_clients_may_open_a_websocket(port: int, templates: list[str]):
    data = websocket_request("/ws", *_headers(port, templates), host=f"127.0.0.1:{port}")

    assert handshake(port, data).status == 101


@pytest.mark.parametrize("templates", FOREIGN.values(), ids=FOREIGN.keys())
def test_no_response_is_readable_by_another_origin(port: int, templates: list[str]):
    for target in ("/api/notes", "/front/notes", "/events?topics=none"):
        answer = exchange(port, request(target, *_headers(port, templates), host=f"127.0.0.1:{port}"))

        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_preflight_allows_nothing(port: int):
    asked = ["Origin: https://evil.example", "Access-Control-Request-Method: POST"]
    answer = exchange(port, request("/api/notes", *asked, method="OPTIONS"))

    assert not [name for name in answer.headers if name.startswith("access-control-")]


# Security headers.


def _assert_secure(answer: Answer, csp: str = CSP) -> None:
    assert answer.headers["content-security-policy"] == csp
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert {"no-store", "no-cache", "immutable"} & set(answer.headers["cache-control"].split(", "))
    assert answer.raw.lower().count(b"content-security-policy:") == 1
    assert "server" not in answer.headers


@pytest.mark.parametrize("route", [r for r in READS if r.endpoint != "live.stream_events"], ids=str)
def test_every_response_has_the_security_headers(port: int, me: str, route: Route):
    csp = DOCS_CSP if route.endpoint == "system.docs" else CSP
    plain = request(route.address, me)
    first, second = exchange(port, plain), exchange(port, plain)  # the second may be cached

    assert first.status < 400 or route.endpoint == "front_access.join"  # of an invalid link
    _assert_secure(first, csp)
    _assert_secure(second, csp)
    assert _names(first) == _names(second)
    _assert_secure(exchange(port, request(route.address, method="HEAD")), csp)
    _assert_secure(exchange(port, request(route.address, method="OPTIONS")), csp)
    refused = exchange(port, request(route.address, method="PROPFIND"))
    assert refused.status == 405
    _assert_secure(refused)


@pytest.mark.parametrize("path", ["/", "/front/notes", "/front/users", "/front/rooms/1", "/front/boards", "/api/me"])
def test_responses_with_data_are_not_stored_by_browsers(port: int, path: str):
    assert exchange(port, request(path)).headers["cache-control"] == "private, no-store"


def _names(answer: Answer) -> list[str]:
    return sorted(answer.headers)


@pytest.mark.parametrize("target", ["/api/notes", "/api/notes/1", "/static/css/style.css"])
def test_a_304_has_the_security_headers(port: int, target: str):
    tag = exchange(port, request(target)).headers["etag"]

    for _ in range(2):
        answer = exchange(port, request(target, f"If-None-Match: {tag}"))
        assert answer.status == 304
        _assert_secure(answer)


@pytest.mark.parametrize(
    "data",
    [
        request("/nothing"), request("/nothing", "Accept: text/html"), request("/api/notes/999"),
        request("/api/notes", JSON, method="POST", body=b"{"), request("/api/notes", JSON, method="POST", body=b"{}"),
        request("/api/notes", JSON, "Content-Length: 999999999", method="POST"),
        request("/front/notes", FORM, method="POST", body=b"title="),
        request("/api/notes", "Origin: null", method="POST"), request("/events?after=x"), request("/events?topics=x"),
        request("/events", method="HEAD"), request("/static/nothing"), request("?x"), request("/", host=".."),
        request("/api/notes", "Content-Length: 1", "Transfer-Encoding: chunked", method="POST", body=b"0\r\n\r\n"),
    ],
    ids=range(15),
)  # fmt: skip
def test_refusals_have_the_security_headers(port: int, data: bytes):
    _assert_secure(exchange(port, data))


@pytest.fixture
def stream_head(strict_server: ServerProcess) -> Iterator[Answer]:
    """The head of an event stream's response."""
    yield handshake(strict_server.port, request("/events"))


def test_an_event_stream_has_the_security_headers(stream_head: Answer):
    assert stream_head.status == 200
    _assert_secure(stream_head)


def test_pages_and_reads_set_no_cookie(port: int):
    for target in ("/", "/front/notes", "/api/notes", "/docs"):
        assert "set-cookie" not in exchange(port, request(target)).headers


def test_a_versioned_static_file_is_immutable_and_an_unversioned_one_is_not(port: int):
    page = exchange(port, request("/front/notes")).body.decode()
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    assert "immutable" in exchange(port, request(address)).headers["cache-control"]
    assert exchange(port, request("/static/-0000/css/style.css")).headers["cache-control"] == "no-cache"
    assert exchange(port, request("/static/css/style.css")).headers["cache-control"] == "no-cache"
