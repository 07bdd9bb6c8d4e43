"""Entity tags, for conditional requests."""

import re
from collections.abc import Callable
from hashlib import blake2b

from quart import request

from quart_notes.errors import InvalidIfMatchError
from quart_notes.web.raw_headers import Fields, field_text

ENTITY_TAG = re.compile(r'(W/)?"([^"\x00-\x20\x7f]*)"')
# The suffix of the tag of a compressed response: ours is that of Caddy, and Apache, Jetty and others have similar ones.
COMPRESSED = re.compile(r"(?:--?|[;:])(gzip|br|zstd|deflate)\Z")
TAG_LIST = re.compile(rf"\s*{ENTITY_TAG.pattern}\s*(?:,\s*{ENTITY_TAG.pattern}\s*)*")


def tags_sent(name: str) -> str | None:
    """The entity tags of If-Match or If-None-Match: one list, in any number of headers."""
    return ", ".join(request.headers.getlist(name)) if name in request.headers else None


def tags_in(fields: Fields, name: bytes) -> str | None:
    """The same, of a request's headers in lower case."""
    return field_text(fields, name) if name in fields else None


def etag_of(body: bytes) -> str:
    """A strong entity tag of exactly these bytes."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def version_tag(version: int, *state: int | None) -> str:
    """The entity tag of an object with a version; `state` is what can change without a new one."""
    further = "".join([f".{part or 0}" for part in state])
    return f'"{version}{further}"'


def if_match(header: str | None) -> Callable[[int], bool] | None:
    """A check whether a version matches If-Match; None when the header was not sent.

    A weak tag counts as well: a compressing proxy makes our tags weak, and a version names a state, not bytes. By RFC
    9110 every change through such a proxy would be refused.
    source   RFC 9110, 13.1.1
    """
    if header is None:
        return None
    if header.strip() == "*":
        return lambda version: True
    if TAG_LIST.fullmatch(header) is None:
        raise InvalidIfMatchError('If-Match takes the version in quotes, such as "3", or *.')
    versions = {tag.partition(".")[0] for tag in _tags(header)}
    return lambda version: str(version) in versions


def coded_tag(etag: str, coding: str) -> str:
    """The strong entity tag of the same representation in a content coding: its bytes are others."""
    return f'{etag[:-1]}-{coding}"'


def known_tag(header: str | None, etag: str, accepts: Callable[[str], bool]) -> str | None:
    """The tag in If-None-Match of a representation that the client has and may be given; None when it has none.

    Of the codings that a client accepts, we may select the one that it has. The 304 response carries that tag, so that
    a cache knows which of its responses it is about.
    accepts   whether a response may have this content coding
    source    RFC 9110, 13.1.2; RFC 9111, 4.3.4
    """
    if header is None:
        return None
    if header.strip() == "*":
        return etag
    for _, tag in ENTITY_TAG.findall(header):
        plain, coding = _parts(tag)
        if f'"{plain}"' == etag and (not coding or accepts(coding)):
            return f'"{tag}"'
    return None


def _tags(header: str) -> set[str]:
    """The tags in the form in which this server made them."""
    return {_parts(tag)[0] for _, tag in ENTITY_TAG.findall(header)}


def _parts(tag: str) -> tuple[str, str]:
    """The tag of the version or the bytes, and the content coding that was added to it; "" without one."""
    found = COMPRESSED.search(tag)
    return (tag[: found.start()], found[1]) if found else (tag, "")
