"""Firefox and WebKit, each started once, and windows without stored data for each test."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.browser import access
from tests.browser.conftest import serving
from tests.browser.engines import firefox, webkit
from tests.browser.engines.engine import Engine
from tests.browser.engines.window import Window
from tests.support.servers.server_process import ServerProcess

Browser = Callable[[], Engine]
# Messages of Firefox itself about a connection that a page closes or that the server refuses.
EXPECTED = re.compile("can’t establish a connection to the server|was interrupted while the page was loading")
BROWSERS = {"firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="package", params=BROWSERS)
def engine(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Opens windows of one of the browsers."""
    name = request.param
    if lacking := BROWSERS[name].missing():
        pytest.skip(f"no {name} here: {lacking}; `make browser` installs it where it may")
    if name == "firefox":
        with firefox.started() as bidi:
            yield lambda: firefox.Firefox.of_somebody(bidi)
    else:
        with webkit.started() as session:
            yield lambda: webkit.WebKit(session)


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of both browsers."""
    with serving("shared", tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="package")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The same in accounts mode; `root` administers it."""
    with serving("guarded", tmp_path_factory.mktemp("guarded"), "--access", "accounts") as server:
        access.arrive(server, access.setup_link(server), "root").close()
        yield server


@contextmanager
def opening_windows(engine: Browser) -> Iterator[Callable[[ServerProcess], Window]]:
    """Opens a window on a server; at the end, any console error and any exception is a failure."""
    opened: list[Engine] = []

    def opening(server: ServerProcess) -> Window:
        opened.append(engine())
        return Window(opened[-1], server.base)

    yield opening
    errors = [error for one in opened for error in one.errors if not EXPECTED.search(error)]
    for one in opened:
        one.close()
    assert errors == []


@pytest.fixture(scope="module", autouse=True)
def short_board(engine: Browser, shared_server: ServerProcess) -> Iterator[None]:
    """The next tests find the board empty."""
    yield
    with httpx.Client(base_url=shared_server.base, verify=False) as rest:
        ids = [note["id"] for note in rest.get("/api/notes").json()]
        if ids:  # a module's tests may run in several processes, and not each of them adds notes
            rest.post("/api/notes/bulk", json={"ids": ids, "change": {"deleted": True}}).raise_for_status()


@pytest.fixture
def open_window(engine: Browser) -> Iterator[Callable[[ServerProcess], Window]]:
    """The same, for one test."""
    with opening_windows(engine) as opening:
        yield opening


@pytest.fixture
def window(open_window: Any, shared_server: ServerProcess) -> Window:
    """A window on the module's server."""
    window: Window = open_window(shared_server)
    return window


@pytest.fixture
def board(window: Window) -> Window:
    """The same, on the board, live."""
    window.visit("/front/notes")
    return window


@pytest.fixture(scope="module")
def module_board(engine: Browser, shared_server: ServerProcess) -> Iterator[Window]:
    """A window on the board, live, for all tests of a module: each has notes and texts of its own."""
    with opening_windows(engine) as opening:
        window = opening(shared_server)
        window.visit("/front/notes")
        yield window
