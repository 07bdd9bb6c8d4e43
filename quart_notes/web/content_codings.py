"""Content codings: which of them a client accepts, and bodies in them.

source   RFC 9110, 8.4 and 12.5.3
"""

import asyncio
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

try:
    import brotli
except ImportError:  # an optional extra
    brotli = None

IDENTITY = "identity"  # the body as it is
LOWEST = 0.0001  # weight of the body as it is for a client that does not name it: acceptable, after all codings
MIN_BYTES = 1024  # of a body that is encoded: a shorter one fits into a packet anyway
INLINE_BYTES = 16 << 10  # a body up to here is encoded in 0.3 ms; a longer one would hold up the loop
GZIP_FORMAT = 31  # for zlib
CODING = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
ALIASES = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3


class Encoder(NamedTuple):
    """How bodies get a coding: `fast` for one that is sent once or a few times, `small` for one that is kept."""

    fast: Callable[[bytes], bytes]
    small: Callable[[bytes], bytes]


def _encoders() -> Mapping[str, Encoder]:
    """By coding, the preferred one first."""
    packed = {level: partial(zlib.compress, level=level, wbits=GZIP_FORMAT) for level in (6, 9)}
    found = {"gzip": Encoder(packed[6], packed[9])}
    if brotli is None:
        return found
    # Quality 11 would make our scripts smaller by a further 7 %, in ten times the time.
    return {"br": Encoder(partial(brotli.compress, quality=5), partial(brotli.compress, quality=9)), **found}


ENCODERS = _encoders()


class AcceptedCodings:
    """The codings that a client accepts.

    1. Without the header, and without a valid one, every response is sent as it is.
    2. If nothing acceptable is left, the body is sent as it is: RFC 9110, 12.1 allows to disregard the header.

    preferred   the coding for a body of some length; IDENTITY for none
    """

    __slots__ = ("_any", "_weights", "preferred")

    def __init__(self, header: str | None) -> None:
        self._any = header is None
        self._weights = _weights(header or "")
        acceptable = {name: self._weight(name) for name in (*ENCODERS, IDENTITY)}
        best = max(acceptable, key=acceptable.__getitem__)  # of equal weights the first
        self.preferred = best if acceptable[best] and not self._any else IDENTITY

    def accepts(self, coding: str) -> bool:
        """Whether a response may have this coding. A client that says nothing accepts each."""
        return self._any or self._weight(coding) > 0

    def for_length(self, length: int) -> str:
        """The coding for a body of `length` bytes."""
        return self.preferred if length >= MIN_BYTES or not self.accepts(IDENTITY) else IDENTITY

    def _weight(self, coding: str) -> float:
        return self._weights.get(coding, self._weights.get("*", LOWEST if coding == IDENTITY else 0))


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in filter(str.strip, header.split(",")):
        found = CODING.fullmatch(part)
        if found is None:
            return {}
        name = found[1].lower()
        weights.setdefault(ALIASES.get(name, name), float(found[2] or 1))
    return weights


@lru_cache(256)
def accepted_codings(header: str | None) -> AcceptedCodings:
    """The codings of an Accept-Encoding header, cached: clients send the same again and again."""
    return AcceptedCodings(header)


async def encoded(body: bytes, coding: str, *, keep: bool = False) -> bytes:
    """A body in a coding of ENCODERS; a long one is encoded beside the loop, so that it delays nobody.

    keep   whether the result is sent often: it becomes smaller, and takes longer
    """
    encode = ENCODERS[coding].small if keep else ENCODERS[coding].fast
    return encode(body) if len(body) <= INLINE_BYTES else await asyncio.to_thread(encode, body)
