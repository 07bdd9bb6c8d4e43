"""The OpenAPI document describes the server; the page that shows it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from quart_notes.schemas import NoteCreate, NoteOut, NoteUpdate
from quart_notes.web.security.guards import Requirement, requirement_of
from tests.support.api_documents import DOCUMENTED, Json, fetch_document, references, resolve, template, validator
from tests.support.routes import ANY_JSON, Route
from tests.support.servers.server_process import ServerProcess


@pytest.fixture(scope="module")
def openapi(shared_server: ServerProcess) -> Json:
    return fetch_document(shared_server, "openapi")


@pytest.fixture(scope="module")
def asyncapi(shared_server: ServerProcess) -> Json:
    return fetch_document(shared_server, "asyncapi")


def test_openapi_is_valid(openapi: Json):
    assert openapi["openapi"].startswith("3.1")

    errors = [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in OpenAPIV31SpecValidator(openapi).iter_errors()
    ]

    assert errors == []


@pytest.mark.parametrize("document", ["openapi.json", "asyncapi.json"])
def test_no_key_occurs_twice(shared_server: ServerProcess, document: str):
    def unique(pairs: list[tuple[str, Any]]) -> Json:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names))
        return dict(pairs)

    json.loads(httpx.get(f"{shared_server.base}/{document}", verify=False).text, object_pairs_hook=unique)


def test_every_reference_in_openapi_resolves(openapi: Json):
    assert list(references(openapi))
    for ref in references(openapi):
        assert resolve(openapi, ref)


SHARED = ("responses", "parameters", "headers", "examples")


def _stated(value: Any) -> Iterator[tuple[str, str]]:
    """Responses, parameters, headers and examples where they are stated, not referred to: their kind and content."""
    if isinstance(value, list):
        for inner in value:
            yield from _stated(inner)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in SHARED:
            parts = inner.values() if isinstance(inner, dict) else inner
            for part in parts:
                if isinstance(part, dict) and part.keys() & {"description", "in", "value"}:
                    yield name, json.dumps(part, sort_keys=True)
        yield from _stated(inner)


def test_equal_parts_of_openapi_are_stated_once(openapi: Json):
    stated = Counter(_stated({**openapi, "components": {**openapi["components"], "schemas": {}}}))

    assert {kind for kind, _ in stated} == {*SHARED}
    assert [part for part, times in stated.items() if times > 1] == []


def test_only_parts_that_are_used_more_than_once_are_components(openapi: Json):
    uses = Counter(references(openapi))

    for section in SHARED:
        for name in openapi["components"][section]:
            assert uses[f"#/components/{section}/{name}"] > 1, f"{section}/{name}"


def test_a_board_and_the_shared_board_have_the_same_responses(openapi: Json):
    paths = openapi["paths"]
    both = {
        path: path.replace("/boards/{board_id}", "") for path in paths if path.startswith("/api/boards/{board_id}/")
    }
    both = {of_board: shared for of_board, shared in both.items() if shared in paths}

    assert "/api/boards/{board_id}/notes" in both
    for of_board, shared in both.items():
        for method in paths[shared].keys() - {"parameters"}:
            ours, theirs = paths[of_board][method], paths[shared][method]
            assert {**theirs["responses"], "404": ours["responses"]["404"]} == ours["responses"], (method, of_board)
            texts = {theirs.get("description"), f"As `{method.upper()} {shared}`, on any board."}
            assert ours.get("description") in texts, (method, of_board)


def test_an_output_that_extends_another_refers_to_it(openapi: Json):
    schemas = openapi["components"]["schemas"]

    inherited, own = schemas["NewTokenOut"]["allOf"]

    assert inherited == {"$ref": "#/components/schemas/TokenOut"}
    assert own["properties"].keys() == {"token"}
    assert own["required"] == ["token"]
    assert {"id", "name"} <= schemas["TokenOut"]["properties"].keys()


def _operation(openapi: Json, route: Route) -> Json:
    path = openapi["paths"][template(route)]
    operation = path[route.method.lower()]
    parameters = [*path.get("parameters", ()), *operation.get("parameters", ())]
    return dict(_with_shared(openapi, {**operation, "parameters": parameters}))


def _with_shared(openapi: Json, value: Any) -> Any:
    """The value with references to shared parts resolved; only references to schemas remain."""
    if isinstance(value, list):
        return [_with_shared(openapi, one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$ref"} and not value["$ref"].startswith("#/components/schemas/"):
        return _with_shared(openapi, resolve(openapi, value["$ref"]))
    return {name: _with_shared(openapi, one) for name, one in value.items()}


@pytest.mark.parametrize("route", DOCUMENTED, ids=str)
def test_every_api_route_is_documented(openapi: Json, route: Route):
    operation = _operation(openapi, route)

    assert operation["summary"]
    assert operation["tags"]
    assert {200, 201, 202, 204} & {int(status) for status in operation["responses"] if status.isdigit()}
    for parameter in operation["parameters"]:
        assert parameter.get("description") or parameter["in"] == "path", parameter
        schema = parameter["schema"]
        schema = resolve(openapi, schema["$ref"]) if "$ref" in schema else schema
        assert schema.get("type") or schema.get("enum"), parameter
    for status, response in operation["responses"].items():
        assert response["description"], status
        if status >= "400" and not route.rule.startswith(("/db/", "/readyz")):
            _assert_problem_is_documented(openapi, status, response)


def _assert_problem_is_documented(openapi: Json, status: str, response: Json) -> None:
    content = response["content"]["application/problem+json"]
    assert content["schema"]["$ref"].endswith("/ProblemOut")
    problems = validator(openapi, content["schema"])
    assert content["examples"]
    for code, example in content["examples"].items():
        problems.validate(example["value"])
        assert example["value"]["code"] == code
        assert re.fullmatch(status.replace("X", "[0-9]"), str(example["value"]["status"]))


JSON_BODY = {400, 408, 413, 415, 422}
# Responses of each route besides 503; writes also have 403 and 507, and those that read JSON also have JSON_BODY.
ANSWERS: dict[tuple[int, ...], list[str]] = {
    (200, 404, 409): [
        "POST /api/me/notifications/read",
        "PATCH /api/rooms/<id:room_id>", "POST /api/rooms/<id:room_id>/restore", "DELETE /api/rooms/<id:room_id>",
        "PUT /api/rooms/<id:room_id>/members/<id:user_id>", "DELETE /api/rooms/<id:room_id>/members/<id:user_id>",
        "POST /api/notes/bulk",
        "PATCH /api/notes/<id:note_id>/tasks",
        "POST /api/jobs/<id:job_id>/retry", "POST /api/jobs/<id:job_id>/import", "DELETE /api/jobs/<id:job_id>",
        "DELETE /api/boards/<id:board_id>", "PUT /api/boards/<id:board_id>/members/<id:user_id>",
        "DELETE /api/boards/<id:board_id>/members/<id:user_id>", "PATCH /api/me",
        "POST /api/users/<id:user_id>/deactivate", "POST /api/users/<id:user_id>/activate",
        "PUT /api/users/<id:user_id>/admin", "DELETE /api/users/<id:user_id>/admin",
        "DELETE /api/users/<id:user_id>/member", "GET /api/me/preferences/<key>",
        "DELETE /api/me/preferences/<key>", "PATCH /api/boards/<id:board_id>/labels/<id:label_id>",
    ],
    (200, 404): [
        "PUT /api/users/<id:user_id>/member",
        "POST /api/notes/<id:note_id>/tasks", "POST /api/notes/<id:note_id>/move",
        "POST /api/notes/<id:note_id>/restore", "GET /api/users/<id:user_id>", "GET /api/messages/<id:message_id>",
        "GET /api/rooms/<id:room_id>", "GET /api/rooms/<id:room_id>/presence", "POST /api/rooms/<id:room_id>/read",
        "PUT /api/rooms/<id:room_id>/level",
        "PUT /api/messages/<id:message_id>/reactions/<emoji>", "DELETE /api/messages/<id:message_id>/reactions/<emoji>",
        "GET /api/jobs/<id:job_id>", "POST /api/jobs/<id:job_id>/cancel", "GET /api/boards/<id:board_id>",
        "PATCH /api/boards/<id:board_id>", "POST /api/boards/<id:board_id>/restore",
    ],
    (204, 404): [
        "POST /api/notes/<id:note_id>/editing",
        "POST /api/rooms/<id:room_id>/typing", "POST /api/sign-out", "DELETE /api/me/sessions/<id:session_id>",
        "DELETE /api/me/tokens/<id:token_id>", "DELETE /api/invitations/<id:invitation_id>",
    ],
    (200, 304, 422): ["GET /api/notes", "GET /api/users", "GET /api/messages", "GET /api/rooms"],
    (200, 304, 404): [
        "GET /api/rooms/<id:room_id>/members",
        "GET /api/notes/<id:note_id>", "GET /api/boards/<id:board_id>/members",
    ],
    (200, 304): ["GET /api/boards/trash", "GET /api/rooms/trash"],
    (200, 304, 404, 422): [
        "GET /api/notes/<id:note_id>/history", "GET /api/boards/<id:board_id>/trash",
        "GET /api/boards/<id:board_id>/activity", "GET /api/boards/<id:board_id>/labels",
        "GET /api/users/<id:user_id>/messages", "GET /api/rooms/<id:room_id>/messages", "GET /api/jobs",
        "GET /api/users/<id:user_id>/unread",
    ],
    (200,): ["GET /api/me", "GET /db/alive", "GET /readyz"],
    (200, 304, 403, 404): ["GET /api/me/sessions", "GET /api/me/tokens", "GET /api/invitations"],
    (201,): ["POST /api/notes", "POST /api/boards"],
    (200, 404, 412): ["PATCH /api/notes/<id:note_id>", "PATCH /api/messages/<id:message_id>"],
    (201, 409): ["POST /api/users", "POST /api/rooms"],
    (200, 409): ["DELETE /api/me/preferences", "PUT /api/me/preferences/<key>"],
    (200, 304, 404, 409, 422): ["GET /api/me/notifications"],
    (200, 404, 422): [
        "GET /api/search",
        "POST /api/messages/<id:message_id>/restore", "GET /api/export", "POST /api/notes/<id:note_id>/tasks/<action>",
    ],
    (200, 400, 404): [
        "POST /api/messages/<id:message_id>/stop", "POST /api/notes/<id:note_id>/history/<id:version>/restore",
        "DELETE /api/notes/<id:note_id>/history", "DELETE /api/boards/<id:board_id>/trash/<id:note_id>",
        "DELETE /api/boards/trash/<id:board_id>", "DELETE /api/boards/<id:board_id>/labels/<id:label_id>",
    ],
    (204, 400, 404): ["DELETE /api/boards/<id:board_id>/trash"],
    (200, 400, 404, 412): ["DELETE /api/notes/<id:note_id>"],
    (200, 201): ["POST /api/messages"],
    (200, 400, 404, 412, 422): ["DELETE /api/messages/<id:message_id>"],
    (200, 201, 404): [
        "POST /api/rooms/<id:room_id>/messages", "POST /api/messages/<id:message_id>/note",
        "PUT /api/notes/<id:note_id>/thread",
    ],
    (202, 400, 404, 408, 409, 413, 422): ["POST /api/imports"],
    (200, 422): ["GET /api/assistant"],
    (200, 201, 400, 409, 422): ["POST /api/assistant/room"],
    (200, 400, 404, 409): ["POST /api/messages/<id:message_id>/retry"],
    (200, 304, 403, 404, 422): ["GET /api/boards", "GET /api/boards/summaries"],
    (200, 304, 409): ["GET /api/me/online", "GET /api/me/preferences"],
    (200, 401, 404, 429): ["POST /api/sign-in"],
    (204, 401, 404, 429): ["PUT /api/me/password"],
    (201, 404): ["POST /api/me/tokens"],
    (201, 404, 409): ["POST /api/invitations", "POST /api/boards/<id:board_id>/labels"],
    (200, 400, 403, 404, 422): ["GET /events"],
}  # fmt: skip
STORES_NOTHING = {
    "POST /api/rooms/<id:room_id>/typing",
    "POST /api/notes/<id:note_id>/editing",
    "POST /api/boards/<id:board_id>/notes/<id:note_id>/editing",
}


def _expected(label: str, statuses: tuple[int, ...]) -> set[int]:
    route = next(route for route in DOCUMENTED if str(route) == label)
    writes = set() if route.method == "GET" else {403} if label in STORES_NOTHING else {403, 507}
    takes_json = JSON_BODY if route.takes_json or route.endpoint in ANY_JSON else set()
    signed_in = {401} if requirement_of(route.endpoint) is not Requirement.NOTHING else set()
    return {503, *statuses} | writes | takes_json | signed_in


EXPECTED = {label: _expected(label, statuses) for statuses, labels in ANSWERS.items() for label in labels}
# Boards share the responses of the shared board; routes that need a user also have an error for guests.
EXPECTED |= {
    rule.replace("/api/", "/api/boards/<id:board_id>/"): statuses | {404}
    for rule, statuses in EXPECTED.items()
    if rule.partition(" ")[2].startswith(("/api/notes", "/api/imports", "/api/export"))
}


def _statuses(responses: Json) -> set[int]:
    """The documented statuses. A response for a range, as 5XX, has an example for each of its statuses."""
    ranges = [response for status, response in responses.items() if status.endswith("XX")]
    problems = [response["content"]["application/problem+json"]["examples"].values() for response in ranges]
    return {int(status) for status in responses if status.isdigit()} | {
        example["value"]["status"] for examples in problems for example in examples
    }


def test_every_route_has_expected_responses_here():
    said = {str(route) for route in DOCUMENTED}

    assert said - EXPECTED.keys() == {"GET /api/version", "GET /healthz"}
    assert EXPECTED.keys() <= said


@pytest.mark.parametrize("route", [route for route in DOCUMENTED if str(route) in EXPECTED], ids=str)
def test_every_response_of_a_route_is_documented(openapi: Json, route: Route):
    assert _statuses(_operation(openapi, route)["responses"]) >= EXPECTED[str(route)]


def test_the_client_key_is_described_once(openapi: Json):
    schemas = openapi["components"]["schemas"]
    bodies = {
        name: schema["properties"]["client_key"]
        for name, schema in schemas.items()
        if name.endswith("Create") and "client_key" in schema["properties"]
    }

    assert {"NoteCreate", "RoomMessageCreate"} <= bodies.keys()
    assert all(body == {"$ref": "#/components/schemas/ClientKey"} for body in bodies.values())
    assert schemas["ClientKey"]["description"]


def test_the_actions_on_all_tasks_are_documented(openapi: Json):
    path = openapi["paths"]["/api/notes/{note_id}/tasks/{action}"]
    (action,) = [one for one in _with_shared(openapi, path["parameters"]) if one["name"] == "action"]

    assert action["schema"]["enum"] == ["uncheck", "delete-done"]
    assert action["description"]


def test_properties_of_notes_have_descriptions(openapi: Json, asyncapi: Json):
    for document in (openapi, asyncapi):
        for name, schema in document["components"]["schemas"].items():
            if name in {"NoteCreate", "NoteUpdate", "NoteOut"}:
                assert schema["properties"]["title"]["description"], name
                assert schema["properties"]["description"]["description"], name
    for model in (NoteCreate, NoteUpdate, NoteOut):
        for name, field in model.model_fields.items():
            assert field.description or name == "client_key", name  # described in its own schema


def test_examples_are_valid(openapi: Json):
    seen = 0
    for schema in openapi["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            validator(openapi, schema).validate(example)
            seen += 1
    for model in (NoteCreate, NoteUpdate, NoteOut):
        assert model.model_json_schema()["examples"]
    assert seen


SIZES = {
    "POST /api/notes": {"title": 200, "description": 20_000},
    "POST /api/users": {"name": 100, "email": 254, "nickname": 32},
    "POST /api/rooms": {"name": 80},
    "PATCH /api/rooms/<id:room_id>": {"name": 80},
    "POST /api/messages": {"content": 4000, "client_key": 64},
    "POST /api/rooms/<id:room_id>/messages": {"content": 4000, "client_key": 64},
    "PATCH /api/messages/<id:message_id>": {"content": 4000},
}


@pytest.mark.parametrize("label", SIZES)
def test_the_limits_of_texts_are_documented(openapi: Json, label: str):
    schema = _body_schema(openapi, label)

    assert schema["additionalProperties"] is False
    for field, size in SIZES[label].items():
        content = schema["properties"][field]
        content = resolve(openapi, content["$ref"]) if "$ref" in content else content
        assert f'"maxLength": {size}' in json.dumps(content), field


def _body_schema(openapi: Json, label: str) -> Json:
    operation = _operation(openapi, next(route for route in DOCUMENTED if str(route) == label))
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert operation["requestBody"]["required"] is True
    return dict(resolve(openapi, schema["$ref"]) if "$ref" in schema else schema)


def test_security_schemes_are_documented(openapi: Json):
    assert "cross_origin" in openapi["info"]["description"]
    assert "no sign-in" in openapi["info"]["description"]


def test_reading_the_document_changes_nothing(shared_server: ServerProcess, openapi: Json):
    assert openapi == fetch_document(shared_server, "openapi")


# The page.


def test_the_documentation_page_loads_nothing_from_other_origins(shared_server: ServerProcess):
    with httpx.Client(base_url=shared_server.base, verify=False) as client:
        page = client.get("/docs")
        assert page.status_code == 200
        addresses = re.findall(r"""(?:src|href)="([^"]+)\"""", page.text)
        assert addresses
        assert all(address.startswith(("/", "#", "data:")) for address in addresses), addresses
        for address in addresses:
            if address.startswith("/static/"):
                assert client.get(address).status_code == 200, address
