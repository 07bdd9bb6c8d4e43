"""The short way to a response, for routes that are called often: without Quart's context and routing.

A route that needs nothing but the ids in its path, its headers and its validated JSON body registers with
`add_fast_route`. `asgi_connections` then serves valid requests itself, with the same judges of origin and identity, the
same reader of bodies, the same shape and the same function. Any other request goes to Quart's route, which reports
errors. Of the 280 µs of a small POST, Quart and quart-schema took 150.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from pydantic import BaseModel, ValidationError
from quart import Blueprint, Quart, Response, request
from quart.blueprints import BlueprintSetupState

from quart_notes.core import Core
from quart_notes.domain.access import Caller
from quart_notes.domain.access_cache import Grant
from quart_notes.errors import ProblemError, problem
from quart_notes.schemas import MAX_ID
from quart_notes.schemas.event_ids import EventId
from quart_notes.schemas.strict_json import dump, parse
from quart_notes.web.context import core
from quart_notes.web.error_handlers import PROBLEM_TYPE, log_server_error, unexpected, with_request_id
from quart_notes.web.raw_headers import Fields, Header, fields_in
from quart_notes.web.security.authentication import cached_grant, caller, identify
from quart_notes.web.security.cross_origin import reject_cross_origin
from quart_notes.web.security.guards import require_writer
from quart_notes.web.security.headers import RAW_NO_STORE

FAST_ROUTES = "quart_notes.fast_routes"  # extension of the application: the fast routes, by method and shape of path
METHODS = frozenset({"POST", "PATCH"})
JSON_TYPE = (b"content-type", b"application/json")
PROBLEM_HEADERS = ((b"content-type", PROBLEM_TYPE.encode()), (b"cache-control", b"no-store"))
JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
ID = re.compile(r"(?<=/)[1-9][0-9]{0,18}(?![^/])")  # in a path; as web/url_converters
ID_VARIABLE = re.compile(r"<id:(\w+)>")  # in a rule

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


class FastRequest(NamedTuple):
    """A request without its body: the services, the grant of its caller, its headers, the application's root path."""

    core: Core
    grant: Grant
    fields: Fields
    root: str

    @property
    def caller(self) -> Caller:
        """Who sends it."""
        return self.grant.caller

    def visible(self, position: EventId) -> EventId:
        """A position in the log, as `visible_position` gives it."""
        if self.caller.trusted:
            return position
        return position.at_most(self.core.broadcaster.newest_of(self.grant.topics))


async def quart_request() -> FastRequest:
    """The request that Quart serves."""
    await caller()  # SignInRequiredError unless there is one
    return FastRequest(
        core(), await identify() or core().access_cache.anybody, fields_in(request.scope), request.root_path
    )


class FastResponse(NamedTuple):
    """A response; names of headers in lower case."""

    status: int
    headers: Sequence[Header]
    body: bytes

    def response(self) -> Response:
        """The same, for Quart."""
        return Response(self.body, self.status, {name.decode(): value.decode() for name, value in self.headers})


def json_response(status: int, body: bytes, *headers: Header) -> FastResponse:
    """A response of JSON, for its caller alone."""
    return FastResponse(status, (JSON_TYPE, *RAW_NO_STORE, *headers), body)


# Of the request, its body, and the ids in its path by name.
Act = Callable[..., Awaitable[FastResponse]]


class FastRoute(NamedTuple):
    """The model of the body, the function that serves it, and the ids in its path.

    given   ids that the path does not have, by name
    names   of those that it has, in their order
    """

    model: type[BaseModel]
    act: Act
    given: Mapping[str, int]
    names: tuple[str, ...]

    async def respond(
        self, parts: Core, root: str, fields: Fields, body: bytes, ids: Mapping[str, int], *, secure: bool = False
    ) -> FastResponse | None:
        """The response; None when Quart has to serve the request."""
        grant = try_fast(_grant, parts, fields, root, secure=secure)
        data = None if grant is None else try_fast(self._data, fields, body)
        if grant is None or data is None:
            return None
        try:
            return await self.act(FastRequest(parts, grant, fields, root), data, **ids)
        except ProblemError as error:
            log_server_error(error)
            document = problem(error.status, error.code, error.detail, error.errors, error.extra)
            return _failed(document, error.headers)
        except Exception as error:
            return _failed(unexpected(error), {})

    def _data(self, fields: Fields, body: bytes) -> BaseModel | None:
        if fields.get(b"content-type", b"").lower() not in JSON:
            return None
        try:
            return self.model.model_validate(parse(body))
        except (ProblemError, ValidationError):
            return None


def _grant(parts: Core, fields: Fields, root: str, *, secure: bool) -> Grant | None:
    """The cached grant of a caller who may ask for this change; None when the guards have to decide or refuse.

    Pages of other servers, which the setting `origins` may allow, need headers that only Quart's routes add.
    """
    if parts.settings.origins and b"origin" in fields:
        return None
    grant = cached_grant(parts, fields, root, secure=secure)
    if grant is None:
        return None
    try:
        reject_cross_origin(parts, fields, secure=secure)
        require_writer(grant)
    except ProblemError:
        return None
    return grant


def try_fast(find: Callable[P, T | None], *args: P.args, **named: P.kwargs) -> T | None:
    """The result of `find`; None when it raises anything: then Quart serves the request."""
    try:
        return find(*args, **named)
    except Exception:
        log.warning("The short way to a response failed; Quart serves the request", exc_info=True)
        return None


def _failed(document: dict[str, Any], headers: dict[str, str]) -> FastResponse:
    own = ((name.lower().encode(), value.encode()) for name, value in headers.items())
    return FastResponse(document["status"], (*PROBLEM_HEADERS, *own), dump(with_request_id(document)))


def find_fast_route(app: Quart, method: str, path: str) -> tuple[FastRoute, Mapping[str, int]] | None:
    """The fast route of a path below the root path, and its ids; None when there is none."""
    routes: dict[tuple[str, str], FastRoute] = app.extensions.get(FAST_ROUTES, {})
    route = routes.get((method, path))
    if route is not None and not route.names:
        return route, route.given
    route = routes.get((method, ID.sub("#", path)))
    if route is None:
        return None
    ids = [int(number) for number in ID.findall(path)]
    if len(ids) != len(route.names) or any(number > MAX_ID for number in ids):  # a path may have a # of its own
        return None
    return route, {**route.given, **dict(zip(route.names, ids, strict=True))}


def add_fast_route(blueprint: Blueprint, method: str, rule: str, model: type[BaseModel], act: Act) -> None:
    """Let `act` serve the valid requests of a blueprint's route, whose body is a `model`, at each of its addresses."""

    def register(state: BlueprintSetupState) -> None:
        path = f"{state.url_prefix or ''}{rule}"
        names = tuple(ID_VARIABLE.findall(path))
        routes = state.app.extensions.setdefault(FAST_ROUTES, {})
        routes[method, ID_VARIABLE.sub("#", path)] = FastRoute(model, act, dict(state.url_defaults), names)

    blueprint.record(register)
