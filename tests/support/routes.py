"""Every route of the application, so that tests of all routes omit none."""

from pathlib import Path
from typing import Any, NamedTuple

from quart_notes import create_app
from quart_notes.settings import Settings

Json = dict[str, Any]
SAFE = {"GET", "HEAD", "OPTIONS"}
# A value for each variable of a rule; populated_server.furnish creates most of the objects.
VALUES = {
    **dict.fromkeys(("note_id", "user_id", "room_id", "message_id", "session_id", "token_id", "invitation_id"), "1"),
    "job_id": "1",
    "label_id": "1",
    "board_id": "4",  # after the shared board and those of two users
    "key": "theme",
    "secret": "a-link-that-never-was",
    "path": "css/style.css",
    "build": "x",
    "flag": "done",
    "emoji": "%F0%9F%91%8D",
    "action": "uncheck",
    "version": "1",
}
SHARED = {"board_id": "1"}  # for notes: note 1 is on the shared board
CLOSED_ROOM = {"room_id": "3", "user_id": "2"}  # for the upkeep of rooms: the lobby stays as it is
UPKEEP = {f"rooms.{name}_room" for name in ("update", "delete", "restore")} | {
    f"rooms.{name}" for name in ("list_room_members", "set_room_member", "remove_room_member")
}
ROOM_SETTINGS = "front_room_settings"
# Required queries.
QUERIES = {
    **dict.fromkeys(("messages.delete_message", "messages.restore_message"), "?author_id=1"),
    **dict.fromkeys(("messages.add_reaction", "messages.remove_reaction"), "?author_id=1"),
    "search.search": "?q=a",
}
# Writes that read no body.
BY_ADMINISTRATORS = ("deactivate", "activate", "make_admin", "unmake_admin", "make_member", "make_guest")
BODILESS = {
    *(
        f"{blueprint}.{name}"
        for blueprint in ("notes", "board_notes")
        for name in ("delete_note", "restore_note", "change_tasks", "open_thread")
    ),
    *(
        f"{blueprint}.{name}"
        for blueprint in ("note_history", "board_note_history")
        for name in ("restore_version", "delete_history")
    ),
    *("trash.delete_note_for_good", "trash.empty_trash", "trash.delete_board_for_good"),
    *("messages.delete_message", "messages.restore_message"),
    *("messages.add_reaction", "messages.remove_reaction"),
    *("rooms.delete_room", "rooms.restore_room", "rooms.remove_room_member"),
    *(
        "labels.delete_label",
        "boards.delete_board",
        "boards.restore_board",
        "boards.remove_member",
        "me.delete_preference",
        "me.clear_preferences",
    ),
    *("jobs.cancel_job", "jobs.retry_job", "jobs.import_job", "jobs.delete_job"),
    *("assistant.open_room", "assistant.stop_answer", "assistant.retry_answer"),
    *(f"administration.{name}" for name in BY_ADMINISTRATORS),
    *("account.sign_out", "account.end_one_session", "account.end_token", "invitations.take_back"),
}
TAKES_FILES = {  # whose body may have any type
    *("transfers.import_notes", "board_transfers.import_notes", "front_transfers.start_import")
}
ANY_JSON = {"me.set_preference"}  # whose body may be any JSON document
# Blueprints of accounts mode only; in open mode they respond 404.
ADMINISTRATION = {"administration", "front_administration"}
ACCOUNTS_ONLY = {"account", "invitations", "front_account", "front_access"} | ADMINISTRATION
OPEN_ONLY = {"front_me"}
NOBODY = "X-Nobody: yet"
# Signing in, signing out and choosing a user end the current session.
ENDS_ME = {
    *("account.sign_in", "account.sign_out", "front_me.choose_user"),
    *("front_access.signed_in", "front_access.signed_out", "front_access.joined"),
}
TASK = "- [ ] a task"  # the first line of note 1
PASSWORD = "correct horse battery"


def body_of(endpoint: str, number: int = 1) -> Json:
    """The body of a write, as JSON or as a form.

    It refers to note 1, users 1 and 2, room 1 and message 1 by user 1. Unique values differ with another number.
    """
    someone = {"name": f"Some Body {number}", "email": "some@body.example", "nickname": f"somebody{number}"}
    says = {"author_id": 1, "content": f"said {number}"}
    bodies: dict[str, Json] = {
        "users.create_user": someone,
        "messages.send_message": {**says, "recipient_id": 2},
        "messages.update_message": says,
        "messages.create_note_of_message": {"board_id": 1},
        "front_room_messages.make_note": {"client_key": f"key-of-form-{number}"},
        "front_room_messages.change_reaction": {"emoji": "👍"},
        "rooms.create_room": {"name": f"Room {number}"},
        "rooms.update_room": {"name": f"Room {number}"},
        f"{ROOM_SETTINGS}.save": {"name": f"Room {number} by form"},
        f"{ROOM_SETTINGS}.set_member": {"user_id": 2, "role": "member"},
        **{f"{ROOM_SETTINGS}.{name}": {} for name in ("archive", "unarchive", "close", "open_to_all")},
        **{f"{ROOM_SETTINGS}.{name}": {} for name in ("delete", "restore", "remove_member")},
        "rooms.set_room_member": {"role": "member"},
        "rooms.post_message": says,
        "rooms.notice_typing": {"author_id": 1},
        "rooms.mark_read": {"reader_id": 1, "message_id": 1},
        "rooms.set_level": {"reader_id": 1, "level": "everything"},
        "notifications.mark_notifications_read": {"up_to_id": 1},
        "front_rooms.set_level": {"level": "nothing"},
        "front_inbox.mark_read": {"up_to_id": 1},
        "front_me.choose_user": {"person_id": 1, "next": "/front/users"},
        "front_users.add": someone,
        "front_users.talk": {},
        "front_messages.send": {"recipient_id": 2, "content": f"said {number}"},
        **{f"front_{name}.change_tasks": {"task": f"1:{TASK}"} for name in ("notes", "board_notes")},
        **{f"front_{name}.move": {"to": "up"} for name in ("notes", "board_notes")},
        **{f"{name}.move_note": {"after_id": 9999} for name in ("notes", "board_notes")},
        **{f"{name}.change_notes": {"ids": [1], "change": {"pinned": True}} for name in ("notes", "board_notes")},
        **{f"front_{name}bulk_changes.change_notes": {"id": 1, "do": "pinned:true"} for name in ("", "board_")},
        "front_rooms.add": {"name": f"Room {number} by form"},
        "labels.create_label": {"name": f"Label {number}"},
        "labels.update_label": {"name": f"Label {number}", "colour": "red"},
        "boards.create_board": {"name": f"Board {number}"},
        "boards.update_board": {"name": f"Board {number}", "tick": "checklists"},
        "boards.set_member": {"role": "owner"},
        "me.set_preference": {"is": number},
        "me.change_profile": {"name": f"Some Body {number}"},
        "front_assistant.open_room": {},
        "front_assistant.stop": {},
        "front_assistant.retry": {},
        "account.sign_in": {"nickname": "first", "password": PASSWORD},
        "account.change_password": {"current": PASSWORD, "new": PASSWORD},
        "account.create_token": {"name": f"Token {number}", "scope": "read", "days": 9},
        "invitations.create_invitation": {"uses": 2, "days": 9},
        "front_boards.add": {"name": f"Board {number} by form"},
        "front_boards.save": {"name": f"Board {number} by form", "tick": "checklists"},
        "front_boards.set_member": {"user_id": 1, "role": "owner"},
        "front_boards.remove_member": {},
        "front_boards.invite": {"role": "editor", "uses": 1},
        "front_boards.delete": {},
        "front_labels.add": {"name": f"Label {number} by form"},
        "front_labels.save": {"name": f"Label {number} by form", "colour": "red"},
        "front_labels.delete": {},
        "front_boards.restore": {},
        **{f"front_{name}.see": {"at": "2026-01-31T09:30:00Z"} for name in ("notes", "board_notes")},
        "front_trash.delete_note": {},
        "front_trash.empty": {},
        "front_trash.delete_board": {},
        **{
            f"front_{blueprint}.{name}": {}
            for blueprint in ("note_history", "board_note_history")
            for name in ("restore_version", "delete_history")
        },
        "front_jobs.cancel": {},
        "front_jobs.retry": {},
        "front_jobs.import_after_dry_run": {},
        "front_jobs.remove": {},
        "front_account.end_other_sessions": {},
        "front_access.signed_in": {"nickname": "first", "password": PASSWORD, "next": "/front/users"},
        "front_access.signed_out": {},
        "front_access.accepted": {},
        "front_access.joined": {**someone, "password": PASSWORD},
        "front_account.change_profile": {"name": f"Some Body {number}"},
        "front_account.change_password": {"current": PASSWORD, "new": PASSWORD},
        "front_account.end_session": {},
        **{f"front_administration.{name}": {} for name in BY_ADMINISTRATORS},
        "front_account.add_token": {"name": f"Token {number}", "scope": "read", "days": 9},
        "front_account.end_token": {},
        "front_account.invite": {"uses": 2, "days": 9},
        "front_account.revoke_invitation": {},
    }
    blueprint, _, name = endpoint.partition(".")
    if name == "notice_editing":
        return {"author_id": 1}
    if name in {"tick_task", "add_task"}:
        return (
            {"line": 1, "source": TASK, "done": bool(number % 2)} if name == "tick_task" else {"text": f"task {number}"}
        )
    if blueprint.removeprefix("front_") in {"notes", "board_notes"} and endpoint not in bodies:
        return {"title": f"a note {number}"} | ({"done": "true"} if name == "set_flag" else {})
    if endpoint in TAKES_FILES:
        return {"notes": [{"title": f"a note of a file {number}"}]}
    if endpoint.startswith(("front_rooms.", "front_room_messages.")):
        return bodies.get(endpoint, {"content": f"said {number}"})
    assert endpoint in bodies, f"tests/support/routes.py has no body for {endpoint}"
    return bodies[endpoint]


class Route(NamedTuple):
    """A route: its name, its rule (`/api/notes/<id:note_id>`), a method, and a matching path."""

    endpoint: str
    rule: str
    method: str
    address: str
    takes_json: bool

    @property
    def blueprint(self) -> str:
        """The name of its blueprint."""
        return self.endpoint.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def at(self, **values: object) -> str:
        """The path of this route for other objects than those of `address`."""
        return _address(self.rule, self.endpoint, {**VALUES, **{name: str(value) for name, value in values.items()}})

    @property
    def elsewhere(self) -> str:
        """The path of this route for missing objects."""
        names = (
            "note_id",
            "user_id",
            "room_id",
            "message_id",
            "session_id",
            "token_id",
            "invitation_id",
            "job_id",
            "label_id",
        )
        return self.at(**dict.fromkeys(names, 999), board_id=999, key="gone")


def routes() -> list[Route]:
    """All routes except websockets, once for each method that another does not imply."""
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
    about_note = endpoint.removeprefix("front_").startswith(
        ("board_notes.", "board_note_history.", "board_bulk_changes.")
    )
    if about_note and values["board_id"] == VALUES["board_id"]:
        values = {**values, **SHARED}
    if (endpoint in UPKEEP or endpoint.startswith(ROOM_SETTINGS)) and values["room_id"] == VALUES["room_id"]:
        values = {**values, **CLOSED_ROOM}
    for name, value in values.items():
        for converter in ("", "id:", "path:", "flag:"):
            address = address.replace(f"<{converter}{name}>", value)
    assert "<" not in address, f"tests/support/routes.py has no value for {address}"
    return address + QUERIES.get(endpoint, "")


ROUTES = routes()
READS = [route for route in ROUTES if route.method == "GET"]
WRITES = [route for route in ROUTES if route.method not in SAFE]
JSON_ROUTES = [route for route in WRITES if route.takes_json]
FORM_ROUTES = [route for route in WRITES if route.rule.startswith("/front/")]
