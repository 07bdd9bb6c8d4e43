"""Reads the credentials of a request: one reader for every way to a response."""

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from werkzeug.datastructures import MultiDict
from werkzeug.sansio.http import parse_cookie

from quart_notes.core import Core
from quart_notes.domain.access_cache import Kind
from quart_notes.schemas.origins import PORTS, host_in
from quart_notes.storage.signing_key import SigningKey
from quart_notes.web.raw_headers import Fields, field_text
from quart_notes.web.security.cross_origin import listed

COOKIE = "quart_notes_session"
DEVICE_COOKIE = "quart_notes_device"
SECURE = "__Host-"  # begins a cookie's name under https, and then no other host or path can set it
SECURE_COOKIE = SECURE + COOKIE
CACHED_COOKIES = 4096  # Cookie headers whose session is cached
LONG_COOKIE = 2048  # bytes: a longer header is not cached


class Credential(NamedTuple):
    """A session's or a token's secret, as it was sent; the access cache says whether it is valid."""

    kind: Kind
    secret: str


class CookieScope(NamedTuple):
    """The address at which a browser uses the server, as far as it distinguishes cookies.

    Browsers share cookies between ports, and all have the path / (`__Host-` requires it). So port and prefix are in
    the name.
    """

    secure: bool
    port: int
    root: str

    @classmethod
    def of(cls, fields: Fields, root: str, *, secure: bool) -> "CookieScope":
        """From a request's headers, as trusted proxies have left them."""
        host = host_in(field_text(fields, b"host"))
        return cls(secure, (host and host.port) or PORTS["https" if secure else "http"], root)

    def name(self, stem: str) -> str:
        """The name of a cookie here."""
        prefix = f"_{blake2b(self.root.encode(), digest_size=4).hexdigest()}" if self.root else ""
        return f"{SECURE if self.secure else ''}{stem}_{self.port}{prefix}"

    def names(self, stem: str) -> tuple[str, str]:
        """The names by which one is read: its own, and the one of former versions, which lacked the port."""
        former = SECURE_COOKIE if self.secure and stem == COOKIE else stem
        return self.name(stem), former


def credential(parts: Core, fields: Fields, root: str, *, secure: bool) -> Credential | None:
    """The credential in the headers of a request, or None.

    A token takes precedence over a session. A page of another origin never gets the session of its viewer.
    """
    if b"authorization" in fields and parts.settings.access == "accounts":  # an empty one too: it is no session
        scheme, _, secret = field_text(fields, b"authorization").partition(" ")
        # Basic is for a proxy in front; a browser sends it along with its cookie.
        if scheme.lower() != "basic":
            return Credential("token", secret.strip() if scheme.lower() == "bearer" else "")
    if b"cookie" not in fields or listed(parts, fields, secure=secure) is not None:
        return None
    cookie = field_text(fields, b"cookie")
    names = CookieScope.of(fields, root, secure=secure).names(COOKIE)
    read = _secret_in if len(cookie) > LONG_COOKIE else _cached_secret
    session = read(parts.signing_key, cookie, names)
    return None if session is None else Credential("session", session)


@lru_cache(CACHED_COOKIES)
def _cached_secret(signing: SigningKey, cookie: str, names: tuple[str, ...]) -> str | None:
    """The same, cached: a header's secret and its signature never change."""
    return _secret_in(signing, cookie, names)


def _secret_in(signing: SigningKey, cookie: str, names: tuple[str, ...]) -> str | None:
    """The secret in the session's cookie, if this server has signed it."""
    cookies = cookies_in(cookie)
    sent = (signing.verify("session", value) for name in names for value in cookies.getlist(name))
    return next(filter(None, sent), None)


def cookies_in(cookie: str) -> MultiDict[str, str]:
    """The cookies of a Cookie header; bytes that are not UTF-8 invalidate their own cookie only."""
    return parse_cookie(cookie.encode("latin-1").decode("utf-8", "replace"))
