"""Every route of the application, so that a test that walks them forgets none."""

from pathlib import Path
from typing import Any, NamedTuple

from quart_notes import create_app
from quart_notes.settings import Settings

Json = dict[str, Any]
SAFE = {"GET", "HEAD", "OPTIONS"}
# Something for each variable part of an address.
VALUES = {
    **dict.fromkeys(("note_id", "user_id", "room_id", "message_id"), "1"),
    "path": "css/main.css",
    "build": "x",
}
# What an address needs behind its question mark.
QUERIES = dict.fromkeys(("messages.delete_message", "messages.restore_message"), "?author_id=1")
ME = "Cookie: quart_notes_person=1"  # who asks, where a page wants to know
# Writes that read no body.
BODILESS = {"notes.delete_note", "notes.restore_note", "messages.delete_message", "messages.restore_message"}


def body_of(endpoint: str, number: int = 1) -> Json:
    """What a route that writes takes, as JSON or as a form.

    It speaks of note 1, of the people 1 and 2, of room 1 and of message 1, said by person 1. What must be new each time
    is so with another number.
    """
    someone = {"name": f"Some Body {number}", "email": "some@body.example", "nickname": f"somebody{number}"}
    says = {"author_id": 1, "content": f"said {number}"}
    bodies: dict[str, Json] = {
        "users.create_user": someone,
        "messages.send_message": {**says, "recipient_id": 2},
        "messages.update_message": says,
        "rooms.create_room": {"name": f"Room {number}"},
        "rooms.post_message": says,
        "rooms.notice_typing": {"author_id": 1},
        "rooms.mark_read": {"reader_id": 1, "message_id": 1},
        "front_me.be": {"person_id": 1, "next": "/front/users"},
        "front_users.add": someone,
        "front_users.talk": {},
        "front_messages.send": {"recipient_id": 2, "content": f"said {number}"},
        "front_rooms.add": {"name": f"Room {number} by form"},
    }
    if endpoint.startswith(("notes.", "front_notes.")):
        return {"title": f"a note {number}"} | ({"done": "true"} if endpoint == "front_notes.tick" else {})
    if endpoint.startswith(("front_rooms.", "front_room_messages.")):
        return bodies.get(endpoint, {"content": f"said {number}"})
    assert endpoint in bodies, f"tests/routes.py has no body for {endpoint}"
    return bodies[endpoint]


class Route(NamedTuple):
    """A route: its name, its rule (`/api/notes/<id:note_id>`), a method, and an address that leads to it."""

    endpoint: str
    rule: str
    method: str
    address: str
    takes_json: bool

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def at(self, **values: object) -> str:
        """An address of this route for other things than those of `address`."""
        return _address(self.rule, self.endpoint, {**VALUES, **{name: str(value) for name, value in values.items()}})


def routes() -> list[Route]:
    """All routes but websockets, once for each method that is not implied by another."""
    app = create_app(Settings(data=Path("nowhere")))
    return [
        Route(
            rule.endpoint,
            rule.rule,
            method,
            _address(rule.rule, rule.endpoint, VALUES),
            hasattr(app.view_functions[rule.endpoint], "_quart_schema_request_schema"),
        )
        for rule in app.url_map.iter_rules()
        if not rule.websocket
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _address(rule: str, endpoint: str, values: dict[str, str]) -> str:
    address = rule
    for name, value in values.items():
        for converter in ("", "id:", "path:"):
            address = address.replace(f"<{converter}{name}>", value)
    assert "<" not in address, f"tests/routes.py has no value for {address}"
    return address + QUERIES.get(endpoint, "")


ROUTES = routes()
READS = [route for route in ROUTES if route.method == "GET"]
WRITES = [route for route in ROUTES if route.method not in SAFE]
JSON_ROUTES = [route for route in WRITES if route.takes_json]
FORM_ROUTES = [route for route in WRITES if route.rule.startswith("/front/")]
