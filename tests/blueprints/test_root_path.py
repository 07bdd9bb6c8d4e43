"""Under a path prefix, as behind a proxy: every address has it, and no route exists without it."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.clients.raw_http import exchange, handshake, request, websocket_request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ServerProcess

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server under /notes with three notes."""
    with ServerProcess(tmp_path_factory.mktemp("prefixed") / "data", "--root-path", "/notes") as server:
        for _ in range(3):
            answer = exchange(server.port, request("/notes/api/notes", JSON, method="POST", body=b'{"title": "a"}'))
            assert answer.status == 201
        yield server.port
        assert "ERROR" not in server.log


@pytest.mark.parametrize("target", ["/notes", "/notes/", "http://localhost/notes/"])
def test_the_prefix_itself_redirects_to_the_board(prefixed: int, target: str):
    answer = exchange(prefixed, request(target))

    assert answer.status in {302, 307}
    assert answer.headers["location"] == "/notes/front/notes"


@pytest.mark.parametrize(
    "target", ["/", "/api/notes", "/notesx/api/notes", "/x/notes/api/notes", "/notes/notes/api/notes"]
)
def test_no_route_exists_without_the_prefix(prefixed: int, target: str):
    for _ in range(2):
        assert exchange(prefixed, request("/notes/api/notes")).status == 200  # cached from now on
        assert_problem(exchange(prefixed, request(target)), 404, "not_found")
    assert handshake(prefixed, websocket_request("/ws")).status == 404
    assert handshake(prefixed, websocket_request("/notes/ws")).status == 101


def test_every_address_in_a_response_has_the_prefix(prefixed: int):
    for _ in range(2):  # the second response is cached
        answer = exchange(prefixed, request("/notes/api/notes?limit=1"))
        assert answer.headers["link"].startswith("</notes/api/notes?")
    person = b'{"name": "Ada", "email": "ada@example.org", "nickname": "ada"}'
    message = b'{"author_id": 1, "content": "a"}'
    for path, body in (("notes", b'{"title": "b"}'), ("users", person), ("rooms/1/messages", message)):
        made = exchange(prefixed, request(f"/notes/api/{path}", JSON, method="POST", body=body))
        assert exchange(prefixed, request(made.headers["location"])).body == made.body
    chosen = exchange(prefixed, request("/notes/front/me", FORM, method="POST", body=b"person_id=1&next=/front/notes"))
    assert chosen.headers["location"] == "/notes/front/notes"
    assert "path=/;" in f"{chosen.headers['set-cookie'].lower()};"
    for what, body in (("", b"title=c"), ("/1/done", b"done=true"), ("/1/delete", b""), ("/1/restore", b"")):
        answer = exchange(prefixed, request(f"/notes/front/notes{what}", FORM, method="POST", body=body))
        assert answer.status == 303
        assert answer.headers["location"].startswith("/notes/front/notes")


@pytest.mark.parametrize("target", ["/notes/front/notes", "/notes/front/notes/1/edit", "/notes/docs", "/notes/nothing"])
def test_every_address_in_a_page_has_the_prefix(prefixed: int, target: str):
    page = exchange(prefixed, request(target, "Accept: text/html")).body.decode()

    addresses = re.findall(r"""(?:src|href|action)="(/[^"]*)\"""", page)
    assert addresses
    assert all(address.startswith("/notes/") for address in addresses), addresses
    assert 'data-root="/notes"' in page


def test_the_documents_name_the_prefix(prefixed: int):
    openapi = json.loads(exchange(prefixed, request("/notes/openapi.json")).body)
    asyncapi = json.loads(exchange(prefixed, request("/notes/asyncapi.json")).body)

    assert openapi["servers"] == [{"url": "/notes"}]
    assert "/api/notes" in openapi["paths"]
    assert all(server["pathname"] == "/notes" for server in asyncapi["servers"].values())
