"""What the tests share: a server process of their own, one per module where they do not disturb each other."""

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
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import Json, person
from tests.support.clients.callers import PEOPLE
from tests.support.clients.delivery_paths import ROADS
from tests.support.clients.raw_connection import LEFT_OPEN
from tests.support.clients.signing_in import Counted
from tests.support.compiled_once import compile_once
from tests.support.requirements import changes_the_network, is_about_postgres, is_unit_test
from tests.support.routes import ACCOUNTS_ONLY, Route
from tests.support.servers import postgres
from tests.support.servers.dev_process import DevProcess
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.in_process import opened
from tests.support.servers.populated_server import Unchanged, furnish
from tests.support.servers.server_process import ServerProcess

LEFT_OUT = pytest.StashKey[list[str]]()  # tests of SQLite's own file, when it is not SQLite


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the tests run on."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="default: sqlite")
    parser.addoption(
        "--again",
        action="store_true",
        help="leave out what the other run had: what is on PostgreSQL whatever --database says",
    )
    parser.addoption(
        "--fast", action="store_true", help="only the tests that start no process, no browser and no application"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let everybody know, the servers in processes of their own too."""
    gc.disable()  # until all tests are collected: a third of that time, and nothing is found
    # No example has to be quick: a machine that is busy with other things is no fault of the code's.
    slow = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]
    hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("unhurried")
    compile_once()
    config.stash[LEFT_OUT] = []
    os.environ[postgres.VARIABLE] = config.getoption("database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about SQLite's file when it is not SQLite, and name it; and what --fast and --again say.

    Tests that change the network do not run beside a browser: they are in the run with --again.
    """
    unwanted: set[pytest.Item] = set()
    if config.getoption("--fast"):
        unwanted.update(item for item in items if not is_unit_test(item))
    if config.getoption("--again"):
        unwanted.update(item for item in items if is_about_postgres(item) and not changes_the_network(item))
    elif any("windows" in getattr(item, "fixturenames", ()) for item in items):
        unwanted.update(filter(changes_the_network, items))
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
    """Take over what a worker has left out; all of them collect the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name what was left out."""
    left_out = config.stash[LEFT_OUT]
    if left_out:
        terminalreporter.section(f"{len(left_out)} left out: they are about SQLite's file")
        for name in left_out:
            terminalreporter.line(name)


def pytest_unconfigure() -> None:
    """End the tests' PostgreSQL server."""
    postgres.close()


@pytest.fixture(scope="module", autouse=True)
def databases_of_a_module() -> Iterator[None]:
    """Drops those of a module's servers."""
    yield
    postgres.forget()


@pytest.fixture(autouse=True)
def databases_of_a_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drops those of a test's own data folders."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        postgres.forget(folder)


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


@pytest.fixture(params=ROADS)
def server_on_each_road(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """The same, once for each road that live events take."""
    with ServerProcess(tmp_path / "data", "--stream-road", request.param) as server:
        yield server


@pytest.fixture
async def api(shared_server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the module's server."""
    async with shared_server.client() as client:
        yield client


@pytest.fixture
async def fresh_api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of a server where nobody has been yet."""
    async with server.client() as client:
        yield client


@pytest.fixture
async def ada(api: httpx.AsyncClient) -> Json:
    """Somebody there, where nobody signs in."""
    return await person(api)


@pytest.fixture
async def own(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, and nothing on everybody's board."""
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
    """A server with note 1, people 1 and 2, message 1 by person 1 and board 4, whose log must stay free of errors."""
    yield from _strict(tmp_path_factory.mktemp("strict"))


@pytest.fixture(scope="module")
def guarded_strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The same in accounts mode; person 1 is its administrator."""
    yield from _strict(tmp_path_factory.mktemp("guarded"), "--access", "accounts")


@pytest.fixture
def strict_server(request: pytest.FixtureRequest) -> ServerProcess:
    """The strict server on which the test's route is at home: in open mode unless it is there in accounts mode only."""
    route = getattr(request.node, "callspec", None) and request.node.callspec.params.get("route")
    guarded = isinstance(route, Route) and route.blueprint in ACCOUNTS_ONLY
    server: ServerProcess = request.getfixturevalue("guarded_strict_server" if guarded else "open_strict_server")
    return server


@pytest.fixture
def me(strict_server: ServerProcess) -> str:
    """The header by which a request to the strict server is that of person 1."""
    return strict_server.me


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Unchanged]:
    """Holds that what is done within leaves a server's data as they were."""
    with closing(Unchanged()) as unchanged:
        yield unchanged


@pytest.fixture
def port(strict_server: ServerProcess, unchanged: Unchanged) -> Iterator[int]:
    """The strict server's port; the test must leave everything as it was."""
    with unchanged(strict_server):
        yield strict_server.port


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Closes the sockets of a test that failed, so that the next one is not blamed for them."""
    yield
    for connection in list(LEFT_OPEN):
        connection.close()


@pytest.fixture(scope="module")
def only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProcess]:
    """A copy of the project that `quart-notes dev` follows, for all tests of a module."""
    with DevProcess(tmp_path_factory.mktemp("project")) as process:
        yield process


@pytest.fixture
def dev(only: DevProcess) -> Iterator[DevProcess]:
    """The module's project, as it was when the test began."""
    yield only
    only.mend()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    """The server's parts in open mode, without a server; nobody works on answers and jobs."""
    async with opened(tmp_path / "data") as core:
        yield core


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOllama]:
    """What the assistant of a module's server asks."""
    with FakeOllama() as fake:
        yield fake


@pytest.fixture(scope="module")
def assisted_server(upstream: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose assistant asks `upstream`, with places for two answers, for all tests of a module."""
    folder = tmp_path_factory.mktemp("assistant") / "data"
    with ServerProcess(folder, "--ollama-url", upstream.url, "--assistant-answers", "2") as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A server in accounts mode within this process, with root, who administers, ada, bob and eve."""
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root", "ada", "bob", "eve")
        yield house


@pytest.fixture
async def full_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house with somebody of each role, where a test may change everything."""
    hash_quickly(monkeypatch)
    monkeypatch.setattr(Housekeeping, "start", lambda _: None)  # nobody else asks the database anything
    async with opened_house(tmp_path / "data") as house:
        await house.welcome(*PEOPLE, "somebody")
        await house.core.assistant.stop()  # it would change answers while a test looks whether anything was changed
        await house.core.import_runner.stop()  # and jobs
        yield house


@pytest.fixture
def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """What hashes passwords in the house, counted."""
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
    """Those of a PostgreSQL server that other modules do not use: it may be shaken."""
    made = postgres.Databases()
    yield made
    made.server.close()


@pytest.fixture
def url(databases: postgres.Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database of it."""
    yield databases.url(tmp_path)
    databases.forget(tmp_path)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the tests do: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()
    gc.enable()
