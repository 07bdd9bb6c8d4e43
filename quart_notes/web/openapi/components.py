"""The parts of the OpenAPI document that operations share: schemas, responses, headers, parameters, examples."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, get_args

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
from quart_notes.web.openapi.problems import problem_name
from quart_notes.web.openapi.sharing import Json, Part, Parts

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
    "Link": 'Further pages, rel="next" or rel="prev", when there are any.',
}
BYTES = {"type": "string", "format": "binary"}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[1-9][0-9]{0,8}")$'},
    "description": "Change it only while it is at this version; otherwise 412 with the current one.",
    "example": '"1"',
}


class _JsonSchema(GenerateJsonSchema):
    """JSON schemas, short and without what misleads generated clients.

    A field's title would only repeat its name. A default of null would make programs send null for fields that they
    leave out. Of what the server sends, nobody needs the limits, nor examples: viewers make them from the types.
    """

    def int_schema(self, schema: Any) -> JsonSchemaValue:
        return {"type": "integer"} if self.mode == "serialization" else super().int_schema(schema)

    def str_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().str_schema(schema)
        limits = {"minLength", "maxLength"} if self.mode == "serialization" else set()
        return {name: value for name, value in found.items() if name not in limits}

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().model_schema(schema)
        if self.mode == "serialization":
            found.pop("examples", None)
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        no_default = schema.get("default", ...) is None
        return self.generate_inner(schema["schema"]) if no_default else super().default_schema(schema)

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if isinstance(inner.get("type"), str) and not inner.keys() & {"enum", "const"}:
            return {**inner, "type": [inner["type"], "null"]}
        return super().nullable_schema(schema)


class Components:
    """Parts that operations share.

    1. A schema is always referred to by its name, and a name has one schema.
    2. Every other method returns a part, which `share` puts among the components if the document has it twice.
    """

    def __init__(self) -> None:
        self._schemas: dict[str, Json] = {}
        self._models: dict[str, type[BaseModel]] = {}
        self._generated: dict[tuple[Any, str], Json] = {}
        self._parts = Parts()

    def schema(self, model: Any, mode: Literal["validation", "serialization"] = "serialization") -> Json:
        """The schema of a type: a reference for a model, and for the models within it."""
        if (model, mode) not in self._generated:
            self._generated[model, mode] = TypeAdapter(model).json_schema(
                ref_template=PYDANTIC_REF_TEMPLATE, mode=mode, schema_generator=_JsonSchema
            )
        schema = dict(self._generated[model, mode])
        for name, definition in schema.pop("$defs", {}).items():
            self._add_schema(name, definition)
        if isinstance(model, type) and issubclass(model, BaseModel):
            self._models[model.__name__] = model
            return self._add_schema(model.__name__, schema)
        return schema

    def schemas(self) -> Json:
        """All schemas by name. That of an output that extends another refers to it and has the additions only."""
        return {name: self._extension(name, schema) for name, schema in self._schemas.items()}

    def _extension(self, name: str, schema: Json) -> Json:
        ancestors = self._models[name].__mro__[1:] if name in self._models else ()
        base = next((one.__name__ for one in ancestors if one.__name__ in self._schemas), None)
        if base is None or "additionalProperties" in schema:  # an extension would forbid the fields of the other
            return schema
        inherited = self._schemas[base].get("properties", {})
        if any(schema["properties"].get(field) != content for field, content in inherited.items()):
            return schema
        own = {
            "type": "object",
            "properties": {field: content for field, content in schema["properties"].items() if field not in inherited},
            "required": [field for field in schema.get("required", ()) if field not in inherited],
        }
        # openapi-python-client takes an allOf of one schema for that schema, whatever stands beside it.
        about = {key: value for key, value in schema.items() if key not in own}
        return {**about, "allOf": [{"$ref": PYDANTIC_REF_TEMPLATE.format(model=base)}, own]}

    def _add_schema(self, name: str, schema: Json) -> Json:
        content = {key: value for key, value in schema.items() if (key, value) != ("title", name)}
        if self._schemas.setdefault(name, content) != content:
            raise ValueError(f"two different schemas are named {name}")
        return {"$ref": PYDANTIC_REF_TEMPLATE.format(model=name)}

    def parameter(self, name: str, parameter: Json) -> Part:
        """A parameter of a request."""
        return self._parts.add("parameters", name, parameter)

    def body(self, name: str, body: Json) -> Part:
        """A body of a request."""
        return self._parts.add("requestBodies", name, body)

    def success(
        self, status: int, description: str, headers: Mapping[str, str], types: Mapping[str, Any] | None
    ) -> Part:
        """A successful response.

        headers   their descriptions by name
        types     of the content by media type; None: bytes
        """
        response: Json = {"description": description}
        if headers:
            response["headers"] = {name: self._header(name, text) for name, text in headers.items()}
        if types is not None:
            response["content"] = {
                kind: {"schema": BYTES if model is None else self.schema(model)} for kind, model in types.items()
            }
        name = _success_name(status, types or {}, headers)
        return self._parts.add("responses", name, response)

    def problem(self, kinds: Sequence[type[ProblemError]]) -> Part:
        """The error response for these kinds, which have one status."""
        response = {
            "description": " ".join((kind.__doc__ or "").splitlines()[0] for kind in kinds),
            "content": {
                "application/problem+json": {
                    "schema": self.schema(ProblemOut),
                    "examples": {kind.code: self._example(kind) for kind in kinds},
                }
            },
        }
        return self._parts.add("responses", problem_name(kinds), response)

    def _header(self, name: str, text: str) -> Part:
        return self._parts.add("headers", name, {"description": text, "schema": {"type": "string"}})

    def _example(self, kind: type[ProblemError]) -> Part:
        value = problem(kind.status, kind.code, DETAILS.get(kind, kind.__doc__ or ""))
        return self._parts.add("examples", kind.code, {"value": value})


def _success_name(status: int, types: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """E.g. Note for a NoteOut, NoteList for a page of them, NoteArray for other lists, NoteCreated, NotModified."""
    model = next((model for model in types.values() if model is not None), None)
    if model is None:
        return HTTPStatus(status).phrase.title().replace(" ", "")
    (item, *_) = get_args(model) or (model,)
    if item is model:
        suffix = "Created" if HEADERS["Location"] in headers.values() else ""
    else:
        suffix = "List" if HEADERS["ETag"] in headers.values() else "Array"
    return f"{item.__name__.removesuffix('Out')}{suffix}"
