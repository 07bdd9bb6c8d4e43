"""CompactEvent behaves as asyncio.Event, while tasks wait, are cancelled and return."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.live.compact_event import CompactEvent

STEPS = st.lists(st.sampled_from(["wait", "set", "clear", "leave", "turn"]), max_size=30)


async def _run(event: asyncio.Event, steps: list[str]) -> list[Any]:
    """The state after each step: whether the event is set, and which tasks still wait."""
    seen: list[Any] = []
    tasks: list[asyncio.Task[Any]] = []
    for step in steps:
        if step == "wait":
            tasks.append(asyncio.ensure_future(event.wait()))
        elif step == "leave" and tasks:
            tasks[-1].cancel()
        elif step == "turn":
            for _ in range(3):
                await asyncio.sleep(0)
        elif step in {"set", "clear"}:
            getattr(event, step)()
        seen.append((event.is_set(), [task.done() and not task.cancelled() for task in tasks]))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen


@given(STEPS)
def test_it_behaves_like_an_asyncio_event(steps: list[str]):
    assert asyncio.run(_run(CompactEvent(), steps)) == asyncio.run(_run(asyncio.Event(), steps))


async def test_cancelled_waiters_are_released():
    event = CompactEvent()
    waiting = [asyncio.ensure_future(event.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    assert "waiters:2" in repr(event)

    event.set()

    assert all(await asyncio.gather(waiting[0], waiting[2]))
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert "waiters" not in repr(event)
