"""The OpenAPI document: quart-schema's knowledge of the routes, and our additions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from quart_schema import Info, OpenAPIProvider, QuartSchema
from quart_schema.openapi import APIKeySecurityScheme, HttpSecurityScheme, Tag
from quart_schema.validation import DataSource
from werkzeug.routing import Rule
from werkzeug.routing.converters import BaseConverter

from quart_notes.errors import ProblemError, StaleVersionError
from quart_notes.schemas import MAX_ID
from quart_notes.version import __version__
from quart_notes.web.openapi.components import BYTES, HEADERS, IF_MATCH, Components
from quart_notes.web.openapi.problems import documented_status, route_problems
from quart_notes.web.openapi.sharing import share

F = TypeVar("F", bound=Callable[..., Any])
RESPONSES = "_quart_notes_responses"
BODY = "_quart_notes_body"
PARAMETERS = "_quart_notes_parameters"
# Routes that exist a second time for the shared board.
TWICE = tuple("/api/boards/{board_id}/" + name for name in ("notes", "imports", "export"))
DESCRIPTION = """The notes board, people, messages and rooms of a Quart Notes server.

**Changes as they happen**: every change goes out on the websocket `/ws` and as server-sent events on `/events`;
`/asyncapi.json` describes them. List and item responses carry `Last-Event-ID`: subscribe with it and nothing is missed.

**Errors** are RFC 9457 problem details (`application/problem+json`); `code` is stable, `errors` names the fields.
With a status of 500 and above, `request_id` identifies the request in the server's log; every response has it as
`X-Request-Id`.

**Security**: in open mode there is no sign-in: anybody who reaches the port may read and write, and the server listens
on loopback only by default. In accounts mode everything but signing in, health and version needs a token
(`Authorization: Bearer qn_…`, made on the account page or with `POST /api/me/tokens`) or the session's cookie, whose
name ends with the server's port; objects that you may not see get 404. In both modes unsafe methods from a page of
another origin are refused (403 `cross_origin`), unless the setting `origins` names it; programs send no `Origin`.
In open mode requests with an unknown host name (setting `hosts`) get 421 `misdirected`."""


@dataclass(frozen=True)
class ResponseDoc:
    """A successful response of a route."""

    status: int
    description: str
    model: Any = None  # of a JSON response: a pydantic model, or list[model]
    content: Mapping[str, Any] | None = None  # of other responses than JSON: media type → its type; None: bytes
    headers: Mapping[str, str] | None = None  # name → description; None: of an object, its position in the feed


# quart-schema's type of these options lacks `mode`, which pydantic's model_dump has.
JSON_MODE: Any = {"mode": "json"}


def responds(
    *successes: ResponseDoc, problems: tuple[type[ProblemError], ...] = (), writes: bool = True
) -> Callable[[F], F]:
    """Document the responses of a route.

    problems   only those that `route_problems` cannot know
    writes     False for an unsafe method that changes nothing in the database
    """
    return _marked(RESPONSES, (successes, problems, writes))


def sends(body: Mapping[str, Any]) -> Callable[[F], F]:
    """Document a body that the route reads itself."""
    return _marked(BODY, body)


def takes(*parameters: Mapping[str, Any]) -> Callable[[F], F]:
    """Document parameters that the route reads itself, or more of one in its path than the path says."""
    return _marked(PARAMETERS, parameters)


def _marked(name: str, value: Any) -> Callable[[F], F]:
    def decorate(route: F) -> F:
        setattr(route, name, value)
        return route

    return decorate


class NotesOpenAPIProvider(OpenAPIProvider):
    """Adds responses, errors, examples and exact parameters to quart-schema's document."""

    _document: dict[str, Any] | None = None
    _components: Components

    def schema(self) -> dict[str, Any]:
        """The document, not to be changed; built once, because that takes 40 ms in which no event is sent."""
        if self._document is None:
            self._components = Components()
            document = super().schema()
            for path in document["paths"].values():
                _hoist_parameters(path)
            components = {**document.pop("components"), "schemas": self._components.schemas()}
            shared, sections = share(document)
            self._document = {**shared, "components": {**components, **sections}}
        return self._document

    def generate_rules(self) -> Iterable[Rule]:
        """The rules of the routes that say what they respond; pages do not."""
        for rule in super().generate_rules():
            if hasattr(self._app.view_functions[rule.endpoint], RESPONSES):
                yield rule

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """The path objects of one rule."""
        paths, _ = super().build_paths(rule)
        route = self._app.view_functions[rule.endpoint]
        for path, operations in paths.items():
            for method, operation in operations.items():
                self._complete(operation, route, rule)
                _describe(operation, method, path)
        return paths, {}

    def operation_id(self, method: str, path: str, func: Callable[..., Any]) -> str | None:
        """The operation's name in generated clients: the function's; routes that are registered twice have two."""
        return f"{func.__name__}_of_board" if path.startswith(TWICE) else func.__name__

    def build_path_parameter(self, name: str, converter: BaseConverter) -> dict[str, Any]:
        """A path parameter with its range."""
        parameter = super().build_path_parameter(name, converter)
        if parameter["schema"].get("type") == "integer":
            parameter["schema"] |= {"minimum": 1, "maximum": MAX_ID}
            parameter["example"] = 1
        return self._components.parameter(name, parameter)

    def build_querystring_parameters(self, model: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The parameters of a query, named after the class that defines them."""
        parameters, aliases = super().build_querystring_parameters(model)
        owners = {
            field.alias or name: owner.__name__
            for owner in model.__mro__
            for name, field in getattr(owner, "model_fields", {}).items()
        }
        return [
            self._components.parameter(f"{owners[one['name']]}.{one['name']}", _plain_query(one, aliases))
            for one in parameters
        ], {}

    def build_request_body(self, model: Any, source: DataSource) -> tuple[dict[str, Any], dict[str, Any]]:
        """A body, whose shape is a reference by name."""
        body, _ = super().build_request_body(model, source)
        (content,) = body["content"].values()
        content["schema"] = self._components.schema(model, "validation")
        return {**body, "required": True}, {}

    def _complete(self, operation: dict[str, Any], route: Callable[..., Any], rule: Rule) -> None:
        if body := getattr(route, BODY, None):
            operation["requestBody"] = self._components.body(route.__name__, body)
        own = [self._components.parameter(one["name"], one) for one in getattr(route, PARAMETERS, ())]
        operation["parameters"].extend(own)
        # quart-schema's keys are numbers; as text they would be duplicates of ours.
        operation["responses"] = {str(status): response for status, response in operation["responses"].items()}
        successes, problems, writes = getattr(route, RESPONSES)
        if StaleVersionError in problems:
            operation["parameters"].append(self._components.parameter("If-Match", IF_MATCH))
        for success in successes:
            operation["responses"][str(success.status)] = self._success(success)
        content_types = operation.get("requestBody", {}).get("content", {})
        kinds = route_problems(rule, route, content_types, problems, writes=writes)
        for status, same in groupby(kinds, key=documented_status):
            operation["responses"][status] = self._components.problem([*same])

    def _success(self, success: ResponseDoc) -> dict[str, Any]:
        types = success.content
        if types is None and success.model is not None:
            types = {"application/json": success.model}
        headers = success.headers
        if headers is None:
            headers = {} if success.model is None else {"Last-Event-ID": HEADERS["Last-Event-ID"]}
        return self._components.success(success.status, success.description, headers, types)


ANY_JSON_BODY: dict[str, Any] = {
    "description": "Any JSON value.",
    "content": {"application/json": {"schema": {}, "example": "dark"}},
    "required": True,
}
PERSON_ID: dict[str, Any] = {
    "name": "person_id",
    "in": "query",
    "required": False,
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "description": "Open mode: the user; by default the one that the browser chose.",
}
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


def _plain_query(parameter: dict[str, Any], aliases: Mapping[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    if "$ref" in schema:  # the description of a parameter stands beside its schema
        schema |= aliases[schema.pop("$ref").rpartition("/")[2]]
        parameter["description"] = schema.pop("description")
    # A query string has no null: the parameter is left out instead.
    if "anyOf" in schema:
        (kind,) = [item for item in schema.pop("anyOf") if item.get("type") != "null"]
        schema |= kind
        schema.pop("default", None)
    schema.pop("title", None)
    return parameter


def _hoist_parameters(path: dict[str, Any]) -> None:
    """Move the parameters in a path from its operations, which all have them, to the path."""
    own: dict[str, dict[str, Any]] = {}
    for operation in path.values():
        parameters = operation.pop("parameters")
        own |= {one["name"]: one for one in parameters if one["in"] == "path"}
        if others := [one for one in parameters if one["in"] != "path"]:
            operation["parameters"] = others
    if own:
        path["parameters"] = [*own.values()]


def _describe(operation: dict[str, Any], method: str, path: str) -> None:
    """Write the description of an operation; that of a route that is registered twice is with the shared board."""
    description = _unwrapped(operation.pop("description", ""))
    if path.startswith(TWICE):
        same = f"As `{method.upper()} {path.replace('/boards/{board_id}', '')}`, on any board."
        description = min(description, same, key=len)
    if description:
        operation["description"] = description


def _unwrapped(text: str) -> str:
    """Text with one line a paragraph: viewers of the document would keep the line breaks."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def openapi_extension() -> QuartSchema:
    """quart-schema, configured for this application: only its document, and nothing loaded from elsewhere."""
    return QuartSchema(
        openapi_path=None,
        info=Info(title="Quart Notes", version=__version__, description=_unwrapped(DESCRIPTION)),
        tags=[
            Tag(name="notes", description="The notes of the shared board."),
            Tag(name="boards", description="Boards, and who may do what on them."),
            Tag(name="jobs", description="Imports and exports of notes, and their progress."),
            Tag(name="me", description="Your profile and preferences."),
            Tag(name="account", description="Signing in, sessions, tokens, invitations: in accounts mode."),
            Tag(name="people", description="Users, and their unread counts."),
            Tag(name="messages", description="Direct messages, and changes of any message."),
            Tag(name="rooms", description="Rooms: their messages and presence."),
            Tag(name="search", description="Search in everything that one sees."),
            Tag(name="assistant", description="A language model that answers in a private room, or when mentioned."),
            Tag(name="feed", description="Every change as it happens."),
            Tag(name="system", description="Version and health."),
        ],
        security_schemes={
            "token": HttpSecurityScheme(scheme="bearer"),
            "session": APIKeySecurityScheme(in_="cookie", name="quart_notes_session"),
        },
        # The empty one: in open mode no credential is needed.
        security=[{"token": []}, {"session": []}, {}],
        conversion_preference="pydantic",
        pydantic_dump_options=JSON_MODE,
        openapi_provider_class=NotesOpenAPIProvider,
    )
