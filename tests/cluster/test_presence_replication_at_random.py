"""Presence across processes: random operations over a lossy transport."""

import asyncio
import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.cluster.presence_replication import TIME_TO_LIVE
from quart_notes.live.presence import PUBLISH_INTERVAL, TYPING_DURATION
from tests.support.presence_fixtures import GONE, Process, user
from tests.support.servers.lossy_wire import LATE, MOMENT, LossyWire
from tests.support.virtual_time import in_virtual_time

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave", "guest", "typing", "said", "wait", "come", "go", "die", "cut"]),
        st.integers(0, 8),
    ),
    max_size=40,
)


class Model:
    """Processes, and the expected connections of each."""

    def __init__(self, wire: LossyWire) -> None:
        self.wire = wire
        self.processes = [Process(wire), Process(wire)]
        self.connections: list[tuple[Process, str, Callable[[], None]]] = []

    async def do(self, step: str, number: int, pause: float) -> None:
        one = self.processes[number % len(self.processes)]
        who = number % 3 + 11
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
            self.processes.append(Process(self.wire))
        elif step in ("go", "die") and len(self.processes) > 1:
            self._end(one, step)
        elif step == "cut":
            self.wire.cut.add(one.replication.id)

    def _end(self, one: Process, step: str) -> None:
        self.processes.remove(one)
        self.connections = [connection for connection in self.connections if connection[0] is not one]
        if step == "die":
            self.wire.kill(one.replication)
        one.stop()

    @property
    def truth(self) -> tuple[list[str], list[str], list[str]]:
        names = {who for _, who, _ in self.connections}
        here = sorted(name for name in names if name.startswith("nick"))
        return here, sorted(names - set(here)), []


@settings(max_examples=60)
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5]), st.integers(0, 1000))
@in_virtual_time
async def test_all_processes_converge_once_datagrams_arrive(steps: list[tuple[str, int]], pause: float, seed: int):
    model = Model(LossyWire(limit=150))
    model.wire.chance = random.Random(seed)
    for step, number in steps:
        await model.do(step, number, pause)
    await asyncio.sleep(LATE)
    model.wire.chance = None
    model.wire.cut.clear()
    await asyncio.sleep(TIME_TO_LIVE + PUBLISH_INTERVAL + MOMENT)

    for one in model.processes:
        assert one.now == one.last == model.truth
        known = {user.nickname for place in one.presence._places.values() for user in place.users.values()}
        assert known == set(model.truth[0]), "those who have gone are forgotten"
        assert bool(one.presence._places) == any(model.truth)


@settings(max_examples=60)
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5]))
@in_virtual_time
async def test_no_present_user_is_reported_as_gone_without_losses(steps: list[tuple[str, int]], pause: float):
    model = Model(LossyWire(limit=150))
    await asyncio.sleep(2)
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    places: dict[str, set[Process]] = {}
    loop = asyncio.get_running_loop()

    def note() -> None:
        before = dict(places)
        places.clear()
        for place, who, _ in model.connections:
            places.setdefault(who, set()).add(place)
        for who in begun.keys() - places.keys():
            ended[who] = loop.time()
            del begun[who]
        for who, now in places.items():
            # A guest leaves a process at once, when the others may not know yet that they came to another one.
            moved = who.startswith("Client") and not before.get(who, now) <= now
            if who not in begun or moved:
                begun[who] = loop.time()

    for step, number in steps:
        if step not in ("come", "go", "die", "cut"):
            await model.do(step, number, pause)
            note()
            for one in model.processes:
                here = set(one.now[0]) | set(one.now[1])
                for who, since in begun.items():
                    if loop.time() - since > MOMENT:
                        assert who in here
                for who in here - begun.keys():
                    assert loop.time() - ended[who] <= GONE + MOMENT
    await asyncio.sleep(GONE + TYPING_DURATION + 2 * PUBLISH_INTERVAL)
    for one in model.processes:
        assert one.now == one.last == model.truth
