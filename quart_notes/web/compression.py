"""Compresses responses for clients that accept it: which ones, and by which coding.

A compressed length tells how much of a body repeats. Where a body has a secret beside a text that somebody else
chooses, an observer of the network can guess the secret from the lengths, letter by letter (BREACH). So a response is
sent as it is

1. unless it is a 200 to GET or HEAD: secrets that are shown once are in responses to POST, and errors repeat input;
2. if a page of another site caused the request: nobody else can make a browser ask for a page again and again;
3. if it is a page whose address has a query, such as a search, and the browser does not say who caused the request.

Pages have no tokens against forged requests (`security/cross_origin` compares origins), and files are the same for all.
source   https://breachattack.com
"""

from dataclasses import replace

from quart import Quart, Response, request
from quart.wrappers.response import DataBody

from quart_notes.live.response_cache import CachedResponse
from quart_notes.web.content_codings import IDENTITY, MIN_BYTES, AcceptedCodings, accepted_codings, encoded
from quart_notes.web.etags import coded_tag
from quart_notes.web.raw_headers import Fields, field_text, fields_in
from quart_notes.web.security.cross_origin import OWN_SITES

PAGE = "text/html"
TYPES = frozenset({PAGE, "text/css", "text/javascript", "text/plain", "text/csv", "application/json"})  # compressed
VARY = (b"vary", b"Accept-Encoding")  # header of each response that some clients get compressed


def register(app: Quart) -> None:
    """Compress what the routes return. Called first, so that it comes after all that changes a body."""
    app.after_request(_compress)


def codings_of(fields: Fields) -> AcceptedCodings:
    """The codings that a client accepts."""
    return accepted_codings(field_text(fields, b"accept-encoding") if b"accept-encoding" in fields else None)


def coding_for(fields: Fields, length: int) -> str:
    """The coding of a response that is no page; IDENTITY for none.

    length   of the body, bytes
    """
    if b"accept-encoding" not in fields or not _is_own(fields, otherwise=True):
        return IDENTITY
    return codings_of(fields).for_length(length)


async def compressed(response: CachedResponse, coding: str, *, keep: bool = False) -> CachedResponse:
    """A cached response in a coding; `keep` as for `encoded`."""
    etag, body = coded_tag(response.etag, coding), await encoded(response.body, coding, keep=keep)
    others = (header for header in response.headers if header[0] != b"etag" and header != VARY)
    headers = (*others, VARY, (b"etag", etag.encode()), (b"content-encoding", coding.encode()))
    return replace(response, body=body, etag=etag, headers=headers, coded={})


async def _compress(response: Response) -> Response:
    body = response.response
    if request.method not in {"GET", "HEAD"} or response.status_code != 200 or not isinstance(body, DataBody):
        return response
    if response.mimetype not in TYPES or "Accept-Encoding" in response.vary:  # decided already
        return response
    fields = fields_in(request.scope)
    coding = coding_for(fields, len(body.data))
    if response.mimetype == PAGE and not _is_own(fields, otherwise=not request.query_string):
        coding = IDENTITY
    if coding != IDENTITY:
        _set_coding(response, await encoded(body.data, coding), coding)
    if coding != IDENTITY or len(body.data) >= MIN_BYTES:
        response.vary.add("Accept-Encoding")
    return response


def _set_coding(response: Response, body: bytes, coding: str) -> None:
    """Make a response one with this body, which has this coding."""
    response.set_data(body)
    response.headers["Content-Encoding"] = coding
    if etag := response.headers.get("ETag"):
        response.headers["ETag"] = coded_tag(etag, coding)


def _is_own(fields: Fields, *, otherwise: bool) -> bool:
    """Whether a page of ours caused the request, or the user; `otherwise`: the answer when the browser says nothing."""
    if b"sec-fetch-site" not in fields:
        return otherwise
    return field_text(fields, b"sec-fetch-site").strip().lower() in OWN_SITES
