"""Who asks: a browser's session, a program's token, or, in open mode, whom they choose to be."""

from typing import Any

from quart import Quart, Response, g, has_request_context, request, websocket
from quart.sessions import NullSession, SecureCookieSessionInterface
from quart.wrappers import BaseRequestWebsocket

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.domain.access_cache import PUBLIC, Grant
from quart_notes.domain.secret_tokens import new_secret
from quart_notes.domain.sessions import LIFETIME
from quart_notes.errors import SignInRequiredError
from quart_notes.schemas import MAX_ID, UserOut
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.context import core
from quart_notes.web.raw_headers import Fields, field_text, fields_in
from quart_notes.web.security.client_addresses import client_address
from quart_notes.web.security.credentials import COOKIE, DEVICE_COOKIE, CookieScope, cookies_in, credential

DEVICE_LIFE = LIFETIME
OPEN_BOARD = "board"  # the preference that says where a new browser of a person begins


class NoSessions(SecureCookieSessionInterface):
    """Quart's own sessions, which nobody uses here: the same empty one for all, not one for each request to keep."""

    def __init__(self) -> None:
        self._none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        """The empty one."""
        return self._none


def _sent() -> Any:
    return request if has_request_context() else websocket


def accounts_mode() -> bool:
    """Whether people sign in here."""
    return core().settings.access == "accounts"


async def identify() -> Grant | None:
    """The pass of the caller, or None; found once for each request.

    raises   SignInRequiredError for a token that does not hold: a program has to hear of it
    """
    if "passed" not in g:
        g.passed = await _identify()
    passed: Grant | None = g.passed
    return passed


async def _identify() -> Grant | None:
    sent = _sent()
    found = credential(core(), fields_in(sent.scope), sent.root_path, secure=sent.is_secure)
    if found is None:
        return None
    if found.kind == "session":
        return await core().access_cache.session(found.secret, trusted=not accounts_mode())
    passed = await core().access_cache.token(found.secret)
    if passed is None:
        raise SignInRequiredError("This token is not valid.", headers={"WWW-Authenticate": "Bearer"})
    return passed


async def caller() -> Caller:
    """Who asks. In accounts mode the guards have seen to it that there is somebody."""
    passed = await identify()
    if passed is not None:
        return passed.caller
    if accounts_mode():
        raise SignInRequiredError("Sign in first.")
    return ANYBODY


async def acting_as(person_id: int | None) -> Caller:
    """Who asks; in open mode whomever they name.

    raises   ForbiddenError when it is not for them to say; NotFoundError when there is nobody of that id
    """
    who = await caller()
    if person_id is None or person_id == who.id:
        return who
    who.require_self(person_id)
    person, _ = await core().users.get(person_id)
    return Caller(person, trusted=True)


def cached_grant(parts: Core, fields: Fields, root: str = "", *, secure: bool) -> Grant | None:
    """The pass of the sender of these headers, when it is at hand: for what is answered before Quart's routing."""
    found = credential(parts, fields, root, secure=secure)
    if found is not None:
        return parts.access_cache.cached(found.kind, found.secret)
    return parts.access_cache.anybody if parts.settings.access == "open" else None


def cached_caller(parts: Core, fields: Fields, root: str = "", *, secure: bool) -> Caller | None:
    """Who sends these headers, when it is at hand."""
    found = credential(parts, fields, root, secure=secure)
    if found is None:
        return ANYBODY if parts.settings.access == "open" else None
    passed = parts.access_cache.cached(found.kind, found.secret)
    return None if passed is None else passed.caller


def visible_position(position: EventId) -> EventId:
    """The newest event of what the caller may hear, up to a place in the log: what strangers do does not move it.

    In open mode everybody may hear everything.
    """
    if not accounts_mode():
        return position
    passed: Grant | None = g.get("passed")
    return position.at_most(core().broadcaster.newest_of(PUBLIC if passed is None else passed.topics))


async def current_user() -> UserOut | None:
    """The person who asks; None in open mode when nobody has been chosen."""
    passed = await identify()
    return None if passed is None else passed.caller.person


async def begin_session(response: Response, user_id: int | None, *, proven: bool) -> None:
    """Have the browser be a person from now on, under a new secret; the session that it had is over.

    A secret that somebody else may have planted in the browser is worth nothing afterwards.
    """
    await _end_current()
    agent, address = request.headers.get("User-Agent", ""), client_address()
    board_id = await _last_board(user_id)
    secret = await core().sessions.start(user_id, agent, address, proven=proven, board_id=board_id)
    _forget_former(response, COOKIE)
    set_cookie(response, COOKIE, core().signing_key.sign("session", secret), LIFETIME.total_seconds())


async def _last_board(user_id: int | None) -> int:
    """The board that this person opened last, in whatever browser; it may be gone."""
    values = {} if user_id is None else (await core().preferences.of_person(user_id))[0]
    wanted = values.get(OPEN_BOARD)
    return wanted if isinstance(wanted, int) and 1 <= wanted <= MAX_ID else SHARED_BOARD


async def end_session(response: Response) -> None:
    """Have the browser be nobody, and keep nothing that it was shown."""
    await _end_current()
    _delete(response, _place().name(COOKIE))
    _forget_former(response, COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'  # what the browser keeps of pages that were shown before


async def _end_current() -> None:
    found = credential(core(), fields_in(request.scope), request.root_path, secure=request.is_secure)
    if found is not None and found.kind == "session":
        await core().sessions.end_secret(found.secret)


def remember_device(response: Response, user_id: int) -> None:
    """Know the browser again as one in which this person has signed in; each has a mark of its own."""
    mark = core().signing_key.sign("device", f"{user_id} {new_secret()}")
    set_cookie(response, DEVICE_COOKIE, mark, DEVICE_LIFE.total_seconds())


def known_device(user_id: int) -> str | None:
    """The browser's mark, when this person has signed in in it before."""
    read = core().signing_key.verify
    marks = cookie_values(DEVICE_COOKIE)
    return next((mark for mark in marks if (read("device", mark) or "").partition(" ")[0] == str(user_id)), None)


def cookie_values(stem: str) -> list[str]:
    """What the browser sends of a cookie of this server, under its name and its former one."""
    cookies = cookies_in(field_text(fields_in(request.scope), b"cookie"))
    return [value for name in _place().names(stem) for value in cookies.getlist(name)]


def _place() -> CookieScope:
    return CookieScope.of(fields_in(request.scope), request.root_path, secure=request.is_secure)


def _forget_former(response: Response, stem: str) -> None:
    """Have a browser lose the cookie that a former version of this server gave it."""
    _, former = _place().names(stem)
    if former in cookies_in(field_text(fields_in(request.scope), b"cookie")):
        _delete(response, former)


def _delete(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def set_cookie(response: Response, stem: str, value: str, seconds: float) -> None:
    """Have the browser keep a value for this many seconds, for this server alone and no script."""
    name, secure = _place().name(stem), request.is_secure
    response.set_cookie(name, value, int(seconds), path="/", httponly=True, samesite="Lax", secure=secure)
