"""An error with its file, its line and the lines around it, for pages and programs."""

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from quart import Response

from quart_notes.dev.failure import TOP
from quart_notes.errors import problem
from quart_notes.schemas.strict_json import dump
from quart_notes.web.error_handlers import wants_html

AROUND = 4  # lines shown before and after the line of the error
LINE_MAX = 400  # characters of a line that are shown
FILES = ("dev.js", "follow.js", "overlay.js", "swap.js", "typed.js", "overlay.css")  # files that a page requests
HERE = Path(__file__).parent


@dataclass(frozen=True)
class ErrorReport:
    """Why a page cannot be shown.

    title     a few words, for people: "The server does not start"; the rest is the result of `failure.describe`
    kind      the exception's name, e.g. "SyntaxError"; may be empty
    file      an absolute path, and `line` counted from 1; None without a position
    """

    title: str
    kind: str
    message: str
    file: str | None = None
    line: int | None = None

    @property
    def what(self) -> str:
        """One line: SyntaxError: invalid syntax."""
        return ": ".join(filter(None, (self.kind, self.message)))

    @property
    def where(self) -> str:
        """One line: quart_notes/app.py, line 12; empty without a position."""
        if self.file is None:
            return ""
        file = Path(self.file)
        return f"{file.relative_to(TOP) if file.is_relative_to(TOP) else file}, line {self.line}"

    def lines(self) -> list[tuple[int, str]]:
        """The lines around the error, with their numbers, as the file is now."""
        if self.file is None or self.line is None:
            return []
        try:
            text = Path(self.file).read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return []
        first = max(self.line - 1 - AROUND, 0)
        return [(number, line[:LINE_MAX]) for number, line in enumerate(text[first : self.line + AROUND], first + 1)]

    def shown(self) -> dict[str, Any]:
        """The data that `overlay.js` shows."""
        return {"title": self.title, "what": self.what, "where": self.where, "lines": self.lines(), "line": self.line}

    def response(self, status: int, code: str, root: str) -> Response:
        """The response to a request: a page for a browser, a problem for a program."""
        if wants_html():
            return Response(self.page(root), status, content_type="text/html; charset=utf-8")
        detail = ", at ".join(filter(None, (f"{self.title}: {self.what}", self.where)))
        return Response(dump(problem(status, code, detail)), status, content_type="application/problem+json")

    def page(self, root: str) -> str:
        """A page that shows it, with addresses below `root`."""
        environment = Environment(loader=FileSystemLoader(HERE), autoescape=True)
        return environment.get_template("error_page.html").render(error=self, root=root)


@dataclass(frozen=True)
class State:
    """The state that a page was made from, or would be made from now: a page with another state is out of date.

    run       names the process
    pages     number of changes to templates and scripts that it has seen
    build     names the content of all static files; empty: not known
    """

    run: str
    pages: int = 0
    build: str = ""
    error: ErrorReport | None = None

    def data(self) -> bytes:
        """As JSON on one line."""
        error = self.error and self.error.shown()
        return json.dumps({"run": self.run, "pages": self.pages, "build": self.build, "error": error}).encode()

    async def follow(self, response: Response, root: str) -> None:
        """Put the script that follows changes from this state on into a page; a fragment stays as it is."""
        state = html.escape(json.dumps({"run": self.run, "pages": self.pages, "build": self.build}))
        script = f'<script type="module" src="{html.escape(root)}/dev/dev.js" data-state="{state}"></script>'
        page = await response.get_data(as_text=True)
        response.set_data(page.replace("</head>", f"{script}</head>", 1))
