"""Which content coding a client gets, by its Accept-Encoding."""

import zlib
from collections.abc import Iterator

import pytest

from quart_notes.web import content_codings
from quart_notes.web.content_codings import (
    ENCODERS,
    IDENTITY,
    INLINE_BYTES,
    MIN_BYTES,
    AcceptedCodings,
    Encoder,
    accepted_codings,
    encoded,
)

# A header, and the coding that it gets, of br and gzip.
PREFERRED = [
    ("gzip", "gzip"),
    ("br", "br"),
    ("gzip, deflate, br, zstd", "br"),
    ("gzip;q=1.0, br;q=0.9", "gzip"),
    ("gzip;q=0.001", "gzip"),
    ("GZip ; Q=0.5", "gzip"),
    ("x-gzip", "gzip"),
    ("\tgzip\t;\tq=1.000,,", "gzip"),
    ("*", "br"),
    ("*;q=0.1", "br"),
    ("br;q=0, *", "gzip"),
    ("br;q=0, gzip;q=0, *", IDENTITY),
    ("identity;q=0", IDENTITY),  # nothing is left: the header is disregarded
    ("gzip, identity;q=0", "gzip"),
    ("gzip, *;q=0", "gzip"),
    ("gzip;q=0", IDENTITY),
    ("gzip;q=0.000, br;q=0.0", IDENTITY),
    ("*;q=0", IDENTITY),
    ("gzip;q=0.5, identity", IDENTITY),
    ("gzip;q=0.5, identity;q=0.4", "gzip"),
    ("identity, *;q=0.5", IDENTITY),
    ("gzip;q=0, gzip", IDENTITY),
    ("deflate, zstd", IDENTITY),
    ("", IDENTITY),
    (" ", IDENTITY),
    # not valid, so without effect
    ("gzip;q=1.5", IDENTITY),
    ("gzip;q=-1", IDENTITY),
    ("gzip;q=0.1234", IDENTITY),
    ("gzip;level=9", IDENTITY),
    ("gzip br", IDENTITY),
    ('"gzip"', IDENTITY),
    (";q=1", IDENTITY),
]


@pytest.fixture(autouse=True)
def two_codings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With brotli, whether it is installed or not."""
    monkeypatch.setattr(content_codings, "ENCODERS", {"br": Encoder(bytes, bytes), "gzip": ENCODERS["gzip"]})
    accepted_codings.cache_clear()
    yield
    accepted_codings.cache_clear()


@pytest.mark.parametrize(("header", "coding"), PREFERRED)
def test_the_coding_with_the_highest_weight_is_preferred(header: str, coding: str):
    assert AcceptedCodings(header).for_length(MIN_BYTES) == coding


def test_a_client_that_says_nothing_gets_the_body_as_it_is_and_accepts_any_coding():
    accepted = accepted_codings(None)

    assert accepted.for_length(MIN_BYTES) == IDENTITY
    assert all(map(accepted.accepts, ("gzip", "br", "zstd", IDENTITY)))


def test_a_client_accepts_what_it_names_and_the_body_as_it_is():
    accepted = accepted_codings("gzip, zstd;q=0")

    assert accepted.accepts("gzip")
    assert accepted.accepts(IDENTITY)
    assert not accepted.accepts("zstd")
    assert not accepted.accepts("br")
    assert not accepted_codings("gzip, *;q=0").accepts(IDENTITY)


def test_a_short_body_is_encoded_only_where_it_is_refused_as_it_is():
    assert accepted_codings("gzip").for_length(MIN_BYTES - 1) == IDENTITY
    assert accepted_codings("gzip, identity;q=0").for_length(MIN_BYTES - 1) == "gzip"


@pytest.mark.parametrize("length", [0, INLINE_BYTES, INLINE_BYTES + 1])
@pytest.mark.parametrize("keep", [False, True])
async def test_a_body_in_gzip_is_the_same_body(length: int, keep: bool):
    body = bytes(range(256)) * (length // 256) + b"x" * (length % 256)

    packed = [await encoded(body, "gzip", keep=keep) for _ in range(2)]

    assert zlib.decompress(packed[0], wbits=31) == body
    assert packed[0] == packed[1], "no time is in it, so that its entity tag stays"


@pytest.mark.parametrize("keep", [False, True])
async def test_a_body_in_brotli_is_the_same_body(monkeypatch: pytest.MonkeyPatch, keep: bool):
    brotli = pytest.importorskip("brotli", reason="brotli, an optional extra, is not installed")
    monkeypatch.setattr(content_codings, "ENCODERS", ENCODERS)

    packed = await encoded(b"a body " * 1000, "br", keep=keep)

    assert list(ENCODERS) == ["br", "gzip"]
    assert brotli.decompress(packed) == b"a body " * 1000
