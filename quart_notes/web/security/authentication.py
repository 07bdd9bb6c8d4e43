"""Authenticates the caller: by a browser's session, a program's token, or, in open mode, by their choice."""

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
OPEN_BOARD = "board"  # preference: the board that a new browser of a user opens


class NoSessions(SecureCookieSessionInterface):
    """Quart's own sessions, which are not used: all requests share one empty session."""

    def __init__(self) -> None:
        self._none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        """The empty session."""
        return self._none


def _sent() -> Any:
    return request if has_request_context() else websocket


def accounts_mode() -> bool:
    """Whether people sign in here."""
    return core().settings.access == "accounts"


async def identify() -> Grant | None:
    """The caller's grant, or None; looked up once for each request.

    raises   SignInRequiredError for an invalid token, which a program must learn of
    """
    if "grant" not in g:
        g.grant = await _identify()
    grant: Grant | None = g.grant
    return grant


async def _identify() -> Grant | None:
    sent = _sent()
    found = credential(core(), fields_in(sent.scope), sent.root_path, secure=sent.is_secure)
    if found is None:
        return None
    if found.kind == "session":
        return await core().access_cache.session(found.secret, trusted=not accounts_mode())
    grant = await core().access_cache.token(found.secret)
    if grant is None:
        raise SignInRequiredError("This token is not valid.", headers={"WWW-Authenticate": "Bearer"})
    return grant


async def caller() -> Caller:
    """The caller. In accounts mode the guards have checked that there is one."""
    grant = await identify()
    if grant is not None:
        return grant.caller
    if accounts_mode():
        raise SignInRequiredError("Sign in first.")
    return ANYBODY


async def acting_as(person_id: int | None) -> Caller:
    """The caller; in open mode the user that they name.

    raises   ForbiddenError when they may not name another user; NotFoundError when there is no user of that id
    """
    who = await caller()
    if person_id is None or person_id == who.id:
        return who
    who.require_self(person_id)
    user, _ = await core().users.get(person_id)
    return Caller(user, trusted=True)


def cached_grant(parts: Core, fields: Fields, root: str = "", *, secure: bool) -> Grant | None:
    """The cached grant of the sender of these headers, for responses that bypass Quart's routing."""
    found = credential(parts, fields, root, secure=secure)
    if found is not None:
        return parts.access_cache.cached(found.kind, found.secret)
    return parts.access_cache.anybody if parts.settings.access == "open" else None


def visible_position(position: EventId) -> EventId:
    """The newest event up to a position in the log that the caller may receive: other events do not advance it.

    In open mode everybody may receive everything.
    """
    if not accounts_mode():
        return position
    grant: Grant | None = g.get("grant")
    return position.at_most(core().broadcaster.newest_of(PUBLIC if grant is None else grant.topics))


async def current_user() -> UserOut | None:
    """The caller's user; None in open mode when none was chosen."""
    grant = await identify()
    return None if grant is None else grant.caller.user


async def begin_session(response: Response, user_id: int | None, *, proven: bool) -> None:
    """Start a session of this user in the browser, with a new secret; its former session ends.

    So a secret that an attacker has planted in the browser is worthless (session fixation).
    """
    await _end_current()
    agent, address = request.headers.get("User-Agent", ""), client_address()
    board_id = await _last_board(user_id)
    secret = await core().sessions.start(user_id, agent, address, proven=proven, board_id=board_id)
    _delete_former(response, COOKIE)
    set_cookie(response, COOKIE, core().signing_key.sign("session", secret), LIFETIME.total_seconds())


async def _last_board(user_id: int | None) -> int:
    """The board that this user opened last, in any browser; it may be deleted."""
    values = {} if user_id is None else (await core().preferences.of_user(user_id))[0]
    board_id = values.get(OPEN_BOARD)
    return board_id if isinstance(board_id, int) and 1 <= board_id <= MAX_ID else SHARED_BOARD


async def end_session(response: Response) -> None:
    """End the browser's session, and clear its cache."""
    await _end_current()
    _delete(response, _cookie_scope().name(COOKIE))
    _delete_former(response, COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'  # of the pages that it was shown


async def _end_current() -> None:
    found = credential(core(), fields_in(request.scope), request.root_path, secure=request.is_secure)
    if found is not None and found.kind == "session":
        await core().sessions.end_secret(found.secret)


def remember_device(response: Response, user_id: int) -> None:
    """Mark the browser as one in which this user has signed in; each browser has its own mark."""
    mark = core().signing_key.sign("device", f"{user_id} {new_secret()}")
    set_cookie(response, DEVICE_COOKIE, mark, DEVICE_LIFE.total_seconds())


def known_device(user_id: int) -> str | None:
    """The browser's mark, if this user has signed in in it before."""
    read = core().signing_key.verify
    marks = cookie_values(DEVICE_COOKIE)
    return next((mark for mark in marks if (read("device", mark) or "").partition(" ")[0] == str(user_id)), None)


def cookie_values(stem: str) -> list[str]:
    """The values of a cookie of this server, under its name and its former one."""
    cookies = cookies_in(field_text(fields_in(request.scope), b"cookie"))
    return [value for name in _cookie_scope().names(stem) for value in cookies.getlist(name)]


def _cookie_scope() -> CookieScope:
    return CookieScope.of(fields_in(request.scope), request.root_path, secure=request.is_secure)


def _delete_former(response: Response, stem: str) -> None:
    """Delete the cookie that a former version of this server has set."""
    _, former = _cookie_scope().names(stem)
    if former in cookies_in(field_text(fields_in(request.scope), b"cookie")):
        _delete(response, former)


def _delete(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def set_cookie(response: Response, stem: str, value: str, seconds: float) -> None:
    """Set a cookie for this many seconds, for this server only and hidden from scripts."""
    name, secure = _cookie_scope().name(stem), request.is_secure
    response.set_cookie(name, value, int(seconds), path="/", httponly=True, samesite="Lax", secure=secure)
