"""The benchmark's counting, without a server."""

import json
import socket
from array import array
from typing import Any, cast

import pytest

from bench.figures import NEVER
from bench.readers import Readers, Tally
from bench.systems import BY_KEY, TITLE, System
from bench.workloads.fanout import figures
from bench.workloads.orders import NANO, Order, Record
from bench.workloads.resume import Crowd, numbers
from bench.workloads.search import highest
from tests.support.servers.bench_peers import Peer, chunk, frame, told


def test_a_stream_that_ends_in_the_middle_of_an_event_is_a_failure():
    mine, theirs = socket.socketpair()
    with Readers(Peer("ours").server(), "websocket") as readers:
        descriptor = mine.fileno()
        readers.sockets[descriptor] = mine
        readers._receive[descriptor] = mine.recv
        readers.poll.register(descriptor)
        theirs.sendall(frame(told(BY_KEY["ours"], "create"))[:-5])
        readers.receive_from(descriptor)
        theirs.close()
        readers.receive_from(descriptor)

        assert readers.failures == ["the server ended the stream"]
        assert not readers.sockets


class FakeReaders:
    """A fake of readers: what they received."""

    def __init__(self, boards: int, places: dict[int, int], notes: list[tuple[int, int, tuple[int, ...]]]) -> None:
        self.boards = ("",) * boards
        self.places = places
        self.notes = notes


def tally(boards: int, places: dict[int, int], notes: list[tuple[int, int, tuple[int, ...]]], count: int) -> Tally:
    return Tally(cast(Readers, FakeReaders(boards, places, notes)), count)


def test_lost_doubled_swapped_and_strange_deliveries_are_distinguished():
    heard = tally(1, {8: 0, 9: 0}, [(1, 8, (0, 1, 2)), (2, 9, (1, 0)), (3, 9, (1,)), (4, 9, (7,))], 3)

    assert [list(times) for times in heard.times] == [[1, 2], [1, 2], [1]]
    assert (heard.doubled, heard.swapped, heard.strange) == (1, 1, 1)
    assert heard.faults() == ["1 doubled", "1 unknown", "1 out of order"]


def test_an_event_of_another_board_is_strange():
    heard = tally(2, {8: 0, 9: 1}, [(1, 8, (0, 2)), (1, 9, (1, 2))], 4)

    assert heard.strange == 1
    assert [list(times) for times in heard.times] == [[1], [1], [1], []]


def test_only_deliveries_after_the_warm_up_count():
    heard = tally(1, {8: 0, 9: 0}, [], 3)
    heard.times = [array("q", [1]), array("q", [NANO + 2_000_000, NANO + 4_000_000]), array("q", [2 * NANO])]

    measured = figures(heard, Record([0, NANO, 2 * NANO - 1_000_000], [1, 1, 1]), warm=1, each=2)

    assert measured.values["p50"] == 2
    assert measured.values["p99"] == measured.values["max"] == NEVER
    assert measured.values["lost"] == 0.25
    assert measured.remarks == ["25% not delivered in time"]


def test_late_or_unanswered_writes_become_remarks():
    record = Record([1, 1], [2, 0], late=50_000_000, failures=["status 503"])

    assert record.remarks() == [
        "1 × writer: status 503",
        "1 of 2 requests not answered in time",
        "the writer was late by up to 50 ms",
    ]


@pytest.mark.parametrize("limit", [19, 20, 33, 100, 777, 50_000])
def test_the_search_finds_the_highest_rate_that_passes(limit: float):
    asked: list[float] = []

    def passes(rate: float) -> bool:
        asked.append(rate)
        return rate <= limit

    found = highest(passes, 20, 20_000, 1.1)

    assert found == (0 if limit < 20 else pytest.approx(min(limit, 20 * 2**9), rel=0.1))
    assert found <= limit
    assert len(asked) <= 14


@pytest.mark.parametrize("transport", ["websocket", "sse"])
def test_the_numbers_of_missed_events_are_parsed_from_bytes(transport: str):
    system = BY_KEY["ours"]
    events = [json.dumps({"action": "create", "note": {**note(system, n)}}).encode() for n in range(5)]
    framed = [frame(event) if transport == "websocket" else chunk(b"data: " + event + b"\n\n") for event in events]
    known: dict[bytes, int | None] = {}
    kind = system.kinds[transport]

    assert numbers(system, kind, [b"".join(framed)], known) == [0, 1, 2, 3, 4]
    assert numbers(system, kind, [b"".join(framed)[:-1]], known) == [0, 1, 2, 3]
    assert numbers(system, kind, [framed[1], framed[0]], known) == [1, 0]


def note(system: System, number: int) -> dict[str, Any]:
    return {"id": 7, "created_at": "x", "updated_at": "x", **system.note(number)}


def test_a_resumed_reader_is_done_at_the_last_event_however_the_bytes_are_split():
    last = f"{TITLE}0000999".encode()
    for cut in range(1, len(last)):
        crowd = Crowd(last)
        mine, theirs = socket.socketpair()
        with theirs:
            crowd.add(mine, b"event" + last[:cut])
            assert crowd.waiting
            theirs.sendall(last[cut:])
            crowd.receive(5)
        assert not crowd.waiting
        assert b"".join(crowd.parts.popitem()[1]) == b"event" + last
        crowd.close()


def test_an_order_starts_after_its_process_and_has_a_timeout():
    peer = Peer("ours")
    cast(Any, peer).port = 1
    order = Order.soon(peer.server(), ["/a"], 100, 50.0, 4)

    assert (order.end - order.begin) / NANO == pytest.approx(7)
