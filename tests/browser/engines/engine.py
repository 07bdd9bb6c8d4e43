"""What a browser is asked for, whichever it is: the few things that WebDriver and WebDriver BiDi have in common."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

Actions = Sequence[dict[str, Any]]
# What is asked and what is answered goes as JSON in both, so that either protocol's own values never show.
CALL = "json => JSON.stringify(({function})(...JSON.parse(json)) ?? null)"
# A page of the same site that has no script. JSON would be shown by a viewer that Firefox has for it.
BEFORE = "/static/css/style.css"
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class EngineError(Exception):
    """A command that the browser refused: an exception in the page, or a page that is just going."""


class Engine(Protocol):
    """One window of a browser.

    errors   exceptions in its pages and errors in its console, where the browser tells of them
    """

    errors: list[str]

    def goto(self, url: str) -> None:
        """Open an address, and return once the page is loaded."""

    def evaluate(self, function: str, *args: Any) -> Any:
        """What a function in the page returns; values that JSON has go in and come out."""

    def perform(self, actions: Actions) -> None:
        """Have hands do something: WebDriver's actions, whose keys and pointer are real ones to the page."""

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in a field for files."""

    def another(self) -> "Engine":
        """One more window of the same person's browser."""

    def close(self) -> None:
        """Forget what the windows have stored; one is kept for the next test, which costs much less than a new one."""


def call(function: str) -> str:
    """A function of one JSON text that calls `function`."""
    return CALL.replace("{function}", function)


def packed(args: Sequence[Any]) -> str:
    """Arguments as that text."""
    return json.dumps(args)


def site(url: str, before: str) -> str:
    """Where the page is that has no script, for the site of an address; `before` for what is on no site."""
    return str(httpx.URL(url).join(BEFORE)) if url.startswith("http") else before
