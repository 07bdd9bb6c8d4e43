"""What the tests share: a server process of their own, one per module where they do not disturb each other."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

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
