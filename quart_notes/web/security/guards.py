"""The guard of each route: who may call it, checked before the route runs."""

from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import quote

from quart import Quart, Response, current_app, redirect, request, websocket
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.domain.access_cache import Pass
from quart_notes.errors import (
    CrossOriginError,
    ForbiddenError,
    NobodyChosenError,
    NotFoundError,
    SignInRequiredError,
)
from quart_notes.web.context import core
from quart_notes.web.error_handlers import wants_page
from quart_notes.web.raw_headers import Fields, fields_in, text
from quart_notes.web.security.allowed_hosts import must_be_served
from quart_notes.web.security.authentication import accounts, identify
from quart_notes.web.security.cross_origin import is_own, listed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})  # none: the address was typed or bookmarked


class Need(Enum):
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
NEEDS: Mapping[str, Need] = {
    "system": Need.NOTHING,
    "system.openapi": Need.LOOK,
    "system.asyncapi": Need.LOOK,
    "system.docs": Need.LOOK,
    "system.home": Need.LOOK,
    "static_files": Need.NOTHING,
    "dev": Need.NOTHING,  # exists under `quart-notes dev` only
    "notes": Need.BY_METHOD,
    "board_notes": Need.BY_METHOD,
    "boards": Need.BY_METHOD,
    "users": Need.BY_METHOD,
    "administration": Need.ADMIN,
    "messages": Need.BY_METHOD,
    "rooms": Need.BY_METHOD,
    "assistant": Need.BY_METHOD,
    "assistant.open_room": Need.SELF,
    "jobs": Need.BY_METHOD,
    "transfers": Need.BY_METHOD,
    "board_transfers": Need.BY_METHOD,
    "live": Need.LOOK,
    "plain_text": Need.CHANGE,
    "me": Need.SELF,
    "me.whoami": Need.LOOK,
    "account": Need.ACCOUNT,
    "account.sign_in": Need.NOTHING,
    "invitations": Need.ACCOUNT,
    "front_notes": Need.BY_METHOD,
    "front_board_notes": Need.BY_METHOD,
    "front_boards": Need.BY_METHOD,
    "front_transfers": Need.BY_METHOD,
    "front_jobs": Need.BY_METHOD,
    "front_users": Need.BY_METHOD,
    "front_administration": Need.ADMIN,
    "front_messages": Need.BY_METHOD,
    "front_rooms": Need.BY_METHOD,
    "front_room_messages": Need.BY_METHOD,
    "front_assistant": Need.BY_METHOD,
    "front_me": Need.BY_METHOD,
    "front_access": Need.NOTHING,
    "front_access.accepted": Need.ACCOUNT,
    "front_account": Need.ACCOUNT,
    "front_account.account": Need.PROFILE,
    "front_account.change_profile": Need.PROFILE,
}


def need_of(endpoint: str) -> Need | None:
    """The requirement of a route; None without an entry."""
    return NEEDS.get(endpoint) or NEEDS.get(endpoint.rpartition(".")[0])


def register(app: Quart) -> None:
    """Check every request and websocket of the application."""
    app.before_request(_judge_request)
    app.before_websocket(_judge_websocket)


async def _judge_request() -> Response | WerkzeugResponse | None:
    fields = fields_in(request.scope)
    must_be_served(current_app, fields)
    if request.method not in SAFE_METHODS:
        _refuse_foreign(fields, secure=request.is_secure)
    if request.endpoint is None:
        return None  # there is no such route: it gets 404 or 405
    try:
        await _judge(request.endpoint, changes=request.method not in SAFE_METHODS)
    except SignInRequiredError:
        if request.method in SAFE_METHODS and wants_page():
            return redirect(f"{request.root_path}/front/sign-in?next={quote(_here())}", 303)
        raise
    return None


async def _judge_websocket() -> None:
    fields = fields_in(websocket.scope)
    must_be_served(current_app, fields)
    _refuse_foreign(fields, secure=websocket.is_secure)
    if websocket.endpoint is not None:
        await _judge(websocket.endpoint, changes=False)


async def _judge(endpoint: str, *, changes: bool) -> None:
    need = need_of(endpoint)
    if need is None:
        raise ForbiddenError("This address has no rule of who may use it.")
    if need is Need.NOTHING:
        return
    passed = await identify()
    if not accounts():
        _judge_open(need, passed)
        return
    if passed is None:
        raise SignInRequiredError("Sign in first.")
    by_token = passed.caller.token is not None
    if by_token and need in {Need.ACCOUNT, Need.PROFILE, Need.ADMIN}:
        raise ForbiddenError("This cannot be done with a token; sign in.")
    writes = need is Need.CHANGE or (need in {Need.BY_METHOD, Need.SELF} and changes)
    if writes and passed.caller.scope != "write":
        raise ForbiddenError("This token is read only.")
    if need is Need.ADMIN and not passed.caller.admin:
        raise ForbiddenError("Only an administrator may do this.")


def _judge_open(need: Need, passed: Pass | None) -> None:
    if need in {Need.ACCOUNT, Need.ADMIN}:
        raise NotFoundError("This server has no accounts: it runs with --access open.")
    named = need is Need.SELF and "person_id" in request.args
    if need in {Need.SELF, Need.PROFILE} and (passed is None or passed.caller.person is None) and not named:
        raise NobodyChosenError("Choose who you are first, on a page or with person_id.")


def _here() -> str:
    query = request.query_string.decode("ascii", "ignore")
    return request.path + (f"?{query}" if query else "")


def _refuse_foreign(fields: Fields, *, secure: bool) -> None:
    """Refuse changes and streams for pages of another origin; programs send no Origin and pass.

    source   https://www.w3.org/TR/fetch-metadata/, RFC 6455, 10.2
    """
    if listed(core(), fields, secure=secure) is not None:
        return
    if b"sec-fetch-site" in fields and text(fields, b"sec-fetch-site").strip().lower() not in OWN_SITES:
        raise CrossOriginError("This was sent by a page of another site.")
    if b"origin" in fields and not is_own(core(), fields, secure=secure):
        raise CrossOriginError("This was sent by a page of another origin.")
