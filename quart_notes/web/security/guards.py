"""The guard of each route: who may call it, checked before the route runs."""

from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import quote

from quart import Quart, Response, current_app, redirect, request, websocket
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.domain.access_cache import Grant
from quart_notes.errors import (
    ForbiddenError,
    NobodyChosenError,
    NotFoundError,
    SignInRequiredError,
)
from quart_notes.web.context import core
from quart_notes.web.error_handlers import wants_html
from quart_notes.web.raw_headers import fields_in
from quart_notes.web.security.allowed_hosts import require_served
from quart_notes.web.security.authentication import accounts_mode, identify
from quart_notes.web.security.cross_origin import reject_cross_origin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Requirement(Enum):
    """The requirement of a route for its caller; the domain checks each row."""

    NOTHING = auto()  # everybody, signed in or not
    LOOK = auto()  # an authenticated caller
    CHANGE = auto()  # an authenticated caller; a token must have the scope write
    BY_METHOD = auto()  # LOOK for GET, CHANGE for the rest
    SELF = auto()  # the same, and in open mode a chosen user
    ACCOUNT = auto()  # a user with a browser, in accounts mode: never a token
    PROFILE = auto()  # the same, and in open mode a chosen user
    ADMIN = auto()  # such a user who is an administrator


# By blueprint, and by single routes that differ from the rest of theirs. A route without an entry is refused.
REQUIREMENTS: Mapping[str, Requirement] = {
    "system": Requirement.NOTHING,
    "system.openapi": Requirement.LOOK,
    "system.asyncapi": Requirement.LOOK,
    "system.docs": Requirement.LOOK,
    "system.home": Requirement.LOOK,
    "static_files": Requirement.NOTHING,
    "dev": Requirement.NOTHING,  # exists under `quart-notes dev` only
    "notes": Requirement.BY_METHOD,
    "board_notes": Requirement.BY_METHOD,
    "note_history": Requirement.BY_METHOD,
    "board_note_history": Requirement.BY_METHOD,
    "boards": Requirement.BY_METHOD,
    "labels": Requirement.BY_METHOD,
    "trash": Requirement.BY_METHOD,
    "activity": Requirement.BY_METHOD,
    "users": Requirement.BY_METHOD,
    "administration": Requirement.ADMIN,
    "messages": Requirement.BY_METHOD,
    "rooms": Requirement.BY_METHOD,
    "search": Requirement.BY_METHOD,
    "assistant": Requirement.BY_METHOD,
    "assistant.open_room": Requirement.SELF,
    "jobs": Requirement.BY_METHOD,
    "transfers": Requirement.BY_METHOD,
    "board_transfers": Requirement.BY_METHOD,
    "live": Requirement.LOOK,
    "plain_text": Requirement.CHANGE,
    "me": Requirement.SELF,
    "notifications": Requirement.SELF,
    "me.whoami": Requirement.LOOK,
    "account": Requirement.ACCOUNT,
    "account.sign_in": Requirement.NOTHING,
    "invitations": Requirement.ACCOUNT,
    "front_notes": Requirement.BY_METHOD,
    "front_board_notes": Requirement.BY_METHOD,
    "front_note_history": Requirement.BY_METHOD,
    "front_board_note_history": Requirement.BY_METHOD,
    "front_bulk_changes": Requirement.BY_METHOD,
    "front_board_bulk_changes": Requirement.BY_METHOD,
    "front_boards": Requirement.BY_METHOD,
    "front_labels": Requirement.BY_METHOD,
    "front_trash": Requirement.BY_METHOD,
    "front_activity": Requirement.BY_METHOD,
    "front_search": Requirement.BY_METHOD,
    "front_transfers": Requirement.BY_METHOD,
    "front_jobs": Requirement.BY_METHOD,
    "front_users": Requirement.BY_METHOD,
    "front_administration": Requirement.ADMIN,
    "front_messages": Requirement.BY_METHOD,
    "front_rooms": Requirement.BY_METHOD,
    "front_room_messages": Requirement.BY_METHOD,
    "front_room_settings": Requirement.BY_METHOD,
    "front_assistant": Requirement.BY_METHOD,
    "front_inbox": Requirement.BY_METHOD,
    "front_me": Requirement.BY_METHOD,
    "front_access": Requirement.NOTHING,
    "front_access.accepted": Requirement.ACCOUNT,
    "front_account": Requirement.ACCOUNT,
    "front_account.account": Requirement.PROFILE,
    "front_account.change_profile": Requirement.PROFILE,
}


def requirement_of(endpoint: str) -> Requirement | None:
    """The requirement of a route; None without an entry."""
    return REQUIREMENTS.get(endpoint) or REQUIREMENTS.get(endpoint.rpartition(".")[0])


def register(app: Quart) -> None:
    """Check every request and websocket of the application."""
    app.before_request(_check_request)
    app.before_websocket(_check_websocket)


async def _check_request() -> Response | WerkzeugResponse | None:
    fields = fields_in(request.scope)
    require_served(current_app, fields)
    if request.method not in SAFE_METHODS:
        reject_cross_origin(core(), fields, secure=request.is_secure)
    if request.endpoint is None:
        return None  # there is no such route: it gets 404 or 405
    try:
        await _check_requirement(request.endpoint, changes=request.method not in SAFE_METHODS)
    except SignInRequiredError:
        if request.method in SAFE_METHODS and wants_html():
            return redirect(f"{request.root_path}/front/sign-in?next={quote(_current_path())}", 303)
        raise
    return None


async def _check_websocket() -> None:
    fields = fields_in(websocket.scope)
    require_served(current_app, fields)
    reject_cross_origin(core(), fields, secure=websocket.is_secure)
    if websocket.endpoint is not None:
        await _check_requirement(websocket.endpoint, changes=False)


async def _check_requirement(endpoint: str, *, changes: bool) -> None:
    need = requirement_of(endpoint)
    if need is None:
        raise ForbiddenError("This address has no rule of who may use it.")
    if need is Requirement.NOTHING:
        return
    grant = await identify()
    if not accounts_mode():
        _check_open_mode(need, grant)
        return
    if grant is None:
        raise SignInRequiredError("Sign in first.")
    by_token = grant.caller.token is not None
    if by_token and need in {Requirement.ACCOUNT, Requirement.PROFILE, Requirement.ADMIN}:
        raise ForbiddenError("This cannot be done with a token; sign in.")
    writes = need is Requirement.CHANGE or (need in {Requirement.BY_METHOD, Requirement.SELF} and changes)
    if writes:
        require_writer(grant)
    if need is Requirement.ADMIN and not grant.caller.admin:
        raise ForbiddenError("Only an administrator may do this.")


def require_writer(grant: Grant) -> None:
    """ForbiddenError for an API token that may only read."""
    if grant.caller.scope != "write":
        raise ForbiddenError("This token is read only.")


def _check_open_mode(need: Requirement, grant: Grant | None) -> None:
    if need in {Requirement.ACCOUNT, Requirement.ADMIN}:
        raise NotFoundError("This server has no accounts: it runs with --access open.")
    named = need is Requirement.SELF and "person_id" in request.args
    anonymous = grant is None or grant.caller.user is None
    if need in {Requirement.SELF, Requirement.PROFILE} and anonymous and not named:
        raise NobodyChosenError("Choose who you are first, on a page or with person_id.")


def _current_path() -> str:
    query = request.query_string.decode("ascii", "ignore")
    return request.path + (f"?{query}" if query else "")
