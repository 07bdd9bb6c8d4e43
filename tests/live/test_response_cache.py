"""Kept answers: valid as long as nothing was published, and never more than the memory they may take."""

import pytest

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.response_cache import MAX_BODY_BYTES, MAX_BYTES, CachedResponse, ResponseCache

TOPIC = "board:1"


@pytest.fixture
def broadcaster() -> Broadcaster:
    return Broadcaster()


@pytest.fixture
def cache(broadcaster: Broadcaster) -> ResponseCache:
    return ResponseCache(broadcaster)


def _answer(body: bytes = b"[]") -> CachedResponse:
    return CachedResponse(TOPIC, body, '"tag"', ())


def _published(broadcaster: Broadcaster, topic: str = TOPIC) -> None:
    broadcaster.newest += 1
    broadcaster.positions[topic] = broadcaster.newest


def test_an_answer_is_kept_for_its_address_and_query(cache: ResponseCache):
    cache.put("/a", b"x=1", 0, _answer(b"one"))

    assert cache.get("/a", b"x=1") == _answer(b"one")
    assert cache.get("/a", b"x=2") is None
    assert cache.get("/b", b"x=1") is None


def test_an_event_of_its_topic_makes_an_answer_stale_and_no_other(cache: ResponseCache, broadcaster: Broadcaster):
    cache.put("/a", b"", cache.position(TOPIC), _answer())
    _published(broadcaster, "board:2")
    assert cache.get("/a", b"") is not None

    _published(broadcaster)

    assert cache.get("/a", b"") is None


def test_rows_that_were_read_before_an_event_are_not_kept_after_it(cache: ResponseCache, broadcaster: Broadcaster):
    position = cache.position(TOPIC)
    _published(broadcaster)

    cache.put("/a", b"", position, _answer())

    assert cache.get("/a", b"") is None


def test_a_very_large_answer_is_not_kept(cache: ResponseCache):
    cache.put("/fits", b"", 0, _answer(b"x" * MAX_BODY_BYTES))
    cache.put("/large", b"", 0, _answer(b"x" * (MAX_BODY_BYTES + 1)))

    assert cache.get("/fits", b"") is not None
    assert cache.get("/large", b"") is None


def test_the_answers_that_were_asked_for_last_stay(cache: ResponseCache):
    count = MAX_BYTES // MAX_BODY_BYTES
    for n in range(count - 1):
        cache.put(f"/{n}", b"", 0, _answer(b"x" * MAX_BODY_BYTES))
    assert cache.get("/0", b"") is not None  # asked for again: the next to go is 1

    for n in range(count, count + 2):
        cache.put(f"/{n}", b"", 0, _answer(b"x" * MAX_BODY_BYTES))

    assert cache.get("/0", b"") is not None
    assert cache.get("/1", b"") is None
    assert cache.get(f"/{count + 1}", b"") is not None


@pytest.mark.parametrize("query", [10_000, 10], ids=["long addresses", "short addresses"])
def test_many_addresses_with_empty_answers_do_not_fill_the_memory(cache: ResponseCache, query: int):
    for n in range(MAX_BYTES // query // 50 + 10_000):
        cache.put("/a", b"%d" % n + b"x" * query, 0, _answer(b""))

    kept = len(cache._entries)
    assert 0 < kept <= MAX_BYTES // 1000
    assert kept * query <= MAX_BYTES


def test_the_same_answer_again_and_again_counts_once(cache: ResponseCache, broadcaster: Broadcaster):
    for _ in range(100):
        cache.put("/again", b"", cache.position(TOPIC), _answer(b"x" * MAX_BODY_BYTES))
        _published(broadcaster)
        cache.get("/again", b"")

    assert cache._bytes == 0
