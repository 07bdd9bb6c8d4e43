"""Presence and typing: published at once, at most once a second for each room, and never stored."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import ALL_ROOMS, USERS, UserEvent, encode, room
from quart_notes.live.presence import LEAVE_DELAY, PUBLISH_INTERVAL, TYPING_DURATION, Presence
from tests.support.presence_fixtures import ADA, BOB, EVE, Listener, load_users, nicks, now_in, user
from tests.support.virtual_time import in_virtual_time


def _parts() -> tuple[Presence, Listener]:
    broadcaster = Broadcaster()
    return Presence(broadcaster, load_users), Listener(broadcaster)


async def _with_ada() -> tuple[Presence, Listener, Callable[[], None]]:
    """The same, after Ada has been in room 5 for ten seconds; and a function that makes her leave."""
    presence, listener = _parts()
    leave = presence.join(5, ADA)
    await asyncio.sleep(10)
    return presence, listener, leave


MOMENT = 0.01  # seconds


# In one process, in virtual time.


@in_virtual_time
async def test_a_joining_user_is_present_and_published_at_once():
    presence, listener = _parts()

    presence.join(5, ADA)

    assert now_in(presence) == (["Ada"], [], [])
    await asyncio.sleep(MOMENT)
    assert listener.last == (["Ada"], [], [])
    assert listener.times[0] < MOMENT


@in_virtual_time
async def test_a_leaving_user_is_removed_after_a_delay():
    presence, listener, leave = await _with_ada()

    leave()

    await asyncio.sleep(LEAVE_DELAY - MOMENT)
    assert now_in(presence) == (["Ada"], [], [])
    await asyncio.sleep(2 * MOMENT)
    assert now_in(presence) == ([], [], [])
    assert listener.last == ([], [], [])
    assert listener.times == [0, 10 + LEAVE_DELAY]


@in_virtual_time
async def test_a_reload_does_not_count_as_leaving():
    presence, listener, leave = await _with_ada()

    leave()
    await asyncio.sleep(LEAVE_DELAY - MOMENT)
    leave_again = presence.join(5, ADA)
    await asyncio.sleep(60)

    assert all(nicks(heard, "here") == ["Ada"] for _, heard in listener.heard)
    leave_again()
    await asyncio.sleep(LEAVE_DELAY + MOMENT)
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_a_user_is_present_while_one_of_their_connections_is_open():
    presence, listener = _parts()
    leaves = [presence.join(5, ADA) for _ in range(5)]
    for leave in random.Random(1).sample(leaves[1:], 4):
        leave()
        await asyncio.sleep(20)
        assert now_in(presence) == (["Ada"], [], [])

    leaves[0]()
    await asyncio.sleep(LEAVE_DELAY + MOMENT)

    assert now_in(presence) == ([], [], [])
    assert [nicks(heard, "here") for _, heard in listener.heard[:-1]] == [["Ada"]] * (len(listener.heard) - 1)


@in_virtual_time
async def test_users_are_sorted_by_nickname_and_rooms_are_independent():
    presence, listener = _parts()
    for one in (EVE, BOB, ADA):
        presence.join(5, one)
    presence.join(6, user(4))
    await asyncio.sleep(MOMENT)

    assert listener.last == (["Ada", "bob", "eve"], [], [])
    assert now_in(presence, 6) == (["nick4"], [], [])
    assert now_in(presence, 7) == ([], [], [])


@in_virtual_time
async def test_a_busy_room_is_published_once_a_second_and_ends_with_the_final_state():
    presence, listener = _parts()
    chance = random.Random(3)
    leaves: list[Any] = []
    for _ in range(400):
        await asyncio.sleep(chance.random() * 0.05)
        if leaves and chance.random() < 0.5:
            leaves.pop(chance.randrange(len(leaves)))()
        elif chance.random() < 0.5:
            leaves.append(presence.join(5, user(chance.randint(1, 6))))
        elif chance.random() < 0.5:
            leaves.append(presence.join_as_guest(5, f"Client {chance.randint(1, 3)}"))
        else:
            presence.typing(5, user(chance.randint(1, 6)))
    busy = asyncio.get_running_loop().time()
    await asyncio.sleep(20)

    gaps = [later - earlier for earlier, later in zip(listener.times, listener.times[1:], strict=False)]
    assert min(gaps) >= PUBLISH_INTERVAL - MOMENT
    assert busy * 0.5 < len(listener.heard) <= busy + 20
    assert listener.last == now_in(presence)


@in_virtual_time
async def test_a_change_is_published_within_a_second_of_the_last_event():
    presence, listener = _parts()
    presence.join(5, ADA)
    await asyncio.sleep(0.4)
    presence.join(5, BOB)
    await asyncio.sleep(0.3)
    presence.join(5, EVE)
    await asyncio.sleep(5)

    assert listener.times == [0, PUBLISH_INTERVAL]
    assert listener.last == (["Ada", "bob", "eve"], [], [])


@in_virtual_time
async def test_a_user_who_joins_a_just_emptied_room_is_published():
    presence, listener = _parts()
    presence.join_as_guest(5, "Client 1")()  # joins and leaves
    await asyncio.sleep(0.2)
    presence.join(5, ADA)
    await asyncio.sleep(5)

    assert listener.times == [0, PUBLISH_INTERVAL]
    assert listener.last == (["Ada"], [], [])


@in_virtual_time
async def test_a_second_connection_of_a_present_user_gets_the_presence():
    presence, listener, _ = await _with_ada()

    presence.join(5, ADA)

    await asyncio.sleep(MOMENT)
    assert listener.times == [0, 10]
    presence.follow(room(5), None)
    await asyncio.sleep(2)
    assert listener.times == [0, 10, 10 + PUBLISH_INTERVAL]
    assert listener.last == (["Ada"], [], [])


@in_virtual_time
async def test_typing_ends_after_five_seconds():
    presence, listener, _ = await _with_ada()

    presence.typing(5, ADA)

    await asyncio.sleep(MOMENT)
    assert listener.last == (["Ada"], [], ["Ada"])
    await asyncio.sleep(TYPING_DURATION - 2 * MOMENT)
    assert now_in(presence) == (["Ada"], [], ["Ada"])
    await asyncio.sleep(2 * MOMENT)
    assert now_in(presence) == (["Ada"], [], [])
    assert listener.last == (["Ada"], [], [])
    assert listener.times == [0, 10, 10 + TYPING_DURATION]


@in_virtual_time
async def test_continued_typing_is_published_once():
    presence, listener = _parts()
    for _ in range(10):
        presence.typing(5, ADA)
        await asyncio.sleep(3)

    assert listener.times == [0]
    await asyncio.sleep(TYPING_DURATION)
    assert listener.times == [0, 27 + TYPING_DURATION]
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_a_message_ends_typing():
    presence, listener = _parts()
    presence.typing(5, ADA)
    presence.typing(5, BOB)
    await asyncio.sleep(2)

    presence.stopped_typing(5, ADA.id)

    await asyncio.sleep(MOMENT)
    assert listener.last == ([], [], ["bob"])
    await asyncio.sleep(60)
    assert listener.last == ([], [], [])
    assert listener.times == [0, 2, TYPING_DURATION]


@in_virtual_time
async def test_a_message_without_typing_publishes_no_presence():
    presence, listener, _ = await _with_ada()

    for room_id, person_id in ((5, ADA.id), (5, 99), (6, ADA.id)):
        presence.stopped_typing(room_id, person_id)

    await asyncio.sleep(10)
    assert listener.times == [0]


@in_virtual_time
async def test_a_new_name_is_in_the_presence_within_a_second():
    broadcaster = Broadcaster()
    presence, listener = Presence(broadcaster, load_users), Listener(broadcaster)
    presence.join(5, ADA)
    presence.typing(5, BOB)
    await asyncio.sleep(2)

    for one, nickname in ((ADA, "Countess"), (BOB, "rob"), (EVE, "nobody here")):
        event = UserEvent(topic=USERS, action="update", user=one.model_copy(update={"nickname": nickname}))
        broadcaster.publish([FeedMessage(USERS, 1, "e-1", encode(event))])
    await asyncio.sleep(MOMENT)

    assert now_in(presence) == (["Countess"], [], ["rob"])
    assert listener.last == (["Countess"], [], ["rob"])
    assert listener.times == [0, 2]


@in_virtual_time
async def test_guests_are_present_once_for_each_connection():
    presence, listener = _parts()
    first, second = presence.join_as_guest(5, "Client 5"), presence.join_as_guest(5, "Client 5")
    presence.join_as_guest(5, "Client -1")
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1", "Client 5"], [])

    first()
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1", "Client 5"], [])
    second()
    await asyncio.sleep(2)
    assert listener.last == ([], ["Client -1"], [])


@in_virtual_time
async def test_an_empty_room_is_released():
    presence, listener = _parts()
    for room_id in range(1, 101):
        leave, guest = presence.join(room_id, ADA), presence.join_as_guest(room_id, "Client 1")
        presence.typing(room_id, BOB)
        presence.follow(room(room_id), None)
        leave()
        guest()
        presence.follow(room(1000 + room_id), None)
    await asyncio.sleep(60)

    assert presence._places == {}
    assert listener.last == ([], [], [])


@in_virtual_time
async def test_a_subscriber_of_all_rooms_gets_no_presence():
    broadcaster = Broadcaster()
    presence, by_name, family = (
        Presence(broadcaster, load_users),
        Listener(broadcaster),
        Listener(broadcaster, ALL_ROOMS),
    )
    presence.join(5, ADA)
    presence.typing(5, ADA)
    await asyncio.sleep(20)

    assert by_name.heard
    assert family.messages == []


@in_virtual_time
async def test_nothing_is_published_after_the_close():
    presence, listener = _parts()
    leave, guest = presence.join(5, ADA), presence.join_as_guest(5, "Client 1")
    presence.typing(5, ADA)
    await asyncio.sleep(2)
    heard = len(listener.heard)

    presence.close()
    presence._broadcaster.close()
    leave()
    guest()
    await asyncio.sleep(60)

    assert len(listener.heard) == heard


STEPS = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "guest", "typing", "said", "wait"]), st.integers(1, 3)), max_size=40
)


@settings(max_examples=60)
@given(STEPS, st.sampled_from([0.2, 0.7, 1.5, 4.0]))
@in_virtual_time
async def test_after_any_operations_the_published_presence_is_correct(steps: list[tuple[str, int]], pause: float):
    presence, listener = _parts()
    loop = asyncio.get_running_loop()
    connections: list[tuple[str, Any]] = []
    left: dict[str, float] = {}  # nickname → time of their last disconnect
    typed: dict[str, float] = {}
    for step, number in steps:
        nickname = f"nick{number}"
        if step == "join":
            connections.append((nickname, presence.join(5, user(number))))
        elif step == "guest":
            connections.append((f"Client {number}", presence.join_as_guest(5, f"Client {number}")))
        elif step == "leave" and connections:
            who, leave = connections.pop(number % len(connections))
            leave()
            if who not in dict(connections):
                left[who] = loop.time()
        elif step == "typing":
            presence.typing(5, user(number))
            typed[nickname] = loop.time()
        elif step == "said":
            presence.stopped_typing(5, number)
            typed.pop(nickname, None)
        elif step == "wait":
            await asyncio.sleep(pause)
        here = {who for who, _ in connections if who.startswith("nick")}
        here |= {who for who, when in left.items() if who.startswith("nick") and loop.time() < when + LEAVE_DELAY}
        guests = sorted({who for who, _ in connections if who.startswith("Client")})
        typing = sorted(who for who, when in typed.items() if loop.time() < when + TYPING_DURATION)
        assert now_in(presence) == (sorted(here), guests, typing)
    await asyncio.sleep(LEAVE_DELAY + TYPING_DURATION + 2 * PUBLISH_INTERVAL)

    gaps = [later - earlier for earlier, later in zip(listener.times, listener.times[1:], strict=False)]
    assert min(gaps, default=PUBLISH_INTERVAL) >= PUBLISH_INTERVAL - MOMENT
    if listener.heard:
        assert listener.last == now_in(presence)
    assert bool(presence._places) == bool(connections)
