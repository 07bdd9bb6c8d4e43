"""What the tests share: a server process of their own, one per module where they do not disturb each other."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.feed_clients import LEFT_OPEN
from tests.raw_http import exchange
from tests.raw_http import request as raw_request
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of a module: they count on their own notes only."""
    with ServerProcess(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with an empty board, for one test."""
    with ServerProcess(tmp_path / "data") as server:
        yield server


@pytest.fixture(params=["direct", "send"])
def server_on_each_road(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """The same, once for each road that live events take."""
    with ServerProcess(tmp_path / "data", "--stream-road", request.param) as server:
        yield server


@pytest.fixture
async def api(shared_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the module's server."""
    async with shared_server.client() as client:
        yield client


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with note 1, people 1 and 2 and message 1 by person 1, whose log must stay free of errors."""
    with ServerProcess(tmp_path_factory.mktemp("strict") / "data") as server:
        furnish(server)
        yield server
        assert "Traceback" not in server.log, server.log
        assert "ERROR" not in server.log, server.log


@pytest.fixture
def port(strict_server: ServerProcess) -> Iterator[int]:
    """The strict server's port; the test must leave everything as it was."""
    before = everything(strict_server.port)
    yield strict_server.port
    assert everything(strict_server.port) == before, "something was stored"


def furnish(server: ServerProcess) -> None:
    """Put in what tests/routes.py speaks of, on a server that is empty."""
    with httpx.Client(base_url=server.base, verify=False, trust_env=False) as client:
        people = [
            {"name": f"Person {nickname}", "email": f"{nickname}@example.org", "nickname": nickname}
            for nickname in ("first", "second")
        ]
        made = [client.post("/api/notes", json={"title": "the only one"})]
        made += [client.post("/api/users", json=person) for person in people]
        made += [client.post("/api/rooms/1/messages", json={"author_id": 1, "content": "the first word"})]
    assert [(answer.status_code, answer.json()["id"]) for answer in made] == [(201, 1), (201, 1), (201, 2), (201, 1)]


def everything(port: int) -> list[bytes | str]:
    """All that is stored, as it is sent, and the newest event."""
    lists = ("notes", "users", "rooms?person_id=1", "rooms/1/messages", "messages", "users/1/unread")
    answers = [exchange(port, raw_request(f"/api/{name}")) for name in lists]
    assert {answer.status for answer in answers} == {200}
    return [*(answer.body for answer in answers), answers[-1].headers["last-event-id"]]


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Closes the sockets of a test that failed, so that the next one is not blamed for them."""
    yield
    for connection in list(LEFT_OPEN):
        connection.close()
