"""Presence across processes: who is in a room wherever they are connected, over a wire that may lose any word."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_notes import elsewhere, parts
from quart_notes.broadcaster import Broadcaster
from quart_notes.elsewhere import PACE, REPEAT
from quart_notes.peers import LOOK, SILENT, Peers
from quart_notes.presence import INTERVAL, LINGER, MOVING, TYPING, Presence
from tests.test_presence import ADA, BOB, EVE, Listener, _now, _user, nicks
from tests.virtual_time import in_virtual_time
from tests.wires import LATE, MOMENT, Exchange

GONE = LINGER + MOVING


class Process:
    """The presence of one process, and a reader of room 5 there."""

    def __init__(self, exchange: Exchange) -> None:
        self.broadcaster = Broadcaster()
        self.peers = Peers()
        self.presence = Presence(self.broadcaster, self.peers)
        self.listener = Listener(self.broadcaster)
        exchange.join(self.peers)

    @property
    def now(self) -> tuple[list[str], list[str], list[str]]:
        return _now(self.presence)

    @property
    def last(self) -> tuple[list[str], list[str], list[str]]:
        return self.listener.last if self.listener.heard else ([], [], [])

    def hears(self, begin: int = 0) -> list[list[str]]:
        """Who was said to be here, from some telling on."""
        return [nicks(heard, "here") for _, heard in self.listener.heard[begin:]]

    def stop(self) -> None:
        self.presence.close()
        self.peers.stop()


async def _processes(number: int = 2) -> tuple[Exchange, list[Process]]:
    exchange = Exchange()
    processes = [Process(exchange) for _ in range(number)]
    await asyncio.sleep(2)
    return exchange, processes


@in_virtual_time
async def test_who_comes_at_one_process_is_here_at_all_of_them():
    _, (first, second, third) = await _processes(3)

    first.presence.join(5, ADA)
    second.presence.join(5, BOB)
    third.presence.join_as_guest(5, "Client 1")
    first.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(MOMENT)

    for one in (first, second, third):
        assert one.now == (["Ada", "bob"], ["Client 1"], [])
    await asyncio.sleep(INTERVAL + PACE)
    for one in (first, second, third):
        assert one.last == one.now
    assert _now(first.presence, 6) == ([], [], [])


@in_virtual_time
async def test_a_process_that_comes_later_is_told_of_everybody():
    exchange, (first, second) = await _processes()
    for number in range(1, 300):
        first.presence.join(number, _user(number))
        second.presence.join(number, ADA)
    third = Process(exchange)
    await asyncio.sleep(2)

    for number in range(1, 300):
        assert len(third.presence.now(number).here) == (1 if number == 1 else 2)


@in_virtual_time
async def test_somebody_is_here_while_one_of_their_connections_is_at_whichever_process():
    _, (first, second) = await _processes()
    leave_first, leave_second = first.presence.join(5, ADA), second.presence.join(5, ADA)
    guest_first = first.presence.join_as_guest(5, "Client 1")
    guest_second = second.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(2)
    heard = len(first.listener.heard), len(second.listener.heard)

    leave_first()
    guest_second()
    await asyncio.sleep(20)

    assert first.now == second.now == (["Ada"], ["Client 1"], [])
    assert first.hears(heard[0]) + second.hears(heard[1]) == [["Ada"]] * 4, "and nobody is told more than once of each"
    leave_second()
    guest_first()
    await asyncio.sleep(GONE + PACE + INTERVAL)
    assert first.now == second.now == first.last == second.last == ([], [], [])


@pytest.mark.parametrize("away", [0, 0.5, 1.5, LINGER - 0.01])
def test_a_reload_that_lands_on_another_process_is_no_leaving(away: float):
    @in_virtual_time
    async def scenario() -> None:
        _, (first, second) = await _processes()
        leave = first.presence.join(5, ADA)
        first.presence.join(5, BOB)
        await asyncio.sleep(3)
        begin = len(first.listener.heard), len(second.listener.heard)
        leave()
        await asyncio.sleep(max(away - 0.1, 0))
        second.presence.join(5, BOB)  # so that the next word of the room has to wait
        await asyncio.sleep(min(away, 0.1))
        leave = second.presence.join(5, ADA)
        for _ in range(200):
            await asyncio.sleep(0.05)
            assert "Ada" in first.now[0]

        assert all("Ada" in here for here in first.hears(begin[0]) + second.hears(begin[1]))
        leave()
        await asyncio.sleep(GONE + PACE + INTERVAL)
        assert first.last == second.last == (["bob"], [], [])

    scenario()


@in_virtual_time
async def test_nobody_is_here_through_a_process_that_has_gone():
    exchange, (first, second, third) = await _processes(3)
    first.presence.join(5, ADA)
    second.presence.join(5, BOB)
    third.presence.join(5, EVE)
    third.presence.typing(5, EVE)
    await asyncio.sleep(2)
    assert first.now == (["Ada", "bob", "eve"], [], ["eve"])

    third.stop()
    await asyncio.sleep(MOMENT)
    assert first.now == second.now == (["Ada", "bob"], [], [])

    exchange.kill(second.peers.me)
    second.presence.close()
    await asyncio.sleep(SILENT + 2 * LOOK + INTERVAL)
    assert first.now == first.last == (["Ada"], [], [])
    first.stop()
    assert first.now == ([], [], [])


@in_virtual_time
async def test_typing_is_told_everywhere_for_as_long_as_it_goes_on():
    _, (first, second) = await _processes()
    for _ in range(5):
        first.presence.typing(5, ADA)
        await asyncio.sleep(3)
        assert second.now == ([], [], ["Ada"])
    assert all(nicks(heard, "typing") == ["Ada"] for _, heard in second.listener.heard)
    assert len(second.listener.heard) == 1, "typing that goes on is told once"

    await asyncio.sleep(TYPING - 3 + MOMENT)
    assert first.now == second.now == ([], [], [])
    await asyncio.sleep(INTERVAL)
    assert first.last == second.last == ([], [], [])


@pytest.mark.parametrize("after", [0, 0.01, 0.1, 1, 3])
def test_a_message_by_another_process_ends_the_typing_at_all(after: float):
    @in_virtual_time
    async def scenario() -> None:
        _, (first, second, third) = await _processes(3)
        first.presence.typing(5, BOB)
        first.presence.typing(5, ADA)
        await asyncio.sleep(after)
        first.presence.typing(5, BOB)

        second.presence.stopped_typing(5, ADA.id)

        await asyncio.sleep(MOMENT)
        assert first.now == ([], [], ["bob"])
        await asyncio.sleep(PACE)
        for one in (first, second, third):
            assert one.now == ([], [], ["bob"])
        await asyncio.sleep(INTERVAL)
        for one in (first, second, third):
            assert one.last == ([], [], ["bob"])
        first.presence.typing(5, ADA)
        await asyncio.sleep(PACE + MOMENT)
        assert third.now == ([], [], ["Ada", "bob"])

    scenario()


@in_virtual_time
async def test_one_who_types_at_two_processes_stops_at_both():
    _, (first, second, third) = await _processes(3)
    first.presence.typing(5, ADA)
    second.presence.typing(5, ADA)
    await asyncio.sleep(2)
    third.presence.stopped_typing(5, ADA.id)
    await asyncio.sleep(PACE + MOMENT)

    for one in (first, second, third):
        assert one.now == ([], [], [])


@in_virtual_time
async def test_a_busy_room_is_said_and_told_once_a_second():
    exchange, (first, second) = await _processes()
    chance = random.Random(3)
    leaves: list[Callable[[], None]] = []
    begin, began = len(exchange.carried), asyncio.get_running_loop().time()
    for _ in range(400):
        await asyncio.sleep(chance.random() * 0.05)
        if leaves and chance.random() < 0.5:
            leaves.pop()()
        else:
            leaves.append(first.presence.join(5, _user(chance.randint(1, 6))))
    busy = asyncio.get_running_loop().time() - began
    said = sum(b'["parts"' in datum for datum in exchange.carried[begin:])
    await asyncio.sleep(10)

    assert busy / 2 < said <= busy / PACE + 2
    times = second.listener.times
    assert min(later - earlier for earlier, later in pairwise(times)) >= INTERVAL - 0.01
    assert second.last == second.now == first.now


@in_virtual_time
async def test_words_that_were_lost_are_missed_and_said_again():
    exchange, (first, second) = await _processes()
    leave = first.presence.join(6, BOB)
    await asyncio.sleep(2)
    leave()
    await asyncio.sleep(GONE - 0.01)
    exchange.cut.add(first.peers.me)
    first.presence.join(5, ADA)
    await asyncio.sleep(1)
    exchange.cut.clear()
    assert (second.now, _now(second.presence, 6)) == (([], [], []), (["bob"], [], []))

    await asyncio.sleep(REPEAT + PACE)

    assert (second.now, _now(second.presence, 6)) == ((["Ada"], [], []), ([], [], []))


@in_virtual_time
async def test_many_rooms_are_healed_in_a_few_seconds_by_short_words():
    exchange, (first, second) = await _processes()
    exchange.cut.add(first.peers.me)
    leaves = [first.presence.join(number, ADA) for number in range(1, 2 * elsewhere.WANTED_MAX)]
    await asyncio.sleep(3)
    exchange.cut.clear()
    begin = len(exchange.carried)
    await asyncio.sleep(3 * REPEAT)

    def here() -> list[int]:
        return [number for number in range(1, 2 * elsewhere.WANTED_MAX) if second.presence.now(number).here]

    assert here() == list(range(1, 2 * elsewhere.WANTED_MAX))
    assert sum(map(len, exchange.carried[begin:])) < 1_000_000
    exchange.cut.add(first.peers.me)
    for leave in leaves[100:]:
        leave()
    await asyncio.sleep(GONE + 1)
    exchange.cut.clear()
    await asyncio.sleep(REPEAT + PACE)
    assert here() == list(range(1, 101))


@in_virtual_time
async def test_an_older_part_never_replaces_a_newer_one():
    exchange, (first, second) = await _processes()
    begin = len(exchange.carried)
    leave = first.presence.join_as_guest(5, "Client 1")
    await asyncio.sleep(2)
    leave()
    await asyncio.sleep(2)
    old = exchange.carried[begin:]
    assert second.now == ([], [], [])

    for _ in range(3):
        for datum in old:
            second.peers.received(datum)
            assert second.now == ([], [], [])
        await asyncio.sleep(REPEAT)  # what is known of the room is forgotten meanwhile
    assert all(not rooms for rooms in second.presence._elsewhere._parts._parts.values())


@in_virtual_time
async def test_which_rooms_there_are_says_nothing_of_what_came_later():
    exchange, (first, second) = await _processes()
    await asyncio.sleep(REPEAT)
    late = next(
        datum
        for datum in reversed(exchange.carried)
        if b'["rooms"' in datum and datum.startswith(first.peers.me.encode())
    )
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)

    second.peers.received(late)

    assert second.now == (["Ada"], [], [])


@in_virtual_time
async def test_with_nobody_in_any_room_nothing_is_kept_and_little_is_said():
    exchange, (first, second) = await _processes()
    for number in range(1, 101):
        leave = first.presence.join(number, ADA)
        first.presence.join_as_guest(number, "Client 1")()
        first.presence.typing(number, BOB)
        second.presence.stopped_typing(number, BOB.id)
        leave()
    await asyncio.sleep(60)
    begin = len(exchange.carried)
    await asyncio.sleep(60)

    for one in (first, second):
        here = one.presence._elsewhere
        assert not one.presence._places
        assert not here._said
        assert not here._unsaid
        assert all(not rooms for rooms in here._parts._parts.values())
    assert sum(map(len, exchange.carried[begin:])) < 60 * 2 * 50
    exchange.kill(second.peers.me)
    await asyncio.sleep(20)
    assert not first.presence._elsewhere._parts._parts
    assert not first.presence._elsewhere._parts._floors
    assert first.presence._elsewhere._repeating is None


@in_virtual_time
async def test_with_no_other_process_nothing_is_said_and_nothing_kept():
    exchange = Exchange()
    alone = Process(exchange)
    leave = alone.presence.join(5, ADA)
    alone.presence.typing(5, ADA)
    alone.presence.stopped_typing(5, ADA.id)
    await asyncio.sleep(1)
    leave()
    await asyncio.sleep(LINGER + 0.01)

    assert alone.now == ([], [], [])
    assert all(b'["alive"' in datum for datum in exchange.carried)
    here = alone.presence._elsewhere
    assert not (here._said or here._unsaid or here._saying or here._stopping or here._repeating)


@in_virtual_time
async def test_what_is_malformed_is_nothing():
    _, (first, second) = await _processes()
    first.presence.join(5, ADA)
    await asyncio.sleep(MOMENT)
    part = {"room": 5, "number": 9, "people": [], "guests": [], "typing": []}
    bad: list[Any] = [None, 1, "x", [], {}, [None], [{**part, "room": "x"}], [{**part, "people": [{"id": 1}]}]]
    for subject in ("parts", "rooms", "wanted", "stopped"):
        for words in bad:
            first.peers.say(subject, words)
    first.peers.say("parts", [{**part, "room": 0}, part])
    first.peers.say("rooms", {"newest": 1, "first": 0, "end": None, "rooms": [[5]]})
    first.peers.say("wanted", {"peer": second.peers.me, "rooms": [2**70]})
    first.peers.say("parts", [{**part, "typing": [{"person": {"id": 1}, "seconds": 1e9}]}])
    await asyncio.sleep(2)

    assert second.now == (["Ada"], [], [])


@in_virtual_time
async def test_so_many_rooms_of_a_process_are_remembered_and_no_more():
    _, (first, second) = await _processes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROOMS_MAX", 10)
        patch.setattr(elsewhere, "PEOPLE_MAX", 3)
        for number in range(1, 30):
            first.presence.join(number, ADA)
        for number in range(10):
            first.presence.join(1, _user(10 + number))
            first.presence.join_as_guest(1, f"Client {number}")
        await asyncio.sleep(20)

        assert len(second.presence._elsewhere._parts._parts[first.peers.me]) == 10
        assert len(second.presence.now(1).here) == 3
        assert len(second.presence.now(1).guests) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave", "guest", "typing", "said", "wait", "come", "go", "die", "pause"]),
        st.integers(0, 8),
    ),
    max_size=40,
)


class Town:
    """Processes and who is connected to which, as it really is."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.processes = [Process(exchange), Process(exchange)]
        self.connections: list[tuple[Process, str, Callable[[], None]]] = []
        self.frozen: list[Process] = []

    async def do(self, step: str, number: int, pause: float) -> None:
        one = self.processes[number % len(self.processes)]
        who = number % 3 + 1
        if step == "join":
            self.connections.append((one, f"nick{who}", one.presence.join(5, _user(who))))
        elif step == "guest":
            self.connections.append((one, f"Client {who}", one.presence.join_as_guest(5, f"Client {who}")))
        elif step == "leave" and self.connections:
            self.connections.pop(number % len(self.connections))[2]()
        elif step == "typing":
            one.presence.typing(5, _user(who))
        elif step == "said":
            one.presence.stopped_typing(5, who)
        elif step == "wait":
            await asyncio.sleep(pause * number)
        elif step == "come" and len(self.processes) < 5:
            self.processes.append(Process(self.exchange))
        elif step in ("go", "die") and len(self.processes) > 1 and one not in self.frozen:
            self._end(one, step)
        elif step == "pause" and one not in self.frozen:
            self.frozen.append(one)
            self.exchange.freeze(one.peers)

    def _end(self, one: Process, step: str) -> None:
        self.processes.remove(one)
        self.connections = [connection for connection in self.connections if connection[0] is not one]
        one.presence.close()
        if step == "die":
            self.exchange.kill(one.peers.me)
        else:
            one.peers.stop()

    def mend(self) -> None:
        for one in self.frozen:
            self.exchange.thaw(one.peers)
        self.frozen.clear()

    @property
    def truth(self) -> tuple[list[str], list[str], list[str]]:
        names = {who for _, who, _ in self.connections}
        here = sorted(name for name in names if name.startswith("nick"))
        return here, sorted(names - set(here)), []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5]), st.integers(0, 1000))
@in_virtual_time
async def test_whatever_was_lost_once_the_wire_is_whole_all_tell_what_is_so(
    steps: list[tuple[str, int]], pause: float, seed: int
):
    town = Town(Exchange(limit=300))
    town.exchange.chance = random.Random(seed)
    for step, number in steps:
        await town.do(step, number, pause)
    town.mend()
    await asyncio.sleep(LATE)
    town.exchange.chance = None
    await asyncio.sleep(GONE + SILENT + LATE + REPEAT)

    for one in town.processes:
        assert one.now == one.last == town.truth


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5]))
@in_virtual_time
async def test_on_a_wire_that_is_whole_nobody_is_told_to_have_left_who_has_not(
    steps: list[tuple[str, int]], pause: float
):
    town = Town(Exchange(limit=300))
    await asyncio.sleep(2)
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    loop = asyncio.get_running_loop()

    def note() -> None:
        names = {who for _, who, _ in town.connections}
        for who in names - begun.keys():
            begun[who] = loop.time()
        for who in begun.keys() - names:
            ended[who] = loop.time()
            del begun[who]

    for step, number in steps:
        if step not in ("come", "go", "die", "pause"):
            await town.do(step, number, pause)
            note()
            for one in town.processes:
                here = set(one.now[0]) | set(one.now[1])
                for who, since in begun.items():
                    if loop.time() - since > PACE + MOMENT:
                        assert who in here
                for who in here - begun.keys():
                    assert loop.time() - ended[who] <= GONE + PACE + MOMENT
    await asyncio.sleep(GONE + TYPING + PACE + 2 * INTERVAL)
    for one in town.processes:
        assert one.now == one.last == town.truth
