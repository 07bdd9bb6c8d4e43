"""Every route of the application, so that a test that walks them forgets none."""

from pathlib import Path
from typing import NamedTuple

from werkzeug.routing import Rule

from quart_notes import create_app
from quart_notes.settings import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}
VALUES = {"note_id": "1", "path": "css/main.css", "build": "x"}  # something for each variable part of an address


class Route(NamedTuple):
    """A route: its name, its rule (`/api/notes/<id:note_id>`), a method, and an address that leads to it."""

    endpoint: str
    rule: str
    method: str
    address: str
    takes_json: bool

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def routes() -> list[Route]:
    """All routes but websockets, once for each method that is not implied by another."""
    app = create_app(Settings(data=Path("nowhere")))
    return [
        Route(
            rule.endpoint,
            rule.rule,
            method,
            _address(rule),
            hasattr(app.view_functions[rule.endpoint], "_quart_schema_request_schema"),
        )
        for rule in app.url_map.iter_rules()
        if not rule.websocket
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _address(rule: Rule) -> str:
    address = rule.rule
    for name in rule.arguments:
        for converter in ("", "id:", "path:"):
            address = address.replace(f"<{converter}{name}>", VALUES[name])
    assert "<" not in address, f"tests/routes.py has no value for {address}"
    return address


ROUTES = routes()
READS = [route for route in ROUTES if route.method == "GET"]
WRITES = [route for route in ROUTES if route.method not in SAFE]
JSON_ROUTES = [route for route in WRITES if route.takes_json]
FORM_ROUTES = [route for route in WRITES if route.rule.startswith("/front/")]
BODILESS = {"notes.delete_note", "notes.restore_note"}  # writes that read no body
