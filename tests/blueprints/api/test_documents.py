"""The documents say what the server does: OpenAPI, AsyncAPI, and the page that shows them."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import schemathesis.specs.openapi.checks
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator
from requests import Session
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from quart_notes.live.events import DURABLE, VOLATILE, AccessEvent, Event, WorkEvent
from quart_notes.schemas import NoteCreate, NoteOut, NoteUpdate
from quart_notes.web.security.guards import Requirement, requirement_of
from tests.support.routes import JSON_ROUTES, ROUTES, VALUES, Route, body_of
from tests.support.servers.server_process import ServerProcess

Json = dict[str, Any]
DOCUMENTED = [
    route
    for route in ROUTES
    if route.rule.startswith(("/api/", "/events", "/db/", "/healthz", "/readyz")) and route.rule != "/openapi.json"
]


def _document(server: ServerProcess, name: str) -> Json:
    answer = httpx.get(f"{server.base}/{name}.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


@pytest.fixture(scope="module")
def openapi(shared_server: ServerProcess) -> Json:
    return _document(shared_server, "openapi")


@pytest.fixture(scope="module")
def asyncapi(shared_server: ServerProcess) -> Json:
    return _document(shared_server, "asyncapi")


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def _resolve(document: Json, ref: str) -> Any:
    assert ref.startswith("#/"), ref
    found: Any = document
    for step in ref[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


# OpenAPI.


def test_openapi_is_valid(openapi: Json):
    assert openapi["openapi"].startswith("3.1")

    errors = [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in OpenAPIV31SpecValidator(openapi).iter_errors()
    ]

    assert errors == []


@pytest.mark.parametrize("document", ["openapi.json", "asyncapi.json"])
def test_no_key_stands_twice(shared_server: ServerProcess, document: str):
    def unique(pairs: list[tuple[str, Any]]) -> Json:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names))
        return dict(pairs)

    json.loads(httpx.get(f"{shared_server.base}/{document}").text, object_pairs_hook=unique)


def test_openapi_refers_to_nothing_that_is_not_there(openapi: Json):
    assert list(_refs(openapi))
    for ref in _refs(openapi):
        assert _resolve(openapi, ref)


def _template(route: Route) -> str:
    """A route's rule as the document writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)


def _operation(openapi: Json, route: Route) -> Json:
    return dict(_with_shared(openapi, openapi["paths"][_template(route)][route.method.lower()]))


def _with_shared(openapi: Json, value: Any) -> Any:
    """The value with what several operations share in its place; only schemas are still referred to."""
    if isinstance(value, list):
        return [_with_shared(openapi, one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$ref"} and not value["$ref"].startswith("#/components/schemas/"):
        return _with_shared(openapi, _resolve(openapi, value["$ref"]))
    return {name: _with_shared(openapi, one) for name, one in value.items()}


@pytest.mark.parametrize("route", DOCUMENTED, ids=str)
def test_every_route_for_programs_is_documented(openapi: Json, route: Route):
    operation = _operation(openapi, route)

    assert operation["summary"]
    assert operation["tags"]
    assert {200, 201, 202, 204} & {int(status) for status in operation["responses"] if status.isdigit()}
    for parameter in operation["parameters"]:
        assert parameter.get("description") or parameter["in"] == "path", parameter
        assert parameter["schema"].get("type") or parameter["schema"].get("enum"), parameter
    for status, response in operation["responses"].items():
        assert response["description"], status
        if int(status) >= 400 and not route.rule.startswith(("/db/", "/readyz")):
            _assert_problem_is_documented(openapi, int(status), response)


def _assert_problem_is_documented(openapi: Json, status: int, response: Json) -> None:
    content = response["content"]["application/problem+json"]
    assert content["schema"]["$ref"].endswith("/ProblemOut")
    validator = _validator(openapi, content["schema"])
    assert content["examples"]
    for code, example in content["examples"].items():
        validator.validate(example["value"])
        assert (example["value"]["status"], example["value"]["code"]) == (status, code)


def _validator(document: Json, schema: Json) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


EXPECTED = {
    "POST /api/notes": {201, 400, 403, 408, 413, 415, 422, 503, 507},
    "PATCH /api/notes/<id:note_id>": {200, 400, 403, 404, 408, 412, 413, 415, 422, 503, 507},
    "DELETE /api/notes/<id:note_id>": {200, 400, 403, 404, 412, 503, 507},
    "POST /api/notes/<id:note_id>/restore": {200, 403, 404, 503, 507},
    "GET /api/notes": {200, 304, 422, 503},
    "GET /api/notes/<id:note_id>": {200, 304, 404, 503},
    "GET /api/users": {200, 304, 422, 503},
    "POST /api/users": {201, 400, 403, 408, 409, 413, 415, 422, 503, 507},
    "GET /api/users/<id:user_id>": {200, 404, 503},
    "GET /api/users/<id:user_id>/messages": {200, 304, 404, 422, 503},
    "GET /api/users/<id:user_id>/unread": {200, 304, 404, 503},
    "GET /api/messages": {200, 304, 422, 503},
    "DELETE /api/me/preferences": {200, 403, 409, 503, 507},
    "POST /api/messages": {200, 201, 400, 403, 408, 413, 415, 422, 503, 507},
    "GET /api/messages/<id:message_id>": {200, 404, 503},
    "PATCH /api/messages/<id:message_id>": {200, 400, 403, 404, 408, 412, 413, 415, 422, 503, 507},
    "DELETE /api/messages/<id:message_id>": {200, 400, 403, 404, 412, 422, 503, 507},
    "POST /api/messages/<id:message_id>/restore": {200, 403, 404, 422, 503, 507},
    "GET /api/rooms": {200, 304, 422, 503},
    "POST /api/rooms": {201, 400, 403, 408, 409, 413, 415, 422, 503, 507},
    "GET /api/rooms/<id:room_id>": {200, 404, 503},
    "GET /api/rooms/<id:room_id>/messages": {200, 304, 404, 422, 503},
    "POST /api/rooms/<id:room_id>/messages": {200, 201, 400, 403, 404, 408, 413, 415, 422, 503, 507},
    "GET /api/rooms/<id:room_id>/presence": {200, 404, 503},
    "POST /api/rooms/<id:room_id>/typing": {204, 400, 403, 404, 408, 413, 415, 422, 503},
    "POST /api/rooms/<id:room_id>/read": {200, 400, 403, 404, 408, 413, 415, 422, 503, 507},
    "GET /api/jobs": {200, 304, 404, 422, 503},
    "GET /api/jobs/<id:job_id>": {200, 404, 503},
    "POST /api/jobs/<id:job_id>/cancel": {200, 403, 404, 503, 507},
    "POST /api/jobs/<id:job_id>/retry": {200, 403, 404, 409, 503, 507},
    "POST /api/jobs/<id:job_id>/import": {200, 403, 404, 409, 503, 507},
    "DELETE /api/jobs/<id:job_id>": {200, 403, 404, 409, 503, 507},
    "POST /api/imports": {202, 400, 403, 404, 408, 409, 413, 422, 503, 507},
    "GET /api/export": {200, 404, 422, 503},
    "GET /api/assistant": {200, 422, 503},
    "POST /api/assistant/room": {200, 201, 400, 403, 409, 422, 503, 507},
    "POST /api/messages/<id:message_id>/stop": {200, 400, 403, 404, 503, 507},
    "POST /api/messages/<id:message_id>/retry": {200, 400, 403, 404, 409, 503, 507},
    "GET /api/boards": {200, 304, 403, 404, 422, 503},
    "POST /api/boards": {201, 400, 403, 408, 413, 415, 422, 503, 507},
    "GET /api/boards/<id:board_id>": {200, 404, 503},
    "PATCH /api/boards/<id:board_id>": {200, 400, 403, 404, 408, 413, 415, 422, 503, 507},
    "DELETE /api/boards/<id:board_id>": {200, 403, 404, 409, 503, 507},
    "POST /api/boards/<id:board_id>/restore": {200, 403, 404, 503, 507},
    "GET /api/boards/<id:board_id>/members": {200, 304, 404, 503},
    "PUT /api/boards/<id:board_id>/members/<id:user_id>": {200, 400, 403, 404, 408, 409, 413, 415, 422, 503, 507},
    "DELETE /api/boards/<id:board_id>/members/<id:user_id>": {200, 403, 404, 409, 503, 507},
    "GET /api/me": {200, 503},
    "PATCH /api/me": {200, 400, 403, 404, 408, 409, 413, 415, 422, 503, 507},
    "POST /api/users/<id:user_id>/deactivate": {200, 403, 404, 409, 503, 507},
    "POST /api/users/<id:user_id>/activate": {200, 403, 404, 409, 503, 507},
    "PUT /api/users/<id:user_id>/admin": {200, 403, 404, 409, 503, 507},
    "DELETE /api/users/<id:user_id>/admin": {200, 403, 404, 409, 503, 507},
    "GET /api/me/preferences": {200, 304, 409, 503},
    "GET /api/me/preferences/<key>": {200, 404, 409, 503},
    "PUT /api/me/preferences/<key>": {200, 400, 403, 408, 409, 413, 415, 422, 503, 507},
    "DELETE /api/me/preferences/<key>": {200, 403, 404, 409, 503, 507},
    "POST /api/sign-in": {200, 400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 507},
    "POST /api/sign-out": {204, 403, 404, 503, 507},
    "GET /api/me/sessions": {200, 304, 403, 404, 503},
    "DELETE /api/me/sessions/<id:session_id>": {204, 403, 404, 503, 507},
    "PUT /api/me/password": {204, 400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 507},
    "GET /api/me/tokens": {200, 304, 403, 404, 503},
    "POST /api/me/tokens": {201, 400, 403, 404, 408, 413, 415, 422, 503, 507},
    "DELETE /api/me/tokens/<id:token_id>": {204, 403, 404, 503, 507},
    "GET /api/invitations": {200, 304, 403, 404, 503},
    "POST /api/invitations": {201, 400, 403, 404, 408, 409, 413, 415, 422, 503, 507},
    "DELETE /api/invitations/<id:invitation_id>": {204, 403, 404, 503, 507},
    "GET /events": {200, 400, 403, 404, 422, 503},
    "GET /db/alive": {200, 503},
    "GET /readyz": {200, 503},
}


# The notes of any board are answered as those of everybody's; who has to be somebody may hear that they are not.
EXPECTED |= {
    rule.replace("/api/", "/api/boards/<id:board_id>/"): statuses | {404}
    for rule, statuses in EXPECTED.items()
    if rule.partition(" ")[2].startswith(("/api/notes", "/api/imports", "/api/export"))
}
EXPECTED |= {
    str(route): EXPECTED[str(route)] | {401}
    for route in DOCUMENTED
    if str(route) in EXPECTED and requirement_of(route.endpoint) is not Requirement.NOTHING
}


def test_no_route_is_forgotten_here():
    said = {str(route) for route in DOCUMENTED}

    assert said - EXPECTED.keys() == {"GET /api/version", "GET /healthz"}
    assert EXPECTED.keys() <= said


@pytest.mark.parametrize("route", [route for route in DOCUMENTED if str(route) in EXPECTED], ids=str)
def test_every_answer_of_a_route_is_documented(openapi: Json, route: Route):
    assert {int(status) for status in _operation(openapi, route)["responses"]} >= EXPECTED[str(route)]


def test_titles_and_descriptions_of_notes_are_described(openapi: Json, asyncapi: Json):
    for document in (openapi, asyncapi):
        for name, schema in document["components"]["schemas"].items():
            if name in {"NoteCreate", "NoteUpdate", "NoteOut"}:
                assert schema["properties"]["title"]["description"], name
                assert schema["properties"]["description"]["description"], name
    for model in (NoteCreate, NoteUpdate, NoteOut):
        assert all(field.description for field in model.model_fields.values()), model


def test_examples_are_valid(openapi: Json):
    seen = 0
    for schema in openapi["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            _validator(openapi, schema).validate(example)
            seen += 1
    for model in (NoteCreate, NoteUpdate, NoteOut):
        assert model.model_json_schema()["examples"]
    assert seen


SIZES = {
    "POST /api/users": {"name": 100, "email": 254, "nickname": 32},
    "POST /api/rooms": {"name": 80},
    "POST /api/messages": {"content": 4000, "client_key": 64},
    "POST /api/rooms/<id:room_id>/messages": {"content": 4000, "client_key": 64},
    "PATCH /api/messages/<id:message_id>": {"content": 4000},
}


@pytest.mark.parametrize("label", SIZES)
def test_the_limits_of_what_people_say_are_documented(openapi: Json, label: str):
    schema = _body_schema(openapi, label)

    assert schema["additionalProperties"] is False
    for field, size in SIZES[label].items():
        assert f'"maxLength": {size}' in json.dumps(schema["properties"][field]), field


def _body_schema(openapi: Json, label: str) -> Json:
    operation = _operation(openapi, next(route for route in DOCUMENTED if str(route) == label))
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert operation["requestBody"]["required"] is True
    return dict(_resolve(openapi, schema["$ref"]) if "$ref" in schema else schema)


def test_limits_are_documented(openapi: Json):
    schema = _body_schema(openapi, "POST /api/notes")

    assert schema["additionalProperties"] is False
    text = json.dumps(schema)
    assert '"maxLength": 200' in text
    assert '"maxLength": 20000' in text


def test_security_is_spoken_of(openapi: Json):
    assert "cross_origin" in openapi["info"]["description"]
    assert "no sign-in" in openapi["info"]["description"]


def test_asking_for_the_document_changes_nothing(shared_server: ServerProcess, openapi: Json):
    assert openapi == httpx.get(shared_server.base + "/openapi.json").json()


# schemathesis: what the document allows, and what it does not, against the real server.

# What a schema cannot say (a note needs one of two texts; a version may be stale) is refused although it fits.
UNSAID = CHECKS.get_by_names(["positive_data_acceptance"])
FIXED = ["GET /api/version", "GET /db/alive", "GET /healthz", "GET /readyz"]  # they take nothing
NOTHING_WRONG = [  # no value of theirs can be of the wrong shape
    "POST /api/sign-out",
    *(f"GET /api/{path}" for path in ("me", "me/preferences", "me/sessions", "me/tokens", "invitations")),
    *(f"{method} /api/me/preferences/{{key}}" for method in ("GET", "PUT", "DELETE")),
]
ENDLESS = ["GET /events"]
LABELS = [f"{route.method} {_template(route)}" for route in DOCUMENTED]
WALKED = [label for label in LABELS if label not in {*FIXED, *ENDLESS}]
THINGS = 5  # of each kind that are there
ONES_ID = ("author_id", "recipient_id", "reader_id", "message_id", "person_id")


@pytest.fixture(scope="module")
def described(shared_server: ServerProcess) -> Any:
    for n in range(1, THINGS + 1):
        for path in ("notes", "users", "rooms", "rooms/1/messages", "messages"):
            endpoint = ENDPOINTS[f"/api/{path.replace('1', '<id:room_id>')}"]
            said = httpx.post(f"{shared_server.base}/api/{path}", json={**body_of(endpoint, n), **_among(n, path)})
            assert said.status_code == 201, said.text
    return schemathesis.openapi.from_url(shared_server.base + "/openapi.json")


ENDPOINTS = {route.rule: route.endpoint for route in JSON_ROUTES if route.method == "POST"}


def _among(number: int, path: str) -> Json:
    """Whose message it is: those of the first people who are there already."""
    return {"author_id": 1, "recipient_id": number} if path == "messages" else {}


@pytest.fixture(scope="module")
def operations(described: Any) -> dict[str, Any]:
    """What the document describes, by label; reading it takes longer than walking most of them."""
    return {operation.label: operation for operation in (each.ok() for each in described.get_all_operations())}


@pytest.fixture(scope="module")
def connections() -> Iterator[Session]:
    """Those of what walks, which are kept."""
    with Session() as session:
        session.trust_env = False
        yield session


def test_every_operation_is_tried(operations: dict[str, Any]):
    assert operations.keys() == {*WALKED, *FIXED, *ENDLESS}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", [*WALKED, *FIXED])
def test_nothing_that_the_document_does_not_say_is_answered(
    operations: dict[str, Any], connections: Session, label: str, mode: GenerationMode
):
    if mode is GenerationMode.NEGATIVE and label in {*FIXED, *NOTHING_WRONG}:
        return  # there is nothing that could be wrong
    operation = operations[label]
    turn = 0

    @settings(
        max_examples=10 if label in WALKED else 1,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def walk(case: Any) -> None:
        nonlocal turn
        turn += 1
        if turn % 2 and mode is GenerationMode.POSITIVE:  # what is there, unless it was deleted on the way
            for place in (case.path_parameters, case.query, case.body):
                if isinstance(place, dict):
                    place.update({name: turn % THINGS + 1 for name in place if name in ONES_ID or name in VALUES})
        case.call_and_validate(session=connections, excluded_checks=UNSAID, timeout=10)

    walk()
    assert turn


# AsyncAPI.


def _asyncapi_schema() -> Path | None:
    """The official schema, where the tools of `make test` are installed."""
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        schema = folder.parent / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
        if schema.is_file():
            return schema
    return None


def test_asyncapi_is_valid(asyncapi: Json):
    file = _asyncapi_schema()
    if file is None:
        pytest.skip("@asyncapi/specs is not installed; `make test` installs it")
    schema = json.loads(file.read_text())

    errors = [f"{error.json_path}: {error.message[:200]}" for error in Draft7Validator(schema).iter_errors(asyncapi)]

    assert asyncapi["asyncapi"] == "3.0.0"
    assert errors == []


def test_asyncapi_refers_to_nothing_that_is_not_there(asyncapi: Json):
    assert list(_refs(asyncapi))
    for ref in _refs(asyncapi):
        assert _resolve(asyncapi, ref)
    for name, channel in asyncapi["channels"].items():
        used = [one for one in asyncapi["operations"].values() if one["channel"]["$ref"] == f"#/channels/{name}"]
        spoken = {ref["$ref"].rpartition("/")[2] for operation in used for ref in operation["messages"]}
        assert spoken == set(channel["messages"])


def test_asyncapi_names_the_roads(asyncapi: Json, shared_server: ServerProcess):
    assert {channel["address"] for channel in asyncapi["channels"].values()} == {"/ws", "/events", "/ws/{clientId}"}
    assert {server["host"] for server in asyncapi["servers"].values()} == {f"127.0.0.1:{shared_server.port}"}


def test_every_kind_of_event_is_in_asyncapi(asyncapi: Json):
    kinds = {kind.__name__ for kind in (*DURABLE, *VOLATILE)}
    own = {AccessEvent.__name__, WorkEvent.__name__}  # the server's: nobody hears them
    subclasses = {kind.__name__ for kind in Event.__subclasses__()} - own

    assert kinds == subclasses
    assert set(asyncapi["channels"]["websocket"]["messages"]) == {*kinds, "ResetEvent"}


def _payload(asyncapi: Json, name: str) -> Draft202012Validator:
    payload = asyncapi["components"]["messages"][name]["payload"]
    return _validator(asyncapi, _resolve(asyncapi, payload["$ref"]) if "$ref" in payload else payload)


def test_its_own_examples_are_valid(asyncapi: Json):
    for name, message in asyncapi["components"]["messages"].items():
        assert message["examples"]
        for example in message["examples"]:
            _payload(asyncapi, name).validate(example["payload"])


def test_real_events_are_as_described(asyncapi: Json, shared_server: ServerProcess):
    with httpx.Client(base_url=shared_server.base, timeout=10, verify=False) as client:
        start = client.get("/api/notes").headers["last-event-id"]
        note = client.post("/api/notes", json={"title": "seen"}).headers["location"]
        client.patch(note, json={"done": True, "title": None, "description": "x"})
        client.delete(note)
        client.post(f"{note}/restore")
        me, you = (client.post("/api/users", json=body_of("users.create_user", n)).json()["id"] for n in (901, 902))
        room = client.post("/api/rooms", json={"name": "Seen"}).json()["id"]
        said = client.post(f"/api/rooms/{room}/messages", json={"author_id": you, "content": "a"}).json()["id"]
        client.patch(f"/api/messages/{said}", json={"author_id": you, "content": "b"})
        client.delete(f"/api/messages/{said}?author_id={you}")
        client.post(f"/api/messages/{said}/restore?author_id={you}")
        client.post("/api/messages", json={"author_id": you, "recipient_id": me, "content": "c", "client_key": "k" * 8})
        client.post(f"/api/rooms/{room}/read", json={"reader_id": me, "message_id": said})

        board = client.post("/api/boards", json={"name": "Seen"}).json()["id"]
        client.put(f"/api/boards/{board}/members/{me}", json={"role": "viewer"})
        client.delete(f"/api/boards/{board}/members/{me}")
        client.put(f"/api/me/preferences/seen?person_id={me}", json={"any": ["thing"]})

        topics = f"board:1,board:{board},users,rooms,room:{room},user:{me}"
        events = _events(client, 21, after=start, topics=topics, person=me)
        (reset,) = _events(client, 1, after="0000-1")

    *events, presence = events
    assert [_kind(event) for event in events] == [
        *["NoteEvent"] * 4,
        *["UserEvent"] * 2,
        "RoomEvent",
        *["MessageEvent"] * 4,
        "RoomEvent",
        "MessageEvent",
        "UnreadEvent",
        "BoardEvent",
        *["MembershipEvent", "MemberEvent"],
        *["MemberEvent", "MembershipEvent"],
        "PreferenceEvent",
    ]
    assert _kind(presence) == "PresenceEvent"
    for event in [*events, presence]:
        for name in asyncapi["channels"]["websocket"]["messages"]:
            assert _payload(asyncapi, name).is_valid(event) == (name == _kind(event)), (name, event)
        assert not _payload(asyncapi, _kind(event)).is_valid({**event, "id": 7}) or "id" not in event
        assert not _payload(asyncapi, _kind(event)).is_valid({**event, "action": "reset"})
    _payload(asyncapi, "ResetEvent").validate(reset)
    assert not _payload(asyncapi, "NoteEvent").is_valid(reset)


def _kind(event: Json) -> str:
    (thing,) = event.keys() - {"id", "topic", "action"}
    return f"{thing.title()}Event"


def _events(client: httpx.Client, count: int, **query: str | int) -> list[Json]:
    found: list[Json] = []
    with client.stream("GET", "/events", params=query) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == count:
                    break
    return found


# The page.


def test_the_page_of_the_documents_loads_nothing_from_elsewhere(shared_server: ServerProcess):
    with httpx.Client(base_url=shared_server.base, verify=False) as client:
        page = client.get("/docs")
        assert page.status_code == 200
        addresses = re.findall(r"""(?:src|href)="([^"]+)\"""", page.text)
        assert addresses
        assert all(address.startswith(("/", "#", "data:")) for address in addresses), addresses
        for address in addresses:
            if address.startswith("/static/"):
                assert client.get(address).status_code == 200, address
