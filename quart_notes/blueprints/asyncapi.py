"""The AsyncAPI document of the feed, made from the very classes that are sent."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from quart_notes.events import DURABLE, SHARED_BOARD, Event, EventId, ResetEvent
from quart_notes.version import __version__

REF = "#/components/schemas/{model}"
EXAMPLE_ID = str(EventId("3f9a01bc", 42))
ABOUT = """Every change as one JSON object, on a websocket (one text frame) or as a server-sent event (`data:`, its id
in `id:`).

Ids are an epoch and a number that grows in commit order over all topics. Subscribe with the newest id you have, and
every event after it arrives once, in order, then live ones. When the log no longer knows the id, the first event is a
reset: fetch the state anew. A reader that cannot keep up is cut off (websocket close code 1013) and resumes; a server
that stops closes with 1012."""
QUERY = {
    "topics": "Topics to hear of, separated by commas; all that are visible by default. An unknown one: 403.",
    "after": "Resume after this event id; garbage: 400.",
}


def asyncapi_document(host: str, root_path: str = "", *, secure: bool = False) -> dict[str, Any]:
    """The document, for a server at `host`, under `root_path`, over TLS when `secure`.

    source   https://www.asyncapi.com/docs/reference/specification/v3.0.0
    """
    kinds: tuple[type[BaseModel], ...] = (*DURABLE, ResetEvent)
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
        },
        "operations": {
            name: {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"Send every change of the topics ({SHARED_BOARD}: the shared board)",
                "messages": [{"$ref": f"#/channels/{name}/messages/{kind}"} for kind in refs],
            }
            for name in ("websocket", "eventStream")
        },
        "components": {"schemas": schemas, "messages": messages},
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
    if issubclass(kind, Event):
        schema["properties"] = {"id": ResetEvent.model_json_schema()["properties"]["id"], **schema["properties"]}
        schema["required"] = ["id", *schema["required"]]
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
    (thing,) = [name for name in kind.model_fields if name not in Event.model_fields]
    shape = kind.model_fields[thing].annotation
    example = schemas[shape.__name__]["examples"][0] if shape is not None else {}
    return {"id": EXAMPLE_ID, "topic": SHARED_BOARD, "action": "update", thing: example}
