"""The other processes that serve a database: who is there, and words over a wire that may lose any of them."""

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_notes.cluster import fragments
from quart_notes.cluster import peers as module
from quart_notes.cluster.fragments import HEAD_MAX
from quart_notes.cluster.peers import AGAIN, ALIVE, LOOK, SILENT, Peers
from tests.support.servers.lossy_wire import LATE, MOMENT, Exchange
from tests.support.virtual_time import in_virtual_time


class Process:
    """A process that remembers what it was told: each says what it `knows` to a new one."""

    def __init__(self, exchange: Exchange, knows: Any = None) -> None:
        self.peers = Peers()
        self.knows = knows
        self.heard: list[tuple[str, Any]] = []
        self.told: dict[str, Any] = {}
        self.new = 0
        self.gone: list[str] = []
        self.peers.listen("word", lambda peer, words: self.heard.append((peer, words)))
        self.peers.listen("knows", self.told.__setitem__)
        self.peers.when_new(self._tell)
        self.peers.when_gone(self._lose)
        exchange.join(self.peers)

    def _tell(self) -> None:
        self.new += 1
        self.peers.say("knows", self.knows)

    def _lose(self, peer: str) -> None:
        self.gone.append(peer)
        self.told.pop(peer, None)

    @property
    def me(self) -> str:
        return self.peers.me

    @property
    def others(self) -> set[str]:
        return set(self.peers.others)


async def _two(**wire: Any) -> tuple[Exchange, Process, Process]:
    """Two processes that know each other."""
    exchange = Exchange(**wire)
    first, second = Process(exchange, "first"), Process(exchange, "second")
    await asyncio.sleep(MOMENT)
    return exchange, first, second


@in_virtual_time
async def test_what_is_said_is_heard_by_all_others():
    _, first, second = await _two()
    third = Process(Exchange())

    first.peers.say("word", {"ä": [1, None, "€ 𝄞"]})
    first.peers.say("no such subject", 1)
    await asyncio.sleep(MOMENT)

    assert second.heard == [(first.me, {"ä": [1, None, "€ 𝄞"]})]
    assert first.heard == third.heard == []


@in_virtual_time
async def test_who_comes_is_told_everything_once_and_tells_everything():
    exchange, first, second = await _two()
    assert (first.told, second.told) == ({second.me: "second"}, {first.me: "first"})
    assert (first.new, second.new) == (1, 1)
    await asyncio.sleep(AGAIN)

    crowd = [Process(exchange, n) for n in range(5)]
    await asyncio.sleep(MOMENT + AGAIN)

    assert first.told == {second.me: "second", **{one.me: one.knows for one in crowd}}
    assert all(one.told.keys() == one.others and len(one.others) == 6 for one in crowd)
    assert first.new == second.new == 2, "those who come together are told together"
    assert all(one.new <= 2 for one in crowd)


@in_virtual_time
async def test_without_a_wire_nothing_happens_and_nothing_is_kept():
    peers = Peers()

    for _ in range(10):
        peers.say("word", "x")
    peers.received(b'0123456789abcdef 1 0 1 [["alive",{}]]')
    peers.stop()

    assert not peers.others
    assert not peers._timers
    assert not peers._waiting


@in_virtual_time
async def test_alone_on_a_wire_one_says_nothing_but_that_one_is_there():
    exchange = Exchange()
    alone = Process(exchange)
    alone.peers.say("word", 1)
    await asyncio.sleep(60)

    assert {json.loads(datum.split(b" ", 4)[4])[0][0] for datum in exchange.carried} == {"alive"}
    assert 60 / ALIVE - 1 <= len(exchange.carried) <= 60 / ALIVE + 1
    assert alone.new == 0


@in_virtual_time
async def test_who_says_goodbye_is_gone_at_once_and_late_words_do_not_bring_them_back():
    exchange, first, second = await _two()

    second.peers.stop()
    await asyncio.sleep(0.01)

    assert first.gone == [second.me]
    assert first.others == set()
    for datum in exchange.carried:
        first.peers.received(datum)
    assert first.others == set()
    second.peers.say("word", "from beyond")
    second.peers.received(exchange.carried[0])
    await asyncio.sleep(60)
    assert (first.gone, first.heard, second.others) == ([second.me], [], set())


@in_virtual_time
async def test_who_falls_silent_is_gone_after_ten_seconds():
    exchange, first, second = await _two()
    await asyncio.sleep(60)
    assert (first.gone, first.new) == ([], 1), "somebody who is alive was taken for gone"

    exchange.kill(second.me)

    await asyncio.sleep(SILENT - ALIVE - LOOK)
    assert first.others == {second.me}
    await asyncio.sleep(ALIVE + 2 * LOOK)
    assert first.others == set()
    assert first.gone == [second.me]


@pytest.mark.parametrize("seconds", [2, 6, 9, 11, 30, 600])
@in_virtual_time
async def test_who_was_stopped_and_goes_on_learns_what_it_missed_and_is_known_again(seconds: int):
    exchange, first, second = await _two()
    third = Process(exchange, "third")
    await asyncio.sleep(MOMENT + AGAIN)
    exchange.freeze(second.peers)
    first.knows, second.knows = "first, later", "second, later"
    await asyncio.sleep(seconds)
    exchange.kill(third.me)
    exchange.thaw(second.peers)
    await asyncio.sleep(AGAIN + 2 * MOMENT)

    if seconds > SILENT:
        assert first.gone == [second.me]
        assert first.told[second.me] == "second, later"
    if seconds > SILENT / 2:
        assert second.told[first.me] == "first, later"
    assert second.others >= {first.me}
    assert second.gone == [], "the silence was its own"
    await asyncio.sleep(SILENT + 2 * LOOK)
    assert (first.others, second.others) == ({second.me}, {first.me})


@in_virtual_time
async def test_who_hears_and_is_not_heard_is_told_anew_when_it_is():
    _, first, second = await _two()
    first.peers._wire = Exchange().join(Peers())._wire  # what it says goes elsewhere
    await asyncio.sleep(SILENT + 2 * LOOK)
    assert (first.others, second.others) == ({second.me}, set())
    first.knows = "later"

    first.peers._wire = second.peers._wire
    first.peers.say("word", 1)
    await asyncio.sleep(2 * MOMENT + AGAIN)

    assert second.told == {first.me: "later"}
    assert first.gone == []


@in_virtual_time
async def test_long_words_go_in_parts_no_longer_than_the_wire_takes():
    exchange, first, second = await _two(limit=200)
    words = ["x" * n for n in (1, 50, 200 - HEAD_MAX, 1000, 20_000)]

    for word in words:
        first.peers.say("word", word)
    await asyncio.sleep(10)

    assert [word for _, word in second.heard] == words
    assert not len(second.peers._parcels)
    assert second.peers._parcels._size == 0
    assert max(map(len, exchange.carried)) <= 200


@in_virtual_time
async def test_parts_that_come_in_another_order_twice_or_with_those_of_others_are_put_together():
    exchange, first, second = await _two(limit=100)
    begin = len(exchange.carried)
    exchange.cut |= {first.me, second.me}
    words = {first.me: "abc" * 100, second.me: "def" * 90}
    first.peers.say("word", words[first.me])
    second.peers.say("word", words[second.me])
    await asyncio.sleep(1)
    data = exchange.carried[begin:] * 2
    random.Random(5).shuffle(data)
    exchange.cut.clear()

    third = Process(exchange)
    for datum in data:
        third.peers.received(datum)

    assert {peer for peer, _ in third.heard} == words.keys()
    assert all(word == words[peer] for peer, word in third.heard)
    await asyncio.sleep(SILENT + 2 * LOOK)
    assert not len(third.peers._parcels), "the rest of what was doubled is forgotten"


@in_virtual_time
async def test_parts_of_which_one_is_lost_are_given_up():
    exchange, first, second = await _two(limit=100)
    begin = len(exchange.carried)
    exchange.cut.add(first.me)
    first.peers.say("word", "x" * 1000)
    await asyncio.sleep(1)
    exchange.cut.clear()
    for datum in exchange.carried[begin:-1]:
        second.peers.received(datum)
    assert second.peers._parcels._size > 0

    await asyncio.sleep(SILENT + 2 * LOOK)

    assert (second.heard, len(second.peers._parcels), second.peers._parcels._size) == ([], 0, 0)


def test_memory_for_parts_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fragments, "MAX_PARTED", 10_000)
    monkeypatch.setattr(fragments, "MAX_PARTED_WORDS", 50)
    monkeypatch.setattr(module, "MAX_PEERS", 50)

    @in_virtual_time
    async def scenario() -> None:
        _, _, second = await _two()
        for number in range(1000):
            second.peers.received(b"0123456789abcdef %d 0 1000 " % number + b"x" * 100)
            second.peers.received(b"0123456789abcde%x 7 %d 9 " % (number % 16, number) + b"x")
            assert second.peers._parcels._size <= 10_000
            assert len(second.peers._parcels) <= 50
        for number in range(1000):
            second.peers.received(b'%016x 1 0 1 [["alive",{}]]' % number)
            second.peers.received(b'%016x 1 0 1 [["goodbye",null]]' % (5000 + number))
        assert len(second.others) <= 50
        assert len(second.peers._left) <= 50

    scenario()


def test_what_would_be_too_long_is_not_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(module, "MAX_WORDS", 1000)

    @in_virtual_time
    async def scenario() -> None:
        _, first, second = await _two()
        first.peers.say("word", "x" * 1000)
        first.peers.say("word", "short")
        await asyncio.sleep(MOMENT)
        assert second.heard == [(first.me, "short")]

    scenario()
    assert "not told of word" in caplog.text


def test_what_waits_for_the_wire_is_bounded_and_leaves_at_a_pace(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_WAITING", 20_000)

    @in_virtual_time
    async def scenario() -> None:
        exchange, first, second = await _two()
        begin = len(exchange.carried)
        for number in range(1000):
            first.peers.say("word", [number, "x" * 100])
        assert len(exchange.carried) - begin <= module.BURST
        assert first.peers._waiting_size <= 20_000
        await asyncio.sleep(5)
        assert 100 < len(second.heard) < 300
        assert {word[0] for _, word in second.heard} == set(range(len(second.heard)))
        assert first.peers._waiting_size == len(first.peers._leaving) == 0

    scenario()


@in_virtual_time
async def test_whatever_else_comes_is_nothing():
    exchange, first, second = await _two()
    name = first.me.encode()
    own = next(datum for datum in exchange.carried if datum.startswith(second.me.encode()))
    bad = [b"", b" ", b"x" * 10_000, own, name, name + b" 1 0 1", name.upper() + b" 1 0 1 []", b"\xff" * 50]
    bodies = [b"", b"{", b"null", b"[]", b'["word"]', b"[1,2]", b"[[],2]", b'{"a":1,"b":2}', b'"ab"', b"[" * 100_000]
    bodies += [
        b'[["word",1,2],["word"],[["word"],1],"word",{"word":1}]',
        b'[["word",\xff]]',
        b'["word",1]',
        b"1" * 5000,
        b'[["alive",[1]]]',
        b'[["alive",{"%s":"1"}]]' % second.me.encode(),
    ]
    bad += [head + body for body in bodies for head in (b"fedcba9876543210 1 0 1 ", name + b" 1 0 1 ")]
    bad += [
        name + head + b'[["word",1]]' for head in (b" 1 1 0 ", b" 1 5 3 ", b" -1 0 1 ", b" 1 0 1", b" 1 0 99999999 ")
    ]

    for datum in bad:
        second.peers.received(datum)
        await asyncio.sleep(0)

    assert second.heard == []
    assert second.others <= {first.me, "fedcba9876543210"}
    first.peers.say("word", "fine")
    await asyncio.sleep(MOMENT)
    assert second.heard == [(first.me, "fine")]


@in_virtual_time
async def test_a_listener_that_fails_does_not_end_the_wire():
    _, first, second = await _two()
    second.peers.listen("trouble", lambda _, words: 1 / words)

    first.peers.say("trouble", 0)
    first.peers.say("word", 1)
    await asyncio.sleep(MOMENT)

    assert second.heard == [(first.me, 1)]


def test_names_are_unlike():
    assert len({Peers().me for _ in range(1000)}) == 1000


STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "kill", "leave", "freeze", "thaw", "learn", "wait"]), st.integers(0, 9)),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 1000))
@in_virtual_time
async def test_whatever_was_lost_once_the_wire_is_whole_all_know_all_again(steps: list[tuple[str, int]], seed: int):
    exchange = Exchange(limit=150)
    exchange.chance = random.Random(seed)
    alive = [Process(exchange, n) for n in range(2)]
    frozen: list[Process] = []
    for step, number in steps:
        one = alive[number % len(alive)]
        if step == "come" and len(alive) < 6:
            alive.append(Process(exchange, number))
        elif step in ("kill", "leave") and len(alive) > 1 and one not in frozen:
            alive.remove(one)
            exchange.kill(one.me) if step == "kill" else one.peers.stop()
        elif step == "freeze" and one not in frozen:
            frozen.append(one)
            exchange.freeze(one.peers)
        elif step == "thaw" and frozen:
            exchange.thaw(frozen.pop().peers)
        elif step == "learn":
            one.knows = number
            one.peers.say("knows", number)
        elif step == "wait":
            await asyncio.sleep(number * 2)
    for one in frozen:
        exchange.thaw(one.peers)
    await asyncio.sleep(LATE)
    exchange.chance = None
    await asyncio.sleep(SILENT + 2 * LOOK + LATE)  # nobody is known any more who is not there
    for one in alive:
        one.knows = ("whole", one.me)
    exchange.cut |= {alive[0].me}
    await asyncio.sleep(SILENT + 2 * LOOK)
    exchange.cut.clear()
    await asyncio.sleep(ALIVE + 2 * AGAIN)

    names = {one.me for one in alive}
    for one in alive:
        assert one.others == names - {one.me}
        assert one.told.keys() <= one.others
    if len(alive) > 1:
        assert alive[0].told == {one.me: ["whole", one.me] for one in alive[1:]}
        assert all(one.told[alive[0].me] == ["whole", alive[0].me] for one in alive[1:])
