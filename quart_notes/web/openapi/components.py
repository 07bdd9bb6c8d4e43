"""The components of the OpenAPI document: parts that several operations share, each under its name."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from quart_schema.conversion import PYDANTIC_REF_TEMPLATE

from quart_notes.errors import (
    InvalidIfMatchError,
    NicknameTakenError,
    NotFoundError,
    NotNowError,
    NotYoursError,
    ProblemError,
    RoomNameTakenError,
    StaleVersionError,
    TaskMovedError,
    ValidationFailedError,
    problem,
)
from quart_notes.schemas import ProblemOut

Json = dict[str, Any]

DETAILS: Mapping[type[ProblemError], str] = {
    NotFoundError: "Note 7 not found",
    NicknameTakenError: "ada is taken already.",
    RoomNameTakenError: "There is a room named Kitchen table already.",
    NotNowError: "This answer is being written.",
    NotYoursError: "Only its author may change a message.",
    TaskMovedError: "Somebody else has changed this task or deleted it.",
    StaleVersionError: "Note 7 is at version 3: somebody changed it first.",
    InvalidIfMatchError: 'If-Match takes the version in quotes, such as "3", or *.',
    ValidationFailedError: "A note needs a title or a description.",
}
HEADERS = {
    "ETag": "Entity tag; strong. For a note or a message it is its version in quotes.",
    "Last-Event-ID": "The newest event that the response includes: resume the feed after it.",
    "Location": "The path of the new object.",
    "X-Request-Id": "The id of this request, also in the server's log.",
    "Link": 'Further pages, rel="next" or rel="prev", when there are any.',
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[1-9][0-9]{0,8}")$'},
    "description": "Change it only while it is at this version; otherwise 412 with the current one.",
    "example": '"1"',
}


class _JsonSchema(GenerateJsonSchema):
    """JSON schemas without what misleads generated clients.

    A field's title would only repeat its name. A default of null would make programs send null for fields that they
    leave out.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        no_default = schema.get("default", ...) is None
        return self.generate_inner(schema["schema"]) if no_default else super().default_schema(schema)


class Components:
    """Parts that operations share, added when the first operation refers to them.

    1. Each method but `sections` returns the reference (or the schema) for the operation.
    2. A name has one content: a different content has another name.
    """

    def __init__(self) -> None:
        self._sections: dict[str, Json] = {"schemas": {}, "responses": {}, "headers": {}, "parameters": {}}
        self._generated: dict[tuple[Any, str], Json] = {}

    def sections(self, schemas: Json) -> dict[str, Json]:
        """All components, with further schemas."""
        return {**self._sections, "schemas": {**schemas, **self._sections["schemas"]}}

    def schema(self, model: Any, mode: Literal["validation", "serialization"] = "serialization") -> Json:
        """The schema of a type: a reference for a model, and for the models within it."""
        if (model, mode) not in self._generated:
            self._generated[model, mode] = TypeAdapter(model).json_schema(
                ref_template=PYDANTIC_REF_TEMPLATE, mode=mode, schema_generator=_JsonSchema
            )
        schema = dict(self._generated[model, mode])
        for name, definition in schema.pop("$defs", {}).items():
            self._add("schemas", name, definition)
        if isinstance(model, type) and issubclass(model, BaseModel):
            return self._add("schemas", model.__name__, schema)
        return schema

    def headers(self, texts: Mapping[str, str]) -> Json:
        """Headers of a response by their names."""
        return {name: self._header(name, text) for name, text in texts.items()}

    def parameter(self, name: str, parameter: Json) -> Json:
        """A parameter of a request."""
        return self._add("parameters", name, parameter)

    def problem(self, kinds: Sequence[type[ProblemError]]) -> Json:
        """The error response for these kinds, which have one status."""
        name = "Or".join(kind.__name__.removesuffix("Error") for kind in kinds)
        return self._add("responses", name, self._problem(kinds))

    def _header(self, name: str, text: str) -> Json:
        header = {"description": text, "schema": {"type": "string"}}
        return self._add("headers", name, header) if HEADERS.get(name) == text else header

    def _problem(self, kinds: Sequence[type[ProblemError]]) -> Json:
        examples = {
            kind.code: {"value": problem(kind.status, kind.code, DETAILS.get(kind, kind.__doc__ or ""))}
            for kind in kinds
        }
        return {
            "description": " ".join((kind.__doc__ or "").splitlines()[0] for kind in kinds),
            "content": {"application/problem+json": {"schema": self.schema(ProblemOut), "examples": examples}},
            "headers": self.headers({"X-Request-Id": HEADERS["X-Request-Id"]}),
        }

    def _add(self, section: str, name: str, content: Json) -> Json:
        known = self._sections[section].setdefault(name, content)
        if known != content:
            raise ValueError(f"two different {section} are named {name}")
        return {"$ref": f"#/components/{section}/{name}"}
