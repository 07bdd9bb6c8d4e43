"""The short way to a response, for a route that is called often: without Quart's context and routing.

A route that needs nothing but its validated JSON body registers with `add_fast_route`. `asgi_connections` then serves
valid requests of programs itself, with the same reader of bodies, the same shape and the same function. Any other
request, and every request of a page, goes to Quart's route, whose guards check it and which reports errors. Of the
280 µs of a small POST, Quart and quart-schema took 150.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

from pydantic import BaseModel, ValidationError
from quart import Blueprint, Response
from quart.blueprints import BlueprintSetupState

from quart_notes.core import Core
from quart_notes.domain.access import Caller
from quart_notes.errors import ProblemError, problem
from quart_notes.schemas.strict_json import dump, parse
from quart_notes.web.error_handlers import PROBLEM_TYPE, log_server_error, unexpected, with_request_id
from quart_notes.web.raw_headers import Fields
from quart_notes.web.security.authentication import cached_caller
from quart_notes.web.security.headers import NO_STORE

FAST_ROUTES = "quart_notes.brief"  # extension of the application: the fast routes, by method and path
JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
GUARDED_HEADERS = frozenset({b"origin", b"sec-fetch-site"})  # the guards check them: pages send them, programs do not

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


class FastResponse(NamedTuple):
    """A JSON response."""

    status: int
    headers: dict[str, str]
    body: bytes
    content_type: str = "application/json"

    def response(self) -> Response:
        """The same, for Quart."""
        return Response(self.body, self.status, self.headers, content_type=self.content_type)

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same, for ASGI."""
        headers = [(name.lower().encode(), value.encode()) for name, value in {**NO_STORE, **self.headers}.items()]
        return [(b"content-type", self.content_type.encode()), *headers]


Act = Callable[
    [Core, Caller, str, Any], Awaitable[FastResponse]
]  # of the services, the caller, the root path, the body


class FastRoute(NamedTuple):
    """The model of the body, and the function that serves it."""

    model: type[BaseModel]
    act: Act

    async def respond(
        self, core: Core, root: str, fields: Fields, body: bytes, *, secure: bool = False
    ) -> FastResponse | None:
        """The response; None when Quart has to serve the request."""
        who = try_fast(cached_caller, core, fields, root, secure=secure)
        data = try_fast(self._data, fields, body)
        if data is None or who is None or who.scope != "write":
            return None
        try:
            return await self.act(core, who, root, data)
        except ProblemError as error:
            log_server_error(error)
            document = problem(error.status, error.code, error.detail, error.errors, error.extra)
            return _failed(document, error.headers)
        except Exception as error:
            return _failed(unexpected(error), {})

    def _data(self, fields: Fields, body: bytes) -> BaseModel | None:
        if not GUARDED_HEADERS.isdisjoint(fields) or fields.get(b"content-type", b"").lower() not in JSON:
            return None
        try:
            return self.model.model_validate(parse(body))
        except (ProblemError, ValidationError):
            return None


def try_fast(find: Callable[P, T | None], *args: P.args, **named: P.kwargs) -> T | None:
    """The result of `find`; None when it raises anything: then Quart serves the request."""
    try:
        return find(*args, **named)
    except Exception:
        log.warning("The short way to a response failed; Quart serves the request", exc_info=True)
        return None


def _failed(document: dict[str, Any], headers: dict[str, str]) -> FastResponse:
    return FastResponse(
        document["status"], {**headers, "Cache-Control": "no-store"}, dump(with_request_id(document)), PROBLEM_TYPE
    )


def add_fast_route(blueprint: Blueprint, method: str, rule: str, model: type[BaseModel], act: Act) -> None:
    """Let `act` serve the valid requests of a blueprint's route, whose body is a `model`."""

    def register(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault(FAST_ROUTES, {})[method, f"{state.url_prefix or ''}{rule}"] = FastRoute(
            model, act
        )

    blueprint.record_once(register)
