"""The API's documents, as the tests parse them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.support.routes import ROUTES, Route
from tests.support.servers.server_process import ServerProcess

Json = dict[str, Any]
DOCUMENTED = [
    route
    for route in ROUTES
    if route.rule.startswith(("/api/", "/events", "/db/", "/healthz", "/readyz")) and route.rule != "/openapi.json"
]


def template(route: Route) -> str:
    """A route's rule in the form of the document."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)


def fetch_document(server: ServerProcess, name: str) -> Json:
    """A document of a server: "openapi" or "asyncapi"."""
    answer = httpx.get(f"{server.base}/{name}.json", verify=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def references(value: Any) -> Iterator[str]:
    """All references in a part of a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(document: Json, reference: str) -> Any:
    """The target of a reference."""
    assert reference.startswith("#/"), reference
    found: Any = document
    for step in reference[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def validator(document: Json, schema: Json) -> Draft202012Validator:
    """A validator for a schema of a document."""
    return Draft202012Validator({**schema, "components": document["components"]})
