"""Who asks: a browser's session, a program's token, or, in open mode, whoever they choose to be."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from quart import Quart, Response, g, has_request_context, request, websocket
from quart.sessions import NullSession, SecureCookieSessionInterface
from quart.wrappers import BaseRequestWebsocket
from werkzeug.http import parse_cookie

from quart_notes.blueprints.client_addresses import client_address
from quart_notes.blueprints.context import core
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD, Caller
from quart_notes.domain.secrets import new_secret
from quart_notes.domain.sessions import LIFE
from quart_notes.errors import SignInRequiredError
from quart_notes.gate import Pass
from quart_notes.schemas import MAX_ID, UserOut
from quart_notes.signing import Signing

COOKIE = "quart_notes_session"
SECURE_COOKIE = "__Host-" + COOKIE  # only under https, and then no other host or path can set it
DEVICE_COOKIE = "quart_notes_device"
DEVICE_LIFE = LIFE
KEPT_COOKIES = 4096  # Cookie headers whose session is remembered
LONG_COOKIE = 2048  # bytes: a longer header is not remembered, nor answered by the short way
OPEN_BOARD = "board"  # the preference that says where a new browser of a person begins


class NoSessions(SecureCookieSessionInterface):
    """Quart's own sessions, which nobody uses here: the same empty one for all, not one for each request to keep."""

    def __init__(self) -> None:
        self._none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        """The empty one."""
        return self._none


def _headers() -> Any:
    return request.headers if has_request_context() else websocket.headers


def _cookies() -> Any:
    return request.cookies if has_request_context() else websocket.cookies


def accounts() -> bool:
    """Whether people sign in here."""
    return core().settings.access == "accounts"


async def identify() -> Pass | None:
    """The pass of whoever asks, or None; found once for each request.

    raises   SignInRequiredError for a token that does not hold: a program has to hear of it
    """
    if "passed" not in g:
        g.passed = await _identify()
    passed: Pass | None = g.passed
    return passed


async def _identify() -> Pass | None:
    authorization = _headers().get("Authorization")
    if authorization is not None and accounts() and not _is_for_a_proxy(authorization):
        kind, _, secret = authorization.partition(" ")
        passed = await core().gate.token(secret.strip()) if kind.lower() == "bearer" else None
        if passed is None:
            raise SignInRequiredError("This token does not hold.", headers={"WWW-Authenticate": "Bearer"})
        return passed
    secret = session_secret(_cookies(), secure=_is_secure())
    return None if secret is None else await core().gate.session(secret, trusted=not accounts())


def _is_for_a_proxy(authorization: str) -> bool:
    """Whether it is a password that a proxy in front has asked for, and a browser sends along with its cookie."""
    return authorization.partition(" ")[0].lower() == "basic"


def _is_secure() -> bool:
    return request.is_secure if has_request_context() else websocket.is_secure


def session_secret(cookies: Any, *, secure: bool) -> str | None:
    """The secret in the session's cookie, when this server has signed it.

    Under https only the cookie counts that no other host can have set.
    """
    return _secret_in(cookies, core().signing, secure=secure)


def _secret_in(cookies: Any, signing: Signing, *, secure: bool) -> str | None:
    signed = cookies.get(SECURE_COOKIE if secure else COOKIE)
    return signing.read("session", signed) if signed else None


@lru_cache(KEPT_COOKIES)
def _kept_secret(signing: Signing, cookie: bytes, secure: bool) -> str | None:
    """The same of a Cookie header, remembered: what it says and whether it is ours never changes."""
    return _secret_in(parse_cookie(cookie.decode("latin-1")), signing, secure=secure)


async def caller() -> Caller:
    """Who asks. In accounts mode the guards have seen to it that there is somebody."""
    passed = await identify()
    if passed is not None:
        return passed.caller
    if accounts():
        raise SignInRequiredError("Sign in first.")
    return ANYBODY


async def acting_as(person_id: int | None) -> Caller:
    """Who asks; in open mode whomever they name.

    raises   ForbiddenError when it is not for them to say; NotFoundError when there is nobody of that id
    """
    who = await caller()
    if person_id is None or person_id == who.id:
        return who
    who.must_be(person_id)
    person, _ = await core().people.get(person_id)
    return Caller(person, trusted=True)


def known_pass(parts: Core, headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> Pass | None:
    """The pass of whoever sends these headers, when it is at hand: for what is answered before Quart's routing."""
    cookie = b""
    for name, value in headers:
        if name == b"cookie":
            cookie = value
        elif name == b"authorization" and not _is_for_a_proxy(authorization := value.decode("latin-1")):
            kind, _, secret = authorization.partition(" ")
            return parts.gate.known("token", secret.strip()) if kind.lower() == "bearer" else None
    if not cookie or len(cookie) > LONG_COOKIE:
        return None
    session = _kept_secret(parts.signing, cookie, secure)
    return None if session is None else parts.gate.known("session", session)


def known_caller(parts: Core, headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> Caller | None:
    """Who sends these headers, when it is at hand; in open mode anybody will do."""
    if parts.settings.access == "open":
        return ANYBODY
    passed = known_pass(parts, headers, secure=secure)
    return None if passed is None else passed.caller


async def chosen_person() -> UserOut | None:
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
    secret = await core().sessions.begin(user_id, agent, address, proven=proven, board_id=board_id)
    _set(response, _session_cookie(), core().signing.sign("session", secret), LIFE.total_seconds())


async def _last_board(user_id: int | None) -> int:
    """The board that this person opened last, in whatever browser; it may be gone."""
    values = {} if user_id is None else (await core().preferences.of_person(user_id)).values
    wanted = values.get(OPEN_BOARD)
    return wanted if isinstance(wanted, int) and 1 <= wanted <= MAX_ID else SHARED_BOARD


async def end_session(response: Response) -> None:
    """Have the browser be nobody."""
    await _end_current()
    response.delete_cookie(_session_cookie(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'  # what the browser keeps of pages that were shown before


async def _end_current() -> None:
    secret = session_secret(request.cookies, secure=request.is_secure)
    if secret is not None:
        await core().sessions.end_secret(secret)


def remember_device(response: Response, user_id: int) -> None:
    """Know the browser again as one in which this person has signed in; each has a mark of its own."""
    mark = core().signing.sign("device", f"{user_id} {new_secret()}")
    _set(response, DEVICE_COOKIE, mark, DEVICE_LIFE.total_seconds())


def is_known_device(user_id: int) -> bool:
    """Whether this person has signed in in this browser before."""
    mark = core().signing.read("device", request.cookies.get(DEVICE_COOKIE, ""))
    return mark is not None and mark.partition(" ")[0] == str(user_id)


def _session_cookie() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE


def _set(response: Response, name: str, value: str, seconds: float) -> None:
    response.set_cookie(name, value, int(seconds), path="/", httponly=True, samesite="Lax", secure=request.is_secure)
