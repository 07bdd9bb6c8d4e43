"""JSON responses of objects and lists: entity tags, positions in the feed, links to further pages."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from pydantic import TypeAdapter
from quart import Response, request

from quart_notes.domain.idempotency import AlreadyMade
from quart_notes.domain.service import Listed
from quart_notes.live.writer import Committed
from quart_notes.schemas import OutputModel
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.compression import codings_of
from quart_notes.web.content_codings import MIN_BYTES
from quart_notes.web.etags import etag_of, known_tag, tags_sent, version_tag
from quart_notes.web.openapi.components import HEADERS
from quart_notes.web.openapi.document import ResponseDoc
from quart_notes.web.raw_headers import fields_in
from quart_notes.web.security.authentication import visible_position

LIST_HEADERS = {name: HEADERS[name] for name in ("ETag", "Last-Event-ID", "Link")}
ITEM_HEADERS = {"Last-Event-ID": HEADERS["Last-Event-ID"]}
CREATED_HEADERS = {**ITEM_HEADERS, "Location": HEADERS["Location"]}
NOT_MODIFIED = ResponseDoc(304, "Unchanged since the entity tag in If-None-Match.")


def list_response(description: str, model: Any) -> tuple[ResponseDoc, ResponseDoc]:
    """The documented responses of `page`."""
    return (
        ResponseDoc(200, description, model, headers=LIST_HEADERS),
        NOT_MODIFIED,
    )


def item_response(name: str, model: type[OutputModel], headers: Mapping[str, str] = ITEM_HEADERS) -> ResponseDoc:
    """The documented response of all operations on one object: the document has it once."""
    return ResponseDoc(200, f"The {name} as it is now; a deleted one as it was.", model, headers=headers)


def made(
    name: str, model: type[OutputModel], headers: Mapping[str, str], *, status: int = 201
) -> tuple[ResponseDoc, ResponseDoc]:
    """The documented responses of a creation, which may be a repetition."""
    description = f"The {name}: new ({status}), or made before (200)."
    return (
        ResponseDoc(status, description, model, headers=headers),
        ResponseDoc(200, description, model, headers=headers),
    )


def made_status(written: Committed[Any]) -> int:
    """201 for a new object, 200 for one that was created before."""
    return 200 if isinstance(written, AlreadyMade) else 201


def json_made(written: Committed[Any], parent: str) -> Response:
    """A new object, or one that was created before; `parent` is the path of its list."""
    made, position = written
    return json_item(made, position, status=made_status(written), location=f"{parent}/{made.id}")


def page(model: type[OutputModel], found: Listed[Any], **links: Mapping[str, Any]) -> Response:
    """A page of a list by id ascending, and the link to the next page, or the `links` as of `json_list`."""
    if found.more and not links:
        links = {"next": {"after_id": found.items[-1].id}}
    return json_list(_list_of(model).dump_json(found.items), found.position, **links)


@cache
def _list_of(model: type[OutputModel]) -> TypeAdapter[Any]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


def json_list(body: bytes, position: EventId, **links: Mapping[str, Any]) -> Response:
    """A list as JSON, or 304 when the client has it; `links` contains the parameters of further pages by relation."""
    etag = etag_of(body)
    response = not_modified(body, etag)
    if response is None:
        response = Response(body, content_type="application/json", headers={"ETag": etag})
        if links:
            response.headers["Link"] = ", ".join(f'<{_page(where)}>; rel="{rel}"' for rel, where in links.items())
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Last-Event-ID"] = str(visible_position(position))
    return response


def not_modified(body: bytes, etag: str) -> Response | None:
    """The 304 response for a client that has this body, in a coding that it accepts; None for any other."""
    accepted = codings_of(fields_in(request.scope))
    tag = known_tag(tags_sent("If-None-Match"), etag, accepted.accepts)
    if tag is None:
        return None
    response = Response(None, 304, {"ETag": tag})
    del response.headers["Content-Type"]
    if len(body) >= MIN_BYTES:
        response.headers["Vary"] = "Accept-Encoding"
    return response


def _page(parameters: Mapping[str, Any]) -> str:
    texts = {name: str(value) for name, value in parameters.items()}  # a moment is a tuple, but one value
    query = urlencode({**request.args.to_dict(flat=False), **texts}, doseq=True)
    return f"{request.root_path}{request.path}?{query}"


def json_item(
    what: OutputModel, position: EventId, *, status: int = 200, version: int | None = None, location: str | None = None
) -> Response:
    """An object as JSON; `location` is its path within the application, `version` gives its entity tag."""
    response = Response(what.json_bytes, status, content_type="application/json")
    if version is not None:
        response.headers["ETag"] = version_tag(version)
    if location is not None:
        response.headers["Location"] = request.root_path + location
    response.headers["Last-Event-ID"] = str(visible_position(position))
    return response
