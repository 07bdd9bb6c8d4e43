"""Servers on each delivery path of live events."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.servers.server_process import ServerProcess

DELIVERY_PATHS = ("direct", "send")
QUICK_HEARTBEAT: dict[str, float] = {  # a hundred times as fast
    "quart_notes.live.broadcaster.HEARTBEAT": 0.2,
    "quart_notes.live.outlets.PONG_TIMEOUT": 0.4,
    "quart_notes.server.transport.websocket.HEARTBEAT": 0.2,
    "quart_notes.server.transport.websocket.PONG_TIMEOUT": 0.4,
}


def shared_on_each_path(constants: dict[str, float] | None = None) -> Any:
    """A fixture: a server for all tests of a module, once for each delivery path."""

    @pytest.fixture(scope="module", params=DELIVERY_PATHS)
    def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
        folder = tmp_path_factory.mktemp("shared") / "data"
        with ServerProcess(folder, "--stream-road", request.param, constants=constants) as server:
            yield server
            assert "Traceback" not in server.log

    return shared


async def add(http: httpx.AsyncClient, title: str = "x", **more: str) -> httpx.Response:
    """Add a note."""
    answer = await http.post("/api/notes", json={"title": title, **more})
    assert answer.status_code == 201, answer.text
    return answer


def position(answer: httpx.Response) -> str:
    """The newest event that a response includes."""
    return str(answer.headers["last-event-id"])
