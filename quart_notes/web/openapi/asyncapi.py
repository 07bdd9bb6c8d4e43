"""The AsyncAPI document of the feed, generated from the event classes."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, TypeAdapter

from quart_notes.domain.rooms.access import LOBBY
from quart_notes.live.events import DURABLE, VOLATILE, ResetEvent
from quart_notes.schemas.event_ids import EventId
from quart_notes.version import __version__

REF = "#/components/schemas/{model}"
EXAMPLE_ID = str(EventId("3f9a01bc", 42))
ABOUT = """Every change as one JSON object, on a websocket (one text frame) or as a server-sent event (`data:`, its id
in `id:`).

Ids are an epoch and a number that grows in commit order over all topics. Subscribe with the newest id you have, and
every event after it arrives once, in order, then live ones. When the log no longer knows the id, the first event is a
reset: fetch the state again. With accounts, events from before a user registered, or joined a board, are not replayed.
Events of a deleted note or message are replayed without its text (title and description null, content empty); live
subscribers get its whole last state. A reader that cannot keep up is cut off (websocket close code 1013) and resumes;
a server that stops closes with 1012.

Topics: `board:1` the notes of a board, `users` users, `rooms` rooms, `room:*` the messages of all public rooms, also
future ones, `closed:*` all of your closed rooms, `room:5` one room or direct conversation and its presence, `user:3`
the events of one user: direct messages, new conversations, unread counts and
notifications, the progress of imports. Presence, and who
edits the notes of a board, have no id; they are sent at most once a second, to subscribers that name the room or the
board, and are never replayed."""
QUERY = {
    "topics": "Topics to subscribe to, separated by commas; by default all visible ones. An unknown one: 403.",
    "after": "Resume after this event id; an invalid one: 400.",
    "person": "Id of the subscribing user: by default their own topic is included, and they are present in the rooms"
    " and boards that `topics` names. An unknown one: 404.",
}
LINE = {
    "name": "Line",
    "title": "A line of plain text",
    "summary": f"A message in the lobby (room {LOBBY})",
    "contentType": "text/plain",
    "payload": {"type": "string"},
}


def asyncapi_document(host: str, root_path: str, *, secure: bool) -> dict[str, Any]:
    """The document, for a server at `host`, under `root_path`, over TLS when `secure`.

    source   https://www.asyncapi.com/docs/reference/specification/v3.0.0
    """
    kinds: tuple[type[BaseModel], ...] = (*DURABLE, *VOLATILE, ResetEvent)
    schemas: dict[str, Any] = {}
    messages = {kind.__name__: _message(kind, schemas) for kind in kinds}
    refs = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Quart Notes live feed",
            "version": __version__,
            "description": ABOUT,
        },
        "defaultContentType": "application/json",
        "servers": {
            "websocket": {"host": host, "protocol": "wss" if secure else "ws", "pathname": root_path or "/"},
            "eventStream": {"host": host, "protocol": "https" if secure else "http", "pathname": root_path or "/"},
        },
        "channels": {
            "websocket": _channel("/ws", "websocket", refs),
            "eventStream": _channel("/events", "eventStream", refs),
            "plainText": _plain_text(),
        },
        "operations": {
            "websocket": _operation("send", "websocket", "Send every change of the topics", refs),
            "eventStream": _operation("send", "eventStream", "Send every change of the topics", refs),
            "say": _operation("receive", "plainText", "Post each text frame in the lobby", ["said"]),
            "tell": _operation("send", "plainText", "Send the messages of the lobby, the client's own too", ["heard"]),
        },
        "components": {
            "schemas": schemas,
            "messages": {
                **messages,
                "said": {**LINE, "examples": [{"payload": "Tea is ready."}]},
                "heard": {**LINE, "examples": [{"payload": "Client 5: Tea is ready."}, {"payload": "ada: Coming."}]},
            },
        },
    }


def _operation(action: str, channel: str, summary: str, messages: Iterable[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _plain_text() -> dict[str, Any]:
    return {
        "address": "/ws/{clientId}",
        "servers": [{"$ref": "#/servers/websocket"}],
        "parameters": {"clientId": {"description": "Any whole number; the guest is called Client and this number."}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in ("said", "heard")},
        "description": "The plain-text endpoint of the lobby: `Client {id}: {text}` for guests, `{nickname}: {text}`"
        " for users. Binary frames close it with 1003, a text of more than 4000 characters with 1009.",
    }


def _channel(address: str, server: str, messages: dict[str, Any]) -> dict[str, Any]:
    channel: dict[str, Any] = {"address": address, "servers": [{"$ref": f"#/servers/{server}"}], "messages": messages}
    query = {name: {"type": "string", "description": text} for name, text in QUERY.items()}
    if server == "websocket":
        channel["bindings"] = {"ws": {"query": {"type": "object", "properties": query}, "bindingVersion": "0.1.0"}}
    else:
        text = " ".join(f"`{name}`: {about}" for name, about in QUERY.items())
        channel["description"] = f"Query parameters: {text} The header `Last-Event-ID` counts more than `after`."
    return channel


def _message(kind: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(kind).json_schema(ref_template=REF, mode="serialization")
    schemas.update(schema.pop("$defs", {}))
    if kind in DURABLE:
        schema["properties"] = {"id": ResetEvent.model_json_schema()["properties"]["id"], **schema["properties"]}
        schema["required"] = ["id", *schema["required"], "by"]
    schemas[kind.__name__] = schema
    return {
        "name": kind.__name__,
        "title": getattr(kind, "summary", kind.__name__),
        "summary": (kind.__doc__ or "").splitlines()[0],
        "payload": {"$ref": REF.format(model=kind.__name__)},
        "examples": [{"payload": _example(kind, schemas)}],
    }


def _example(kind: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    if kind is ResetEvent:
        return {"id": EXAMPLE_ID, "action": "reset"}
    *_, thing = kind.model_fields
    shape = kind.model_fields[thing].annotation
    example = schemas[shape.__name__]["examples"][0] if shape is not None else {}
    example_event = {"topic": getattr(kind, "example_topic", ""), "action": "update", thing: example}
    return {"id": EXAMPLE_ID, **example_event, "by": 3} if kind in DURABLE else example_event
