"""A stream is held while it is checked whether its access is still there (A6)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from quart_notes.domain.access_cache import Grant
from quart_notes.live import event_log, feed
from quart_notes.live.channel import MAX_WAITING
from quart_notes.live.events import board as topic_of
from quart_notes.live.events import user
from quart_notes.schemas import MemberUpdate
from tests.support.accounts_app import House
from tests.support.clients.raw_connection import until
from tests.support.watched_streams import AccessCheck, Direct, EventStream, Pulled, Stream, Websocket

DENIED = 1008
STREAMS = [Direct, Pulled, Websocket, EventStream]
on_every_path = pytest.mark.parametrize("stream_type", STREAMS, ids=lambda kind: kind.__name__)


@pytest.fixture
def check(house: House, monkeypatch: pytest.MonkeyPatch) -> AccessCheck:
    """The checks of streams, which wait."""
    return AccessCheck(house, monkeypatch)


def _titles(stream: Stream) -> list[str]:
    return [event["note"]["title"] for event in stream.events if "note" in event]


async def _got(stream: Stream, title: str) -> None:
    await until(lambda: title in _titles(stream), f"{title} has come")


async def _change_role(house: House, board: int, role: Any) -> None:
    await house.core.members.set(house.caller("root"), board, house.people["bob"].id, MemberUpdate(role=role))


async def _remove(house: House, board: int, grant: Grant) -> None:
    await house.core.members.remove(house.caller("root"), board, house.people["bob"].id)


async def _remove_and_add_again(house: House, board: int, grant: Grant) -> None:
    await _remove(house, board, grant)
    await house.note("root", board, "between")
    await _change_role(house, board, "editor")


async def _end_session(house: House, board: int, grant: Grant) -> None:
    await house.core.sessions.end_secret(grant.secret)


async def _revoke_token(house: House, board: int, grant: Grant) -> None:
    assert grant.caller.token is not None
    await house.core.tokens.revoke(house.people["bob"].id, grant.caller.token)


async def _deactivate(house: House, board: int, grant: Grant) -> None:
    await house.core.profiles.deactivate(house.caller("root"), house.people["bob"].id)


@on_every_path
@pytest.mark.parametrize("end", [_remove, _remove_and_add_again, _end_session, _revoke_token, _deactivate])
async def test_a_stream_gets_nothing_that_is_published_after_its_access_has_ended(
    house: House, check: AccessCheck, stream_type: type[Any], end: Callable[..., Awaitable[None]]
):
    board = await house.board(root="owner", ada="viewer", bob="editor")
    topics = {topic_of(board), user(house.people["bob"].id)}
    by_token = end is _revoke_token
    grant = await (house.grant(token=await house.token("bob")) if by_token else house.grant(await house.cookie("bob")))
    stream = stream_type(house, grant, topics)
    other = Pulled(house, await house.grant(await house.cookie("ada")), {topic_of(board)})
    await until(lambda: sum(len(one.readers) for one in house.core.broadcaster._channels.values()) == 2, "both follow")
    await house.note("root", board, "before")
    await _got(stream, "before")

    await end(house, board, grant)
    await house.note("root", board, "after")
    await _got(other, "after")
    await until(lambda: check.begun, "the check has begun")
    assert _titles(stream) == ["before"]
    assert not stream.task.done()
    check.may_go_on.set()
    await asyncio.wait_for(stream.task, 20)

    assert _titles(stream) == ["before"]
    if end is _remove:
        assert [event["action"] for event in stream.events if "membership" in event] == ["delete"], "known before it"
    if isinstance(stream, Websocket):
        assert stream.code == DENIED
    await other.close()


@on_every_path
async def test_a_stream_whose_access_remains_gets_what_was_held_in_order(
    house: House, check: AccessCheck, stream_type: type[Any]
):
    board = await house.board(root="owner", ada="viewer", bob="editor")
    stream = stream_type(house, await house.grant(await house.cookie("bob")), {topic_of(board)})
    other = Pulled(house, await house.grant(await house.cookie("ada")), {topic_of(board)})
    await until(lambda: sum(len(one.readers) for one in house.core.broadcaster._channels.values()) == 2, "both follow")
    await house.note("root", board, "before")
    await _got(stream, "before")

    await _change_role(house, board, "viewer")
    await house.note("root", board, "meanwhile")
    await _change_role(house, board, "ticker")
    await house.note("root", board, "and then")
    await _got(other, "and then")
    assert _titles(stream) == ["before"]
    check.may_go_on.set()
    await _got(stream, "and then")
    await house.note("root", board, "after")
    await _got(stream, "after")

    assert _titles(stream) == ["before", "meanwhile", "and then", "after"]
    assert stream.events == other.events[-len(stream.events) :]
    await stream.close()
    await other.close()


async def test_a_stream_is_held_until_its_last_check_is_done(house: House, monkeypatch: pytest.MonkeyPatch):
    may_end = [asyncio.Event(), asyncio.Event()]
    known: list[bool] = []
    check = house.core.stream_revocation._still_allowed

    async def check_and_wait(stream: Any) -> bool:
        allowed = await check(stream)
        known.append(allowed)
        await may_end[len(known) - 1].wait()
        return allowed

    monkeypatch.setattr(house.core.stream_revocation, "_still_allowed", check_and_wait)
    board = await house.board(root="owner", ada="viewer", bob="editor")
    stream = Direct(house, await house.grant(await house.cookie("bob")), {topic_of(board)})
    other = Pulled(house, await house.grant(await house.cookie("ada")), {topic_of(board)})
    await _change_role(house, board, "viewer")
    await until(lambda: known == [True], "the first check knows")
    await house.core.members.remove(house.caller("root"), board, house.people["bob"].id)
    await until(lambda: known == [True, False], "the second one knows")

    may_end[0].set()
    await until(lambda: len(house.core.stream_revocation._recheck_tasks) == 1, "the first one is done")
    await house.note("root", board, "after")
    await _got(other, "after")
    assert not stream.task.done()
    may_end[1].set()
    await asyncio.wait_for(stream.task, 20)

    assert _titles(stream) == []
    await other.close()


@pytest.mark.parametrize("stream_type", [Direct, Pulled])
async def test_a_held_stream_that_falls_too_far_behind_is_cut_off(
    house: House, check: AccessCheck, stream_type: type[Any]
):
    board = await house.board(root="owner", bob="editor")
    stream = stream_type(house, await house.grant(await house.cookie("bob")), {topic_of(board)})
    await _change_role(house, board, "viewer")
    for number in range(MAX_WAITING + 1):
        await house.note("root", board, f"note {number}")
    assert len(stream.subscription.reader.channel._ring) == MAX_WAITING

    check.may_go_on.set()
    await asyncio.wait_for(stream.task, 20)

    assert stream.subscription.reader.lagged
    assert _titles(stream) == []


@pytest.mark.parametrize("stream_type", [Direct, Pulled])
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_held_stream_reads_no_further_in_the_log(
    house: House, check: AccessCheck, monkeypatch: pytest.MonkeyPatch, stream_type: type[Any], allowed: bool
):
    for module in (event_log, feed):
        monkeypatch.setattr(module, "PAGE_EVENTS", 2)
    board = await house.board(root="owner", bob="editor")
    start = house.core.broadcaster.newest
    for number in range(4):
        await house.note("root", board, f"{number}")
    stream = stream_type(house, await house.grant(await house.cookie("bob")), {topic_of(board)}, start)
    stream.may_go_on.clear()
    await _got(stream, "1")

    if allowed:
        await _change_role(house, board, "viewer")
    else:
        await house.core.members.remove(house.caller("root"), board, house.people["bob"].id)
    await house.note("root", board, "4")
    stream.may_go_on.set()
    await until(lambda: stream.subscription.reader.wake is not None, "it waits for the check")
    assert _titles(stream) == ["0", "1"]
    check.may_go_on.set()

    if allowed:
        await _got(stream, "4")
        assert _titles(stream) == ["0", "1", "2", "3", "4"]
        await stream.close()
    else:
        await asyncio.wait_for(stream.task, 20)
        assert _titles(stream) == ["0", "1"]
