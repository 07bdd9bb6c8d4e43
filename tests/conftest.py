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
    """A server with note 1, whose log must stay free of errors over all tests of a module."""
    with ServerProcess(tmp_path_factory.mktemp("strict") / "data") as server:
        assert httpx.post(server.base + "/api/notes", json={"title": "the only one"}).status_code == 201
        yield server
        assert "Traceback" not in server.log, server.log
        assert "ERROR" not in server.log, server.log


@pytest.fixture
def port(strict_server: ServerProcess) -> Iterator[int]:
    """The strict server's port; the test must leave the board as it was."""
    before = board(strict_server.port)
    yield strict_server.port
    assert board(strict_server.port) == before, "something was stored"


def board(port: int) -> bytes:
    """The list of all notes, as it is sent."""
    answer = exchange(port, raw_request("/api/notes"))
    assert answer.status == 200
    return answer.body


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Closes the sockets of a test that failed, so that the next one is not blamed for them."""
    yield
    for connection in list(LEFT_OPEN):
        connection.close()
