"""`quart-notes serve --workers N`, and which of its processes has a connection."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.clients.feed_clients import Edge, FeedClient, follow
from tests.support.servers.processes import children
from tests.support.servers.server_process import ServerProcess, wait_for

TRIES = 200  # connections made to reach a certain worker; the kernel distributes them at random


class WorkerServer(ServerProcess):
    """A server with several workers."""

    starts = 60.0

    def __init__(self, data: Path, *flags: str, workers: int = 3, **options: Any) -> None:
        super().__init__(data, "--workers", str(workers), *flags, **options)

    def workers(self) -> list[int]:
        """The workers' process ids."""
        return children(self.pid)

    def replaced(self, former: set[int]) -> None:
        """Return once one of these workers has ended and another one has started."""
        wait_for(lambda: len(set(self.workers()) - former) == 1, "another one is started")

    @contextmanager
    def client_of(self, worker: int, **options: Any) -> Iterator[httpx.Client]:
        """An HTTP client with a connection to that worker, which stays open while it is used."""
        for _ in range(TRIES):
            with httpx.Client(base_url=self.base, timeout=20, verify=False, trust_env=False, **options) as client:
                stream = client.get("/healthz").extensions["network_stream"]
                if self.worker_of(stream.get_extra_info("client_addr")[1]) == worker:
                    yield client
                    return
        raise AssertionError(f"none of {TRIES} connections came to worker {worker}")

    @contextmanager
    def clients(self, **options: Any) -> Iterator[dict[int, httpx.Client]]:
        """A client of each worker."""
        with ExitStack() as stack:
            yield {worker: stack.enter_context(self.client_of(worker, **options)) for worker in self.workers()}

    def worker_of(self, port: int) -> int:
        """The worker that has accepted the connection from that local port."""
        return self.workers_of([port])[0]

    def workers_of(self, ports: Sequence[int]) -> list[int]:
        """The same for several connections."""
        found: list[int] = []

        def taken() -> bool:
            inodes = _inodes(self.port)
            owners = {inode: worker for worker in self.workers() for inode in _sockets(worker)}
            found[:] = [owners[inode] for port in ports if (inode := inodes.get(port)) in owners]
            return len(found) == len(ports)

        wait_for(taken, "the workers take the connections")
        return found


def _inodes(local: int) -> dict[int, str]:
    """The inodes of the sockets that are connected at a local port, by the port of the other side."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = [row for row in rows if int(row[1].partition(":")[2], 16) == local]
    return {int(row[2].partition(":")[2], 16): row[9] for row in here}


def _sockets(process: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(entry.readlink()))
        except OSError:
            continue
        if match:
            found.add(match[1])
    return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WorkerServer]:
    """A server with three workers, for a test that kills some."""
    with WorkerServer(tmp_path / "data") as server:
        yield server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerServer]:
    """A server with three workers, for all tests here that do not change them."""
    with WorkerServer(tmp_path_factory.mktemp("workers") / "data") as server:
        yield server
        assert "Traceback" not in server.log, server.log
        assert "ERROR" not in server.log, server.log


@asynccontextmanager
async def readers(
    server: WorkerServer, edge: Edge, each: int, **options: Any
) -> AsyncIterator[dict[int, list[FeedClient]]]:
    """`each` readers at each worker; `options` as `follow` takes them."""
    async with AsyncExitStack() as stack:
        found: dict[int, list[FeedClient]] = {worker: [] for worker in server.workers()}
        while any(len(theirs) < each for theirs in found.values()):
            reader = await stack.enter_async_context(await follow(edge, server.port, **options))
            found[await asyncio.to_thread(server.worker_of, reader.connection.socket.getsockname()[1])].append(reader)
        yield found
