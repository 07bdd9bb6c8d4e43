"""Debian's Firefox over WebDriver BiDi, which it implements itself."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.browser.engines.engine import FORGET, Actions, EngineError, call, packed, site
from tests.support.servers.server_process import wait_for

FIREFOX = ("firefox-esr", "firefox")
STARTS = 60  # seconds for its start, on a busy machine
ANSWERS = 60  # seconds for a command
SIZE = {"width": 1280, "height": 800}
EVENTS = ["log.entryAdded"]
# A mouse, which a machine without a screen has not: it can hover (4) and point exactly (2).
PREFERENCES = {"ui.primaryPointerCapabilities": 6, "ui.allPointerCapabilities": 6}


class Bidi:
    """A session: commands in sequence, and the errors of each window.

    free   unused windows, each with its user context
    """

    def __init__(self, line: ClientConnection) -> None:
        self.errors: dict[str, list[str]] = {}
        self.free: list[tuple[str, str]] = []
        self._line = line
        self._sent = 0
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=EVENTS)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The response to a command."""
        self._sent += 1
        self._line.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            said = json.loads(self._line.recv(ANSWERS))
            if said["type"] == "event":
                self._hear(said["params"])
            elif said["type"] == "error":
                raise EngineError(f"{said['error']}: {said['message']}")
            else:
                answer: dict[str, Any] = said["result"]
                return answer

    def _hear(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error":
            self.errors.setdefault(entry["source"].get("context", ""), []).append(entry["text"])


class Firefox:
    """A window; see Engine."""

    def __init__(self, bidi: Bidi, person: str, window: str) -> None:
        self.errors = bidi.errors[window] = []
        self._bidi, self._person, self._window = bidi, person, window
        self._site = ""
        self._others: list[Firefox] = []

    @classmethod
    def of_somebody(cls, bidi: Bidi) -> "Firefox":
        """A window in a user context of its own."""
        if bidi.free:
            person, window = bidi.free.pop()
            bidi.send("browsingContext.activate", context=window)  # a field has the focus in the active window only
            return cls(bidi, person, window)
        return cls._new(bidi, bidi.send("browser.createUserContext")["userContext"])

    @classmethod
    def _new(cls, bidi: Bidi, person: str) -> "Firefox":
        window = bidi.send("browsingContext.create", type="window", userContext=person)["context"]
        bidi.send("browsingContext.setViewport", context=window, viewport=SIZE)
        return cls(bidi, person, window)

    def goto(self, url: str) -> None:
        """See Engine."""
        self._site = site(url, self._site)
        self._bidi.send("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def evaluate(self, function: str, *args: Any) -> Any:
        """See Engine."""
        called = self._called(call(function), {"type": "string", "value": packed(args)})
        return json.loads(called["value"])

    def _called(self, function: str, argument: dict[str, Any]) -> dict[str, Any]:
        target = {"context": self._window}
        answer = self._bidi.send(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[argument],
            target=target,
            awaitPromise=True,
            userActivation=False,
        )
        if answer["type"] == "exception":
            raise EngineError(answer["exceptionDetails"]["text"])
        found: dict[str, Any] = answer["result"]
        return found

    def perform(self, actions: Actions) -> None:
        """See Engine."""
        self._bidi.send("input.performActions", context=self._window, actions=list(actions))

    def choose(self, selector: str, file: Path) -> None:
        """See Engine."""
        field = self._called("css => document.querySelector(css)", {"type": "string", "value": selector})
        element = {"sharedId": field["sharedId"]}
        self._bidi.send("input.setFiles", context=self._window, element=element, files=[str(file)])

    def another(self) -> "Firefox":
        """See Engine."""
        self._others.append(self._new(self._bidi, self._person))
        return self._others[-1]

    def close(self) -> None:
        """See Engine."""
        for other in self._others:
            self._bidi.send("browsingContext.close", context=other._window)
        if self._site:
            self.goto(self._site)
            self.evaluate(FORGET)
            self._bidi.send("storage.deleteCookies", partition={"type": "context", "context": self._window})
        self._bidi.free.append((self._person, self._window))


def missing() -> str:
    """The program that it needs and that is not installed."""
    return "" if any(map(shutil.which, FIREFOX)) else f"none of {', '.join(FIREFOX)} is on the PATH"


@contextmanager
def started() -> Iterator[Bidi]:
    """A headless Firefox with a profile of its own."""
    found = next(filter(None, map(shutil.which, FIREFOX)))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        preferences = "".join(f"user_pref({json.dumps(name)}, {value});\n" for name, value in PREFERENCES.items())
        (Path(home) / "user.js").write_text(preferences, encoding="utf-8")
        command = [found, "--headless", "--no-remote", "--profile", home, "--remote-debugging-port", "0"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, env={**os.environ, "HOME": home}, stdout=quiet, stderr=quiet) as process:
            try:
                with connect(f"{_address(Path(home))}/session", max_size=None, open_timeout=STARTS) as line:
                    yield Bidi(line)
            finally:
                process.kill()


def _address(profile: Path) -> str:
    """The address on which it listens; it writes it to a file."""
    written = profile / "WebDriverBiDiServer.json"
    wait_for(lambda: written.exists() and written.read_text().endswith("}"), "Firefox listens", STARTS)
    place = json.loads(written.read_text())
    return f"ws://{place['ws_host']}:{place['ws_port']}"
