"""Presence across processes, whatever happens in whichever order, over a wire that loses words."""

import asyncio
import random
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_notes.cluster.peers import SILENT
from quart_notes.cluster.presence_replication import PACE, REPEAT
from quart_notes.live.presence import INTERVAL, TYPING
from tests.support.presence_fixtures import GONE, Process, user
from tests.support.servers.lossy_wire import LATE, MOMENT, Exchange
from tests.support.virtual_time import in_virtual_time

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
            self.connections.append((one, f"nick{who}", one.presence.join(5, user(who))))
        elif step == "guest":
            self.connections.append((one, f"Client {who}", one.presence.join_as_guest(5, f"Client {who}")))
        elif step == "leave" and self.connections:
            self.connections.pop(number % len(self.connections))[2]()
        elif step == "typing":
            one.presence.typing(5, user(who))
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
