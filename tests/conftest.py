"""Shared fixtures: a server process of its own, one for each module where tests do not affect each other."""

import gc
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from quart_notes.background.housekeeping import Housekeeping
from quart_notes.core import Core
from quart_notes.domain import passwords
from tests.support.accounts_app import House, furnished_house, hash_quickly, welcome_four
from tests.support.api_fixtures import Json, person
from tests.support.clients.callers import welcome_all_roles
from tests.support.clients.delivery_paths import DELIVERY_PATHS
from tests.support.clients.raw_connection import LEFT_OPEN
from tests.support.clients.signing_in import Counted
from tests.support.compiled_once import compile_once
from tests.support.requirements import is_about_postgres, is_unit_test, uses_the_database
from tests.support.routes import ACCOUNTS_ONLY, Route
from tests.support.servers import postgres
from tests.support.servers.dev_process import DevProcess
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.in_process import opened
from tests.support.servers.populated_server import Unchanged, furnish
from tests.support.servers.server_process import ServerProcess

LEFT_OUT = pytest.StashKey[list[str]]()  # tests of SQLite's own file, when the database is not SQLite


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the test run: its database, and which tests to run."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite")
    parser.addoption(
        "--again",
        action="store_true",
        help="leave out what the other run had: tests that need PostgreSQL in both runs, and tests without a database",
    )
    parser.addoption(
        "--fast", action="store_true", help="only the tests that start no process, no browser and no application"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Publish the chosen database to all processes, the servers' too."""
    gc.disable()  # until all tests are collected: it takes a third of that time, and finds nothing
    # No example has a deadline: a busy machine is not a fault of the code.
    slow = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]
    hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("unhurried")
    compile_once()
    config.stash[LEFT_OUT] = []
    os.environ[postgres.VARIABLE] = config.getoption("database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of SQLite's file on another database, and those that --fast and --again exclude."""
    unwanted: set[pytest.Item] = set()
    if config.getoption("--fast"):
        unwanted.update(item for item in items if not is_unit_test(item))
    if config.getoption("--again"):
        unwanted.update(item for item in items if is_about_postgres(item) or not uses_the_database(item))
    if unwanted:
        items[:] = [item for item in items if item not in unwanted]
        config.hook.pytest_deselected(items=list(unwanted))
    if postgres.chosen():
        left_out = [item for item in items if item.get_closest_marker("sqlite_only")]
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
        config.stash[LEFT_OUT] = sorted({item.nodeid.partition("[")[0] for item in left_out})
        if hasattr(config, "workeroutput"):
            config.workeroutput["left out"] = config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Record a worker's deselected tests; all workers collect the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Report what was left out."""
    left_out = config.stash[LEFT_OUT]
    if left_out:
        terminalreporter.section(f"{len(left_out)} left out: they are about SQLite's file")
        for name in left_out:
            terminalreporter.line(name)


def pytest_unconfigure() -> None:
    """Stop the tests' PostgreSQL server."""
    postgres.close()


@pytest.fixture(scope="module", autouse=True)
def databases_of_a_module() -> Iterator[None]:
    """Drops the databases of a module's servers."""
    yield
    postgres.forget()


@pytest.fixture(autouse=True)
def databases_of_a_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drops the databases of a test's own data folders."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        postgres.forget(folder)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of a module, which must not depend on each other's notes."""
    with ServerProcess(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with an empty board, for one test."""
    with ServerProcess(tmp_path / "data") as server:
        yield server


@pytest.fixture(params=DELIVERY_PATHS)
def server_on_each_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """The same, once for each delivery path of live events."""
    with ServerProcess(tmp_path / "data", "--stream-road", request.param) as server:
        yield server


@pytest.fixture
async def api(shared_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the module's server."""
    async with shared_server.client() as client:
        yield client


@pytest.fixture
async def fresh_api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of a server without users."""
    async with server.client() as client:
        yield client


@pytest.fixture
async def ada(api: httpx.AsyncClient) -> Json:
    """A user of the module's server in open mode."""
    return await person(api)


@pytest.fixture
async def own(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, with an empty shared board."""
    for note in (await api.get("/api/notes")).json():
        await api.delete(f"/api/notes/{note['id']}")
    return api


def _strict(folder: Path, *flags: str) -> Iterator[ServerProcess]:
    with ServerProcess(folder / "data", *flags) as server:
        furnish(server)
        yield server
        assert "Traceback" not in server.log, server.log
        assert "ERROR" not in server.log, server.log


@pytest.fixture(scope="module")
def open_strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with note 1, users 1 and 2, message 1 by user 1 and board 4, whose log must contain no errors."""
    yield from _strict(tmp_path_factory.mktemp("strict"))


@pytest.fixture(scope="module")
def guarded_strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The same in accounts mode; user 1 is its administrator."""
    yield from _strict(tmp_path_factory.mktemp("guarded"), "--access", "accounts")


@pytest.fixture
def strict_server(request: pytest.FixtureRequest) -> ServerProcess:
    """The strict server of the test's route: in open mode unless the route exists in accounts mode only."""
    route = getattr(request.node, "callspec", None) and request.node.callspec.params.get("route")
    guarded = isinstance(route, Route) and route.blueprint in ACCOUNTS_ONLY
    server: ServerProcess = request.getfixturevalue("guarded_strict_server" if guarded else "open_strict_server")
    return server


@pytest.fixture
def me(strict_server: ServerProcess) -> str:
    """The header that identifies a request to the strict server as that of user 1."""
    return strict_server.me


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Unchanged]:
    """Checks that a block leaves a server's data unchanged."""
    with closing(Unchanged()) as unchanged:
        yield unchanged


@pytest.fixture
def port(strict_server: ServerProcess, unchanged: Unchanged) -> Iterator[int]:
    """The strict server's port; the test must leave all data unchanged."""
    with unchanged(strict_server):
        yield strict_server.port


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Closes the sockets of a failed test, so that the next one is not blamed for them."""
    yield
    for connection in list(LEFT_OPEN):
        connection.close()


@pytest.fixture(scope="module")
def only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProcess]:
    """A copy of the project under `quart-notes dev`, for all tests of a module."""
    with DevProcess(tmp_path_factory.mktemp("project")) as process:
        yield process


@pytest.fixture
def dev(only: DevProcess) -> DevProcess:
    """The module's project, restored to its original state: before a test, as nobody needs it after the last."""
    only.mend()
    return only


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    """The services in open mode, without a server; neither answers nor jobs run."""
    async with opened(tmp_path / "data") as core:
        yield core


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOllama]:
    """The fake Ollama of a module's server."""
    with FakeOllama() as fake:
        yield fake


@pytest.fixture(scope="module")
def assisted_server(upstream: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose assistant uses `upstream`, with a limit of two concurrent answers, for all tests of a module."""
    folder = tmp_path_factory.mktemp("assistant") / "data"
    with ServerProcess(folder, "--ollama-url", upstream.url, "--assistant-answers", "2") as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """An application in accounts mode within this process, with root, the administrator, ada, bob and eve."""
    hash_quickly(monkeypatch)
    async with furnished_house(tmp_path / "data", welcome_four) as house:
        yield house


@pytest.fixture
async def full_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """An application with a user of each role, where a test may change everything."""
    hash_quickly(monkeypatch)
    monkeypatch.setattr(Housekeeping, "start", lambda _: None)  # no background queries
    async with furnished_house(tmp_path / "data", welcome_all_roles) as house:
        await house.core.assistant.stop()  # it would change responses during a comparison
        await house.core.import_runner.stop()  # and jobs
        house.core.reactions.on_unsent = lambda _: None  # its event would come during another request
        house.core.threads.on_unsent = lambda _: None  # as would that of a note
        yield house


@pytest.fixture
def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """The password hasher of the application, with its calls counted."""
    made = Counted()
    monkeypatch.setattr(passwords, "HASHER", made)
    return made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    mounted = (
        mounted
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def databases() -> Iterator[postgres.Databases]:
    """The databases of a PostgreSQL server of this module's own, which tests may disrupt."""
    made = postgres.Databases()
    yield made
    made.server.close()


@pytest.fixture
def url(databases: postgres.Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database of it."""
    yield databases.url(tmp_path)
    databases.forget(tmp_path)


def pytest_collection_finish() -> None:
    """Exclude long-lived objects from garbage collection: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()
    gc.enable()
