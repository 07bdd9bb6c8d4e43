"""The error responses of a route, derived from its method, its guard, its path and its input."""

from collections.abc import Callable, Collection
from typing import Any

from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, QUART_SCHEMA_REQUEST_ATTRIBUTE
from werkzeug.routing import Rule

from quart_notes.errors import (
    CATALOGUE,
    BadRequestError,
    ClientKeyUsedError,
    CrossOriginError,
    DatabaseUnavailableError,
    ForbiddenError,
    InvalidIfMatchError,
    InvalidJsonError,
    NobodyChosenError,
    NotFoundError,
    OverloadedError,
    ProblemError,
    RequestTimedOutError,
    SignInRequiredError,
    StaleVersionError,
    StorageFullError,
    TooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from quart_notes.web.security.guards import SAFE_METHODS, Requirement, requirement_of

Kinds = set[type[ProblemError]]
SERVER_ERROR = 500  # the lowest status of these

UNSAFE: Kinds = {SignInRequiredError, ForbiddenError, CrossOriginError, DatabaseUnavailableError}
WRITE: Kinds = {BadRequestError, OverloadedError, StorageFullError}
BODY: Kinds = {RequestTimedOutError, TooLargeError, ValidationFailedError}
JSON_BODY: Kinds = {InvalidJsonError, UnsupportedMediaTypeError}
# Errors of a body that was not taken in.
TRANSFER: Kinds = {RequestTimedOutError, TooLargeError, UnsupportedMediaTypeError}
ORDINARY: Kinds = {NotFoundError, *UNSAFE, *WRITE, *BODY, *JSON_BODY}


def route_problems(
    rule: Rule,
    route: Callable[..., Any],
    content_types: Collection[str],
    special: Collection[type[ProblemError]],
    *,
    writes: bool,
) -> list[type[ProblemError]]:
    """All error responses of a route, by status, in the order of the catalogue.

    content_types   of its body; none when it reads none
    special         those that the domain raises there
    """
    kinds = {*special, *_guard_problems(rule.endpoint), *_input_problems(route, content_types)}
    if rule.arguments:
        kinds.add(NotFoundError)
    if StaleVersionError in kinds:
        kinds.add(InvalidIfMatchError)
    if set(rule.methods or ()) - SAFE_METHODS:
        kinds |= UNSAFE | (WRITE if writes else set())
    return sorted(kinds, key=lambda kind: (documented_status(kind), kind.status, CATALOGUE.index(kind)))


def documented_status(kind: type[ProblemError]) -> str:
    """The status of an error in the document.

    The server's own errors are one response, and so are those of a body that could not be taken in: each route that
    reads one has all of them.
    """
    if kind in TRANSFER:
        return "4XX"
    return "5XX" if kind.status >= SERVER_ERROR else str(kind.status)


def problem_name(kinds: Collection[type[ProblemError]]) -> str:
    """The name of the error response for these kinds, which have one status.

    That of any operation that writes with a JSON body is named after the status, because most operations refer to it.
    """
    (status,) = {documented_status(kind) for kind in kinds}
    if {*kinds} == {kind for kind in ORDINARY if documented_status(kind) == status}:
        return status
    return "Or".join(kind.__name__.removesuffix("Error") for kind in kinds)


def _guard_problems(endpoint: str) -> Kinds:
    need = requirement_of(endpoint)
    if need is Requirement.NOTHING:
        return set()
    kinds: Kinds = {SignInRequiredError, DatabaseUnavailableError}
    if need in {Requirement.ACCOUNT, Requirement.ADMIN}:
        kinds |= {ForbiddenError, NotFoundError}
    if need is Requirement.SELF:
        kinds.add(NobodyChosenError)
    return kinds


def _input_problems(route: Callable[..., Any], content_types: Collection[str]) -> Kinds:
    query = getattr(route, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)
    body, _ = getattr(route, QUART_SCHEMA_REQUEST_ATTRIBUTE, (None, None))
    kinds: Kinds = set()
    if content_types:
        kinds |= BODY
    if "application/json" in content_types:
        kinds |= JSON_BODY
    if query:
        kinds.add(ValidationFailedError)
    if any("client_key" in model.model_fields for model in (query, body) if model):
        kinds.add(ClientKeyUsedError)
    return kinds
