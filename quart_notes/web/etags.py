"""Entity tags, for conditional requests."""

import re
from collections.abc import Callable
from hashlib import blake2b

from quart import request

from quart_notes.errors import InvalidIfMatchError

ENTITY_TAG = re.compile(r'(W/)?"([^"\x00-\x20\x7f]*)"')
# The suffix that Apache, Caddy, Jetty and others add to the tag of a compressed response.
COMPRESSED = re.compile(r"(--?|[;:])(gzip|br|zstd|deflate)\Z")
TAG_LIST = re.compile(rf"\s*{ENTITY_TAG.pattern}\s*(?:,\s*{ENTITY_TAG.pattern}\s*)*")


def tags_sent(name: str) -> str | None:
    """The entity tags of If-Match or If-None-Match: one list, in any number of headers."""
    return ", ".join(request.headers.getlist(name)) if name in request.headers else None


def etag_of(body: bytes) -> str:
    """A strong entity tag of exactly these bytes."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def version_tag(version: int) -> str:
    """The entity tag of an object with a version."""
    return f'"{version}"'


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
    tags = _tags(header)
    return lambda version: str(version) in tags


def if_none_match(header: str | None, etag: str) -> bool:
    """Whether the client has this representation already; tags are compared weakly.

    source   RFC 9110, 13.1.2
    """
    if header is None:
        return False
    return header.strip() == "*" or etag.strip('"') in _tags(header)


def _tags(header: str) -> set[str]:
    """The tags in the form in which this server made them."""
    return {COMPRESSED.sub("", tag) for _, tag in ENTITY_TAG.findall(header)}
