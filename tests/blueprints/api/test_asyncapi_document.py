"""The AsyncAPI document describes the feed."""

import json
import os
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]

from quart_notes.live.events import DURABLE, VOLATILE, AccessEvent, DurableEvent, Event, WorkEvent
from tests.support.api_documents import Json, fetch_document, references, resolve, validator
from tests.support.routes import body_of
from tests.support.servers.server_process import ServerProcess


@pytest.fixture(scope="module")
def asyncapi(shared_server: ServerProcess) -> Json:
    return fetch_document(shared_server, "asyncapi")


def _asyncapi_schema() -> Path | None:
    """The official schema, if the tools of `make test` are installed."""
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


def test_every_reference_in_asyncapi_resolves(asyncapi: Json):
    assert list(references(asyncapi))
    for ref in references(asyncapi):
        assert resolve(asyncapi, ref)
    for name, channel in asyncapi["channels"].items():
        used = [one for one in asyncapi["operations"].values() if one["channel"]["$ref"] == f"#/channels/{name}"]
        spoken = {ref["$ref"].rpartition("/")[2] for operation in used for ref in operation["messages"]}
        assert spoken == set(channel["messages"])


def test_asyncapi_names_both_transports(asyncapi: Json, shared_server: ServerProcess):
    assert {channel["address"] for channel in asyncapi["channels"].values()} == {"/ws", "/events", "/ws/{clientId}"}
    assert {server["host"] for server in asyncapi["servers"].values()} == {f"127.0.0.1:{shared_server.port}"}


def test_every_kind_of_event_is_in_asyncapi(asyncapi: Json):
    kinds = {kind.__name__ for kind in (*DURABLE, *VOLATILE)}
    own = {AccessEvent.__name__, WorkEvent.__name__}  # internal events: no client gets them
    subclasses = {kind.__name__ for base in (Event, DurableEvent) for kind in base.__subclasses__()}

    assert kinds == subclasses - own - {DurableEvent.__name__}
    assert set(asyncapi["channels"]["websocket"]["messages"]) == {*kinds, "ResetEvent"}


def _payload(asyncapi: Json, name: str) -> Draft202012Validator:
    payload = asyncapi["components"]["messages"][name]["payload"]
    return validator(asyncapi, resolve(asyncapi, payload["$ref"]) if "$ref" in payload else payload)


def test_the_examples_in_asyncapi_are_valid(asyncapi: Json):
    for name, message in asyncapi["components"]["messages"].items():
        assert message["examples"]
        for example in message["examples"]:
            _payload(asyncapi, name).validate(example["payload"])


def test_real_events_match_asyncapi(asyncapi: Json, shared_server: ServerProcess):
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
        events = _events(client, 24, after=start, topics=topics, person=me)
        (reset,) = _events(client, 1, after="0000-1")

    *events, presence = events
    assert [_kind(event) for event in events] == [
        *["NoteEvent"] * 4, *["UserEvent"] * 2, "RoomEvent", *["MessageEvent"] * 4, "RoomEvent", "InboxEvent",
        "MessageEvent", "UnreadEvent", "BoardEvent", *["MembershipEvent", "MemberEvent", "InboxEvent"],
        *["MemberEvent", "MembershipEvent", "InboxEvent"], "PreferenceEvent",
    ]  # fmt: skip
    assert _kind(presence) == "PresenceEvent"
    for event in [*events, presence]:
        for name in asyncapi["channels"]["websocket"]["messages"]:
            assert _payload(asyncapi, name).is_valid(event) == (name == _kind(event)), (name, event)
        assert not _payload(asyncapi, _kind(event)).is_valid({**event, "id": 7}) or "id" not in event
        assert not _payload(asyncapi, _kind(event)).is_valid({**event, "action": "reset"})
    _payload(asyncapi, "ResetEvent").validate(reset)
    assert not _payload(asyncapi, "NoteEvent").is_valid(reset)


def _kind(event: Json) -> str:
    (thing,) = event.keys() - {"id", "topic", "action", "by"}
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
