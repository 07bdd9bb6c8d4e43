"""Renders every error once: as problem details for programs, as a page for a browser. Never a traceback."""

import logging
from typing import Any

from quart import Quart, Response, g, has_request_context, has_websocket_context, render_template, request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from quart_notes.errors import (
    FieldError,
    MisdirectedError,
    OverloadedError,
    ProblemError,
    SignInRequiredError,
    ValidationFailedError,
    problem,
)
from quart_notes.schemas.strict_json import dump
from quart_notes.web.fragments import wants_fragment
from quart_notes.web.inline_style import policy, with_style
from quart_notes.web.page_layout import shell
from quart_notes.web.request_ids import CURRENT

PROBLEM_TYPE = "application/problem+json"
CODES = {
    400: ("bad_request", "The request could not be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("request_timeout", "The request did not arrive in time."),
    413: ("too_large", "The request is larger than this address takes."),
    415: ("unsupported_media_type", "This address does not read that content type."),
    500: ("internal_error", "Something went wrong on the server. It has been logged."),
}
TEXT_FIELDS = ("title", "description", "content", "name")  # text fields of our forms
EXPECTED_STATUSES = {403, 404, 405, 409, 410, 412, 413, 415, 422}  # statuses whose pages may read rows
MAX_FIELD_ERRORS = 50  # a body with more wrong fields gets an error with the first of them

log = logging.getLogger(__name__)


def register(app: Quart) -> None:
    """Render every error of the application here."""
    app.register_error_handler(ProblemError, _problem)
    app.register_error_handler(RequestSchemaValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


async def _problem(error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - the registration says so
    body = problem(error.status, error.code, error.detail, error.errors, error.extra)
    log_server_error(error)
    return await _render(body, error.headers)


async def _invalid(error: Exception) -> Response:
    return await _problem(validation_problem(getattr(error, "validation_error", error)))


async def _http(error: Exception) -> Response:
    status = getattr(error, "code", None) or 500
    code, detail = CODES.get(status, ("bad_request", str(getattr(error, "name", "Error"))))
    allow = getattr(error, "valid_methods", None)
    return await _render(problem(status, code, detail), {"Allow": ", ".join(sorted(allow))} if allow else {})


async def _unexpected(error: Exception) -> Response:
    return await _render(unexpected(error), {})


def log_server_error(error: ProblemError) -> None:
    """Log errors that a client may ask about. Overload is left out: it comes by the thousand, with one cause."""
    if error.status >= 500 and not isinstance(error, OverloadedError):
        log.warning("Answered %d %s: %s", error.status, error.code, error.__cause__ or error.detail)


def with_request_id(body: dict[str, Any]) -> dict[str, Any]:
    """A problem; a server error has its request id, which the log's lines have too."""
    name = CURRENT.get()
    return {**body, "request_id": name} if body["status"] >= 500 and name else body


def unexpected(error: Exception) -> dict[str, Any]:
    """Log an unexpected error; returns its problem."""
    log.error("A request failed", exc_info=error)
    return problem(500, *CODES[500])


def validation_problem(error: Any) -> ValidationFailedError:
    """Pydantic's errors of the input, by field, without the input itself."""
    items = error.errors()[:MAX_FIELD_ERRORS] if hasattr(error, "errors") else ()
    fields = [FieldError(".".join(map(str, item["loc"])), _message(item)) for item in items]
    detail = "; ".join(f"{field}: {message}" if field else message for field, message in fields[:3])
    return ValidationFailedError(detail or "The input is not valid.", errors=fields)


def _message(item: Any) -> str:
    """Pydantic's message for one field; for a text it says characters, not "items"."""
    limits = item.get("ctx", {})
    if isinstance(item["input"], str) and item["type"].endswith("too_long"):
        return f"must have at most {limits['max_length']} characters"
    if isinstance(item["input"], str) and item["type"].endswith("too_short"):
        return f"must have at least {limits['min_length']} characters"
    return str(item["msg"]).removeprefix("Value error, ")


async def _render(body: dict[str, Any], headers: dict[str, str]) -> Response:
    body = with_request_id(body)
    page = await _page(body)
    if page is not None:
        response = Response(page, body["status"], content_type="text/html; charset=utf-8")
    else:
        response = Response(dump(body), body["status"], content_type=PROBLEM_TYPE)
    if page is not None and body["code"] == MisdirectedError.code:
        response.headers["Content-Security-Policy"] = policy()
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _page(body: dict[str, Any]) -> str | None:
    """The HTML for a person: a fragment for their page, or a page; None for a program."""
    part = _at_the_pages() and wants_fragment()
    if not part and not wants_html():
        return None
    g.bare = True
    if part:
        return await render_template("fragments/problem.html", problem=body)
    page = await render_template("error.html", problem=body, typed=await _typed(body), **await _around(body))
    return with_style(page) if body["code"] == MisdirectedError.code else page


async def _around(body: dict[str, Any]) -> dict[str, Any]:
    """The page's user and theme. No rows are read when the database may be unavailable, or the client is limited."""
    if body["code"] == MisdirectedError.code:
        return {"style_inside": True}
    if body["status"] not in EXPECTED_STATUSES:
        return {}
    try:
        return await shell()
    except ProblemError:
        return {}


async def _typed(body: dict[str, Any]) -> list[str]:
    """The texts of a form that was sent after the session had ended, so that they are not lost."""
    if body["code"] != SignInRequiredError.code or request.method != "POST":
        return []
    form = await request.form
    return [form[name] for name in TEXT_FIELDS if form.get(name)]


def wants_html() -> bool:
    """Whether a browser asked: it accepts HTML by name, and the address is not one for programs."""
    return _at_the_pages() and any(accepted.lower() == "text/html" for accepted, _ in request.accept_mimetypes)


def _at_the_pages() -> bool:
    if has_websocket_context() or not has_request_context():
        return False
    return not request.path.startswith(("/api/", "/events", "/ws", "/openapi.json", "/asyncapi.json"))
