"""The OpenAPI document: what quart-schema knows of a route, and what it cannot know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter
from quart_schema import Info, OpenAPIProvider, QuartSchema
from quart_schema.conversion import PYDANTIC_REF_TEMPLATE
from quart_schema.openapi import APIKeySecurityScheme, HttpSecurityScheme, Tag
from werkzeug.routing.converters import BaseConverter

from quart_notes.errors import (
    BadRequestError,
    CrossOriginError,
    DatabaseUnavailableError,
    ForbiddenError,
    InvalidIfMatchError,
    InvalidJsonError,
    NicknameTakenError,
    NotFoundError,
    NotNowError,
    NotYoursError,
    OverloadedError,
    ProblemError,
    RequestTimedOutError,
    RoomNameTakenError,
    SignInRequiredError,
    StaleVersionError,
    StorageFullError,
    TooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
    problem,
)
from quart_notes.schemas import MAX_ID, ProblemOut
from quart_notes.version import __version__

F = TypeVar("F", bound=Callable[..., Any])
ANSWERS = "_quart_notes_answers"
FILES = "_quart_notes_files"
# Where routes are once more that are there for everybody's board.
TWICE = tuple("/api/boards/{board_id}/" + name for name in ("notes", "imports", "export"))
READ_PROBLEMS = (SignInRequiredError, DatabaseUnavailableError)
WRITE_PROBLEMS = (
    BadRequestError,
    SignInRequiredError,
    ForbiddenError,
    CrossOriginError,
    OverloadedError,
    DatabaseUnavailableError,
    StorageFullError,
)
ACCOUNT_PROBLEMS = (SignInRequiredError, ForbiddenError, NotFoundError)
BODY_PROBLEMS = (
    InvalidJsonError,
    RequestTimedOutError,
    TooLargeError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
DETAILS: Mapping[type[ProblemError], str] = {
    NotFoundError: "Note 7 not found",
    NicknameTakenError: "ada is taken already.",
    RoomNameTakenError: "There is a room named Kitchen table already.",
    NotNowError: "This answer is being written.",
    NotYoursError: "Only its author may change a message.",
    StaleVersionError: "Note 7 is at version 3: somebody changed it first.",
    InvalidIfMatchError: 'If-Match takes the version in quotes, such as "3", or *.',
    ValidationFailedError: "A note needs a title or a description.",
}
DESCRIPTION = """The notes board, people, messages and rooms of a Quart Notes server.

**Changes as they happen**: every change goes out on the websocket `/ws` and as server-sent events on `/events`;
`/asyncapi.json` describes them. List and item responses carry `Last-Event-ID`: subscribe with it and nothing is missed.

**Errors** are RFC 9457 problem details (`application/problem+json`); `code` is stable, `errors` names the fields.
With a status of 500 and above, `request_id` is what whoever runs the server looks for in its log; every answer carries
it as `X-Request-Id`.

**Security**: in open mode there is no sign-in: whoever reaches the port may read and write, and the server listens on
loopback only unless told otherwise. In accounts mode everything but signing in, health and version needs a token
(`Authorization: Bearer qn_…`, made on the account page or with `POST /api/me/tokens`) or the session's cookie; what you
may not see is answered 404. In both modes unsafe methods from a page of another origin are refused (403
`cross_origin`); programs, which send no `Origin`, are not."""


@dataclass(frozen=True)
class Answer:
    """A successful answer of a route."""

    status: int
    description: str
    model: Any = None  # a pydantic model, list[model], or None when the media type says it all
    media_type: str = "application/json"
    files: Mapping[str, Any] | None = None  # media type → the model of what is in it, or None
    headers: Mapping[str, str] | None = None  # name → description


# quart-schema's type of these options lacks `mode`, which pydantic's model_dump has.
JSON_MODE: Any = {"mode": "json"}
HEADERS = {
    "ETag": "Entity tag; strong. For a note or a message it is its version in quotes.",
    "Last-Event-ID": "The newest event that the answer includes: resume the feed after it.",
    "Location": "Where the new thing is.",
    "X-Request-Id": "The name of this request; what the server's log says of it has it too.",
    "Link": 'Further pages, rel="next" or rel="prev", when there are any.',
}


def answers(*successes: Answer, problems: tuple[type[ProblemError], ...] = ()) -> Callable[[F], F]:
    """Document what a route answers."""

    def decorate(route: F) -> F:
        setattr(route, ANSWERS, (successes, problems))
        return route

    return decorate


def sends_files(route: F) -> F:
    """Document that a route takes files: the parts of a form, or one as the body."""
    setattr(route, FILES, True)
    return route


class Provider(OpenAPIProvider):
    """Adds answers, errors, examples and exact parameters to quart-schema's document."""

    _document: dict[str, Any] | None = None

    def schema(self) -> dict[str, Any]:
        """The document, not to be changed; made once, because it takes 20 ms in which no reader hears anything."""
        if self._document is None:
            self._document = super().schema()
        return self._document

    def build_paths(self, rule: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The path objects of one rule."""
        paths, components = super().build_paths(rule)
        route = self._app.view_functions[rule.endpoint]
        for operations in paths.values():
            for operation in operations.values():
                self._complete(operation, route, components)
        return paths, components

    def operation_id(self, method: str, path: str, func: Callable[..., Any]) -> str | None:
        """Its name for programs that are generated; routes that are registered twice have two."""
        name = super().operation_id(method, path, func)
        return f"{name}_of_board" if name and path.startswith(TWICE) else name

    def build_path_parameter(self, name: str, converter: BaseConverter) -> dict[str, Any]:
        """A path parameter with its range."""
        parameter = super().build_path_parameter(name, converter)
        if parameter["schema"].get("type") == "integer":
            parameter["schema"] |= {"minimum": 1, "maximum": MAX_ID}
            parameter["example"] = 1
        return parameter

    def _complete(self, operation: dict[str, Any], route: Callable[..., Any], components: dict[str, Any]) -> None:
        operation["description"] = _unwrapped(operation.get("description", ""))
        if hasattr(route, FILES):
            operation["requestBody"] = FILES_BODY
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                _plain_query(parameter)
        # quart-schema's keys are numbers; as text they would stand beside ours as duplicates.
        operation["responses"] = {str(status): response for status, response in operation["responses"].items()}
        successes, problems = getattr(route, ANSWERS, ((), ()))
        if problems and any(kind is StaleVersionError for kind in problems):
            operation["parameters"].append(IF_MATCH)
        for answer in successes:
            operation["responses"][str(answer.status)] = _success(answer, components)
        by_status: dict[int, list[type[ProblemError]]] = {}
        for kind in problems:
            by_status.setdefault(kind.status, []).append(kind)
        for status, kinds in sorted(by_status.items()):
            operation["responses"][str(status)] = _problem(kinds, components)
        for response in operation["responses"].values():
            response["headers"] = {**response.get("headers", {}), **_headers({"X-Request-Id": HEADERS["X-Request-Id"]})}


BYTES = {"type": "string", "format": "binary"}
FILES_BODY: dict[str, Any] = {
    "description": "One or more files as the parts `file` of a form, or one as the body, of any content type.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "array", "items": BYTES, "minItems": 1}},
                "required": ["file"],
            }
        },
        "application/octet-stream": {"schema": {**BYTES, "minLength": 1}},
    },
    "required": True,
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|"[1-9][0-9]{0,8}")$'},
    "description": "Change it only while it is at this version; otherwise 412 with the current one.",
    "example": '"1"',
}


def _plain_query(parameter: dict[str, Any]) -> None:
    # A query string has no null: leaving the parameter out is the way to say nothing.
    schema = parameter["schema"]
    if "anyOf" in schema:
        (kind,) = [item for item in schema.pop("anyOf") if item.get("type") != "null"]
        schema |= kind
        schema.pop("default", None)
    schema.pop("title", None)


def _success(answer: Answer, components: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.description}
    if answer.model is not None:
        response["content"] = {answer.media_type: {"schema": _schema(answer.model, components)}}
    elif answer.files is not None:
        response["content"] = {
            kind: {"schema": BYTES if model is None else _schema(model, components)}
            for kind, model in answer.files.items()
        }
    elif answer.media_type != "application/json":
        response["content"] = {answer.media_type: {"schema": {"type": "string"}}}
    if answer.headers:
        response["headers"] = _headers(answer.headers)
    return response


def _headers(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def _problem(kinds: list[type[ProblemError]], components: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": " ".join((kind.__doc__ or "").splitlines()[0] for kind in kinds),
        "content": {
            "application/problem+json": {
                "schema": _schema(ProblemOut, components),
                "examples": {
                    kind.code: {"value": problem(kind.status, kind.code, DETAILS.get(kind, kind.__doc__ or ""))}
                    for kind in kinds
                },
            }
        },
    }


def _schema(model: Any, components: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(model).json_schema(ref_template=PYDANTIC_REF_TEMPLATE, mode="serialization")
    components.update(schema.pop("$defs", {}))
    if isinstance(model, type) and issubclass(model, BaseModel):
        components[model.__name__] = schema
        return {"$ref": PYDANTIC_REF_TEMPLATE.format(model=model.__name__)}
    return schema


def _unwrapped(text: str) -> str:
    """Text whose paragraphs are one line each: readers of the document would keep the line breaks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def documented() -> QuartSchema:
    """quart-schema, set up for this application: its document and nothing loaded from elsewhere."""
    return QuartSchema(
        openapi_path=None,
        info=Info(title="Quart Notes", version=__version__, description=_unwrapped(DESCRIPTION)),
        tags=[
            Tag(name="notes", description="The notes of the shared board."),
            Tag(name="boards", description="Boards, and who may do what on them."),
            Tag(name="jobs", description="Importing and exporting notes, and where long work stands."),
            Tag(name="me", description="Who you are, and what you want remembered."),
            Tag(name="account", description="Signing in, sessions, tokens, invitations: in accounts mode."),
            Tag(name="people", description="Who is known here, and what they have not read."),
            Tag(name="messages", description="Direct messages, and changes of any message."),
            Tag(name="rooms", description="Rooms: what is said there, who is there."),
            Tag(name="assistant", description="A language model that answers, in a room of one's own or elsewhere."),
            Tag(name="feed", description="Every change as it happens."),
            Tag(name="system", description="Version and health."),
        ],
        security_schemes={
            "token": HttpSecurityScheme(scheme="bearer"),
            "session": APIKeySecurityScheme(in_="cookie", name="quart_notes_session"),
        },
        # The empty one: in open mode nothing is needed.
        security=[{"token": []}, {"session": []}, {}],
        conversion_preference="pydantic",
        pydantic_dump_options=JSON_MODE,
        openapi_provider_class=Provider,
    )
