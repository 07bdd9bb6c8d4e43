"""Fixtures of the browser tests: one browser, its windows, servers, users."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import access, rooms
from tests.browser.assistant import Model
from tests.browser.board import create, fresh
from tests.browser.transfers import BATCHES
from tests.browser.windows import PATIENCE, Shelf, Windows, visit
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.reserved_ports import reserved_port
from tests.support.servers.server_process import ServerProcess

FOR_EVER = 1e6  # times the duration of a batch: a job pauses after its first batch
OFTEN = {"quart_notes.background.assistant.AVAILABILITY_TTL": 0.05}  # the model's availability is checked
# The headless shell draws no browser windows, which cost more than most of our pages.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # the sandbox works neither as root nor in most containers; the pages here are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Chromium uses the last of several such flags. First Playwright's own, then slow features: each window would load
    # the popups of its address bar, two invisible pages, and a new frame for each page costs a tenth of a visit.
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,RenderDocument",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium from the PATH."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(CHROMIUM)} is on the PATH")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shelf(browser: Browser) -> Iterator[Shelf]:
    """The windows of all tests."""
    shelf = Shelf(browser)
    yield shelf
    shelf.close()


@pytest.fixture(scope="package")
def module_shelf(browser: Browser) -> Iterator[Shelf]:
    """The windows that stay open for all tests of a module."""
    shelf = Shelf(browser)
    yield shelf
    shelf.close()


def serving(at: str, folder: Path, *flags: str, **options: Any) -> ServerProcess:
    """A server at the port of that name, whose scripts and styles the browser has cached."""
    return ServerProcess(folder / "data", *flags, port=reserved_port(at), **options)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of a module."""
    with serving("shared", tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with an empty board, for one test."""
    with serving("own", tmp_path) as server:
        yield server


@pytest.fixture
def windows(shelf: Shelf) -> Iterator[Windows]:
    """Opens windows, each in its own browser context unless `context` names another window's.

    An error in the console, an exception, a violation of the content security policy or a dialog fails the test.
    """
    yield from lent(shelf)


@pytest.fixture(scope="module")
def module_windows(module_shelf: Shelf) -> Iterator[Windows]:
    """The same, open for all tests of a module, where each leaves its window as the next one needs it."""
    yield from lent(module_shelf)


def lent(shelf: Shelf) -> Iterator[Windows]:
    """Opens windows of a pool; their errors are failures at the end."""
    yield shelf.open
    errors = list(shelf.errors)
    shelf.clear()
    assert errors == []


@pytest.fixture
def window(windows: Windows, shared_server: ServerProcess) -> Page:
    """A window on the board of the module's server, live."""
    return visit(windows(), shared_server)


@pytest.fixture(scope="module")
def module_window(module_windows: Windows, shared_server: ServerProcess) -> Page:
    """The same, for all tests of a module: it costs less than a window for each."""
    return visit(module_windows(), shared_server)


@pytest.fixture
def rest(shared_server: ServerProcess) -> Iterator[httpx.Client]:
    """A client of the module's server."""
    with httpx.Client(base_url=shared_server.base, timeout=20, verify=False) as client:
        yield client


@pytest.fixture
def notes(rest: httpx.Client) -> Iterator[list[Any]]:
    """Five new notes, as the board shows them."""
    made = [create(rest, fresh("selected")) for _ in range(5)][::-1]
    yield made
    for note in made:
        rest.delete(f"/api/notes/{note['id']}")


@pytest.fixture
def ada(rest: httpx.Client) -> Any:
    """A user of the module's server in open mode."""
    return rooms.person(rest, "ada")


@pytest.fixture
def bob(rest: httpx.Client) -> Any:
    """Another user."""
    return rooms.person(rest, "bob")


@pytest.fixture
def place(rest: httpx.Client) -> int:
    """A room that no other test uses."""
    return rooms.room(rest)


@pytest.fixture
def hers(windows: Windows, shared_server: ServerProcess, ada: Any, place: int) -> Page:
    """Ada's window with that room, live."""
    return rooms.enter(windows, shared_server, ada, place)


@pytest.fixture(scope="module")
def assisted_server(upstream: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose assistant uses `upstream` and often checks its availability, for all tests of a module."""
    folder = tmp_path_factory.mktemp("assistant")
    with serving("shared", folder, "--ollama-url", upstream.url, constants=OFTEN) as server:
        yield server


@pytest.fixture
def model(upstream: FakeOllama) -> Iterator[Model]:
    """Sets the answers of the assistant's model."""
    model = Model(upstream)
    yield model
    model.go()


@pytest.fixture
def own_room(rest: httpx.Client, ada: rooms.Person) -> int:
    """Ada's room with the assistant."""
    return int(rooms.created(rest.post(f"/api/assistant/room?person_id={ada['id']}"))["id"])


@pytest.fixture
def home(windows: Windows, shared_server: ServerProcess, ada: rooms.Person, own_room: int) -> Callable[..., Page]:
    """Opens that room as ada, in a new browser context."""

    def open_window(*, streamed: bool = False, **options: Any) -> Page:
        page = rooms.be(windows(**options), shared_server, ada)
        if streamed:
            rooms.block_websockets(page)
        return visit(page, shared_server, f"/front/rooms/{own_room}")

    return open_window


@pytest.fixture
def standing_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on which every job pauses after its first batch, which is small."""
    constants = {"quart_notes.background.import_runner.REST_FACTOR": FOR_EVER, **BATCHES}
    with serving("own", tmp_path, constants=constants) as server:
        yield server
        server.kill()


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in accounts mode, for all tests of a module; `root` administers it."""
    with serving("guarded", tmp_path_factory.mktemp("guarded"), "--access", "accounts") as server:
        access.arrive(server, access.setup_link(server), "root").close()
        yield server


@pytest.fixture(scope="module")
def root(guarded_server: ServerProcess) -> Iterator[httpx.Client]:
    """The administrator's client of the module's server in accounts mode."""
    with closing(access.signed_in(guarded_server, "root")) as client:
        yield client


@pytest.fixture(scope="module")
def settled(guarded_server: ServerProcess, root: httpx.Client) -> Iterator[Callable[[str], httpx.Client]]:
    """Returns the API client of a user with an account there, the same user for all tests of the module."""
    with ExitStack() as clients:
        known: dict[str, httpx.Client] = {}

        def find(nickname: str) -> httpx.Client:
            if nickname not in known:
                link = root.post("/api/invitations", json={}).json()["link"]
                known[nickname] = clients.enter_context(closing(access.arrive(guarded_server, link, nickname)))
            return known[nickname]

        yield find


@pytest.fixture
def known(
    guarded_server: ServerProcess, settled: Callable[[str], httpx.Client], windows: Windows
) -> Callable[[str], access.Member]:
    """Returns a user with an account there and windows, the same user for all tests of the module."""
    return lambda nickname: access.Member(guarded_server, settled(nickname), windows)


@pytest.fixture
def member(guarded_server: ServerProcess, root: httpx.Client, windows: Windows) -> Iterator[Callable[[str], Any]]:
    """Creates a new user with an account there."""
    with ExitStack() as clients:

        def invite(nickname: str) -> access.Member:
            link = root.post("/api/invitations", json={}).json()["link"]
            rest = clients.enter_context(closing(access.arrive(guarded_server, link, access.fresh(nickname))))
            return access.Member(guarded_server, rest, windows)

        yield invite
