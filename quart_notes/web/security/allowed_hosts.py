"""The allowed host names: with DNS rebinding, a foreign name resolves to this server, and its pages have its origin."""

from functools import lru_cache

from quart import Quart, request

from quart_notes.core import Core
from quart_notes.errors import BadRequestError, MisdirectedError, ProblemError
from quart_notes.schemas.origins import host_in, in_hosts, origin_of
from quart_notes.web.context import core
from quart_notes.web.raw_headers import Fields, field_text, fields_in

HOST_CHECK = "quart_notes.hosts"  # extension of the application: checks whether a Host header names this server
CACHED_HOSTS = 256  # cached Host headers


def register(app: Quart) -> None:
    """Register the server's names."""
    parts: Core = app.extensions["quart_notes"]
    app.extensions[HOST_CHECK] = lru_cache(CACHED_HOSTS)(lambda host: _is_own_host(parts, host))


def _is_own_host(parts: Core, host: bytes | None) -> bool:
    if host is None:
        return True
    if parts.settings.access == "accounts" and not parts.settings.hosts:
        return True  # a foreign page has no user's cookies there
    found = host_in(host.decode("latin-1"))
    return found is not None and in_hosts(found.name, parts.settings.known_hosts)


def is_served(app: Quart, fields: Fields) -> bool:
    """Whether a request was meant for this server. Without a Host header (HTTP/1.0) it is from no browser."""
    served: bool = app.extensions[HOST_CHECK](fields.get(b"host"))
    return served


def not_served(app: Quart, fields: Fields) -> ProblemError:
    """Why a request is refused: its Host is another server's, or invalid."""
    if is_served(app, fields):
        return BadRequestError("The Host header names no host.")
    return MisdirectedError(
        "This server does not answer to that name. If it is yours, add the name to the setting hosts"
        " (QUART_NOTES_HOSTS), or use its address, such as 127.0.0.1."
    )


def require_served(app: Quart, fields: Fields) -> None:
    """MisdirectedError for a request with a foreign host name."""
    if not is_served(app, fields):
        raise not_served(app, fields)


def base_url() -> str:
    """The start of links to this server, for the caller; no slash at the end.

    It is `public_url`; without it the host of the request, which is an allowed one; without that the address at which
    the server listens.
    """
    settings = core().settings
    if settings.public_base is not None:
        return settings.public_base
    host = host_in(field_text(fields_in(request.scope), b"host"))
    if host is not None:
        return f"{origin_of(request.scheme, host)}{request.root_path}"
    name, port = request.scope.get("server") or ("", None)
    return f"{request.scheme}://{name}:{port}{request.root_path}" if port else request.root_path
