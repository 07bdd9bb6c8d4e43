"""The interface of a browser: what WebDriver and WebDriver BiDi have in common."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

Actions = Sequence[dict[str, Any]]
# Arguments and results are JSON in both, so that neither protocol's own values are visible.
CALL = "json => JSON.stringify(({function})(...JSON.parse(json)) ?? null)"
# A page of the same site without a script. Firefox would show JSON in its own viewer.
BEFORE = "/static/css/style.css"
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class EngineError(Exception):
    """A command that failed: an exception in the page, or a page that is being unloaded."""


class Engine(Protocol):
    """One window of a browser.

    errors   exceptions in its pages and errors in its console, where the browser reports them
    """

    errors: list[str]

    def goto(self, url: str) -> None:
        """Open an address, and return once the page is loaded."""

    def evaluate(self, function: str, *args: Any) -> Any:
        """The result of a function in the page; arguments and result are JSON values."""

    def perform(self, actions: Actions) -> None:
        """Simulate input: WebDriver's actions, with trusted key and pointer events."""

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in a file input."""

    def another(self) -> "Engine":
        """Another window of the same browser profile."""

    def close(self) -> None:
        """Delete what the windows have stored; one is reused by the next test, which is much faster than a new one."""


def call(function: str) -> str:
    """A function of one JSON text that calls `function`."""
    return CALL.replace("{function}", function)


def packed(args: Sequence[Any]) -> str:
    """Arguments as that text."""
    return json.dumps(args)


def site(url: str, before: str) -> str:
    """The address of the page without a script on an address's site; `before` for an address without a site."""
    return str(httpx.URL(url).join(BEFORE)) if url.startswith("http") else before
