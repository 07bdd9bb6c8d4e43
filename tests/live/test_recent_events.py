"""The newest events in memory: complete, bounded, and None beyond them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.live import recent_events as module
from quart_notes.live.channel import FeedMessage
from quart_notes.live.recent_events import RecentEvents

TOPICS = ("board:1", "board:2", "room:1", "users")
CHOICES = st.sets(st.sampled_from([*TOPICS, "board:*", "room:*"]), min_size=1)


def event(number: int, topic: str = "board:1", size: int = 10) -> FeedMessage:
    return FeedMessage(topic, number, f"e-{number}", b"x" * size)


def heard(topic: str, topics: set[str]) -> bool:
    return topic in topics or f"{topic.partition(':')[0]}:*" in topics


@given(st.lists(st.sampled_from(TOPICS), max_size=30), CHOICES, st.integers(0, 9), st.integers(1, 9), st.data())
def test_it_returns_the_events_in_memory_or_none(
    told: list[str], topics: set[str], gone: int, limit: int, data: st.DataObject
):
    recent = RecentEvents()
    messages = [event(number, topic) for number, topic in enumerate(told, 101)]
    recent.append(messages)
    recent.prune(100 + gone)
    after, up_to = data.draw(st.integers(90, 140)), data.draw(st.integers(90, 140))

    got = recent.since(topics, after, up_to, limit)

    left = messages[gone:]
    if not left or not left[0].number - 1 <= after <= left[-1].number:  # type: ignore[operator]
        assert got is None
    else:
        wanted = [one for one in left if after < (one.number or 0) <= up_to and heard(one.topic, topics)]
        assert got == wanted[:limit]


def test_it_is_empty_at_first():
    assert RecentEvents().since({"board:1"}, 0, 10, 10) is None


def test_a_gap_left_by_other_processes_is_detected():
    recent = RecentEvents()
    recent.append([event(1), event(2)])
    recent.append([event(5)])

    assert recent.since({"board:1"}, 2, 5, 10) is None
    assert recent.since({"board:1"}, 4, 5, 10) == [event(5)]


@pytest.mark.parametrize(("events", "size"), [(5000, 10), (600, 50_000)])
def test_it_is_bounded_and_keeps_the_newest(events: int, size: int):
    recent = RecentEvents()
    for number in range(1, events + 1):
        recent.append([event(number, size=size)])

    first = events - min(module.MAX_EVENTS, module.MAX_BYTES // size) + 1
    assert recent.since({"board:1"}, first - 2, events, events) is None
    got = recent.since({"board:1"}, first - 1, events, events)
    assert got is not None
    assert [one.number for one in got] == list(range(first, events + 1))
