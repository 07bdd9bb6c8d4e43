"""Debian's WebKitGTK, Safari's engine, over WebDriver."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.browser.engines.engine import FORGET, Actions, EngineError, call, packed, site
from tests.support.servers.server_process import wait_for

DRIVER = "WebKitWebDriver"
SCREEN = "Xvfb"  # it has no headless mode
SIZE = {"width": 1280, "height": 838}  # includes the toolbar: a page has 800
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver, "web element identifier"


class Session:
    """A browser: its windows, and commands to each of them.

    Closing a window can end the whole session, so unused windows are reused.
    """

    def __init__(self, driver: httpx.Client) -> None:
        made = driver.post("/session", json={"capabilities": {}}).json()["value"]
        self._driver = driver
        self._path = f"/session/{made['sessionId']}"
        self._current = ""
        self._free: list[str] = self.send("GET", "/window/handles")

    def send(self, method: str, path: str, window: str = "", **params: Any) -> Any:
        """The response to a command for one of the windows."""
        if window and window != self._current:
            self.send("POST", "/window", handle=window)
            self._current = window
        body = json.dumps(params) if method == "POST" else None
        value = self._driver.request(method, self._path + path, content=body).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise EngineError(f"{value['error']}: {value['message']}")
        return value

    def open(self) -> str:
        """A window."""
        return self._free.pop() if self._free else str(self.send("POST", "/window/new", type="window")["handle"])

    def release(self, window: str) -> None:
        """Make a window available for reuse."""
        self._free.append(window)


class WebKit:
    """A window; see Engine."""

    def __init__(self, session: Session) -> None:
        self.errors: list[str] = []  # WebDriver does not report it
        self._session = session
        self._window = session.open()
        self._site = ""
        self._others: list[WebKit] = []
        self._send("POST", "/window/rect", **SIZE)

    def _send(self, method: str, path: str, **params: Any) -> Any:
        return self._session.send(method, path, self._window, **params)

    def goto(self, url: str) -> None:
        """See Engine."""
        self._site = site(url, self._site)
        self._send("POST", "/url", url=url)

    def evaluate(self, function: str, *args: Any) -> Any:
        """See Engine."""
        script = f"return ({call(function)})(arguments[0])"
        return json.loads(self._send("POST", "/execute/sync", script=script, args=[packed(args)]))

    def perform(self, actions: Actions) -> None:
        """See Engine."""
        self._send("POST", "/actions", actions=list(actions))

    def choose(self, selector: str, file: Path) -> None:
        """See Engine."""
        field = self._send("POST", "/element", using="css selector", value=selector)[ELEMENT]
        self._send("POST", f"/element/{field}/value", text=str(file))

    def another(self) -> "WebKit":
        """See Engine."""
        self._others.append(WebKit(self._session))
        return self._others[-1]

    def close(self) -> None:
        """See Engine."""
        for other in self._others:
            other.close()
        if self._site:
            self.goto(self._site)
            self.evaluate(FORGET)
            self._send("DELETE", "/cookie")
        self._session.release(self._window)


def missing() -> str:
    """The program that it needs and that is not installed."""
    return ", ".join(f"{name} is not on the PATH" for name in (DRIVER, SCREEN) if not shutil.which(name))


@contextmanager
def started() -> Iterator[Session]:
    """A WebKit on a virtual screen of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, _screen() as display:
        surroundings = {"DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "HOME": home}
        surroundings |= {"XDG_RUNTIME_DIR": home, "WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LANGUAGE": "en"}
        port = _free_port()
        with subprocess.Popen([DRIVER, f"--port={port}"], env={**os.environ, **surroundings}) as process:
            try:
                wait_for(lambda: _listens(port), "WebKit's driver listens", 60)
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=False) as driver:
                    session = Session(driver)
                    yield session
                    session.send("DELETE", "")
            finally:
                process.terminate()


@contextmanager
def _screen() -> Iterator[str]:
    there, its = os.pipe()
    command = [SCREEN, "-displayfd", str(its), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[its], stderr=subprocess.DEVNULL) as process:
        os.close(its)
        try:
            with os.fdopen(there, encoding="ascii") as said:
                yield f":{said.readline().strip()}"
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
