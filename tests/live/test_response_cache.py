"""Cached responses: valid until an event is published on their topic, and bounded in memory."""

import asyncio

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


def test_a_response_is_cached_for_its_path_and_query(cache: ResponseCache):
    cache.put("/a", b"x=1", 0, _answer(b"one"))

    assert cache.get("/a", b"x=1") == _answer(b"one")
    assert cache.get("/a", b"x=2") is None
    assert cache.get("/b", b"x=1") is None


def test_only_an_event_of_its_topic_invalidates_a_response(cache: ResponseCache, broadcaster: Broadcaster):
    cache.put("/a", b"", cache.position(TOPIC), _answer())
    _published(broadcaster, "board:2")
    assert cache.get("/a", b"") is not None

    _published(broadcaster)

    assert cache.get("/a", b"") is None


def test_rows_read_before_an_event_are_not_cached_after_it(cache: ResponseCache, broadcaster: Broadcaster):
    position = cache.position(TOPIC)
    _published(broadcaster)

    cache.put("/a", b"", position, _answer())

    assert cache.get("/a", b"") is None


def test_a_very_large_response_is_not_cached(cache: ResponseCache):
    cache.put("/fits", b"", 0, _answer(b"x" * MAX_BODY_BYTES))
    cache.put("/large", b"", 0, _answer(b"x" * (MAX_BODY_BYTES + 1)))

    assert cache.get("/fits", b"") is not None
    assert cache.get("/large", b"") is None


def test_the_least_recently_used_response_is_evicted(cache: ResponseCache):
    count = MAX_BYTES // MAX_BODY_BYTES
    for n in range(count - 1):
        cache.put(f"/{n}", b"", 0, _answer(b"x" * MAX_BODY_BYTES))
    assert cache.get("/0", b"") is not None  # used again: the next to be evicted is 1

    for n in range(count, count + 2):
        cache.put(f"/{n}", b"", 0, _answer(b"x" * MAX_BODY_BYTES))

    assert cache.get("/0", b"") is not None
    assert cache.get("/1", b"") is None
    assert cache.get(f"/{count + 1}", b"") is not None


@pytest.mark.parametrize("query", [10_000, 10], ids=["long paths", "short paths"])
def test_many_paths_with_empty_responses_use_bounded_memory(cache: ResponseCache, query: int):
    for n in range(MAX_BYTES // query // 50 + 10_000):
        cache.put("/a", b"%d" % n + b"x" * query, 0, _answer(b""))

    kept = len(cache._entries)
    assert 0 < kept <= MAX_BYTES // 1000
    assert kept * query <= MAX_BYTES


def test_a_repeated_response_counts_once(cache: ResponseCache, broadcaster: Broadcaster):
    for _ in range(100):
        cache.put("/again", b"", cache.position(TOPIC), _answer(b"x" * MAX_BODY_BYTES))
        _published(broadcaster)
        cache.get("/again", b"")

    assert cache._bytes == 0


async def test_a_response_is_encoded_once_however_many_wait(cache: ResponseCache):
    answer = _answer(b"x" * 5000)
    cache.put("/", b"", 0, answer)
    ready, begun = asyncio.Event(), []

    async def encode(response: CachedResponse, coding: str) -> CachedResponse:
        begun.append(coding)
        await ready.wait()
        return _answer(b"short")

    waiting = [asyncio.ensure_future(cache.in_coding("/", b"", answer, "gzip", encode)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # a client that leaves keeps nobody waiting
    await asyncio.sleep(0)
    ready.set()

    assert [(await each).body for each in waiting[1:]] == [b"short"] * 2
    assert (await cache.in_coding("/", b"", answer, "gzip", encode)).body == b"short"
    assert begun == ["gzip"]
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]


async def test_codings_count_as_bytes_of_the_cache(cache: ResponseCache):
    async def encode(response: CachedResponse, coding: str) -> CachedResponse:
        return _answer(response.body)

    for n in range(MAX_BYTES // MAX_BODY_BYTES):
        answer = _answer(b"x" * MAX_BODY_BYTES)
        cache.put(f"/{n}", b"", 0, answer)
        await cache.in_coding(f"/{n}", b"", answer, "gzip", encode)

    kept = [response for response, _ in cache._entries.values()]
    assert 0 < len(kept) < MAX_BYTES // MAX_BODY_BYTES
    assert sum(len(each.body) * (1 + len(each.coded)) for each in kept) <= MAX_BYTES
    for n in range(MAX_BYTES // MAX_BODY_BYTES):
        cache._drop((f"/{n}", b""))
    assert cache._bytes == 0


async def test_the_coding_of_a_dropped_response_is_not_cached(cache: ResponseCache, broadcaster: Broadcaster):
    answer = _answer(b"x" * 5000)
    cache.put("/", b"", cache.position(TOPIC), answer)

    async def encode(response: CachedResponse, coding: str) -> CachedResponse:
        _published(broadcaster)
        assert cache.get("/", b"") is None
        return _answer(b"short")

    assert (await cache.in_coding("/", b"", answer, "gzip", encode)).body == b"short"
    assert cache._bytes == 0
