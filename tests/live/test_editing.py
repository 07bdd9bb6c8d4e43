"""Who edits the notes of a board: published while they are present there, and in processes that lose datagrams too."""

import asyncio
import json

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import ALL_BOARDS, USERS, UserEvent, board, encode
from quart_notes.live.presence import EDITING_DURATION, LEAVE_DELAY, PUBLISH_INTERVAL, Presence
from tests.support.presence_fixtures import ADA, BOB, EVE, GONE, Process, connected, load_users, user
from tests.support.virtual_time import in_virtual_time

BOARD = board(2)
MOMENT = 0.01  # seconds
SOON = PUBLISH_INTERVAL + MOMENT
State = dict[int, list[str]]  # nicknames by note


class Reader:
    """Subscribes to a topic and records the editing in each event."""

    def __init__(self, broadcaster: Broadcaster, topic: str = BOARD) -> None:
        self.heard: list[State] = []
        self._broadcaster = broadcaster
        self._reader = broadcaster.subscribe({topic}, lambda message: message.data)
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while not self._reader.ended.is_set():
            await self._broadcaster.wait(self._reader)
            for message in self._reader.drain():
                event = json.loads(message.data)
                assert event.keys() == {"topic", "action", "editing"}
                assert (event["topic"], event["action"], message.number) == (BOARD, "update", None)
                assert event["editing"]["board_id"] == 2
                self.heard.append(
                    {one["note_id"]: [who["nickname"] for who in one["people"]] for one in event["editing"]["notes"]}
                )


def _parts() -> tuple[Presence, Reader]:
    broadcaster = Broadcaster()
    return Presence(broadcaster, load_users), Reader(broadcaster)


@in_virtual_time
async def test_editors_are_published_by_note_and_sorted_by_nickname():
    presence, reader = _parts()
    for one in (EVE, BOB, ADA):
        presence.follow(BOARD, one)

    presence.editing(2, 9, EVE)
    presence.editing(2, 5, BOB)
    presence.editing(2, 5, ADA)
    presence.editing(3, 5, ADA)
    await asyncio.sleep(SOON)

    assert reader.heard[-1] == {5: ["Ada", "bob"], 9: ["eve"]}


@in_virtual_time
async def test_a_board_that_nobody_edits_is_silent():
    presence, reader = _parts()

    for one in (ADA, None, BOB):
        presence.follow(BOARD, one)()
    await asyncio.sleep(60)

    assert reader.heard == []
    assert presence._places == {}
    presence.follow(BOARD, ADA)
    presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)
    assert reader.heard == [{5: ["Ada"]}]


@in_virtual_time
async def test_a_new_subscriber_gets_the_current_editors():
    presence, reader = _parts()
    presence.follow(BOARD, ADA)
    presence.editing(2, 5, ADA)
    await asyncio.sleep(30)
    before = len(reader.heard)

    presence.follow(BOARD, None)
    await asyncio.sleep(SOON)

    assert reader.heard[before:] == [{5: ["Ada"]}]


@in_virtual_time
async def test_editing_ends_when_the_editor_is_closed():
    presence, reader = _parts()
    presence.follow(BOARD, ADA)
    presence.editing(2, 5, ADA)
    presence.editing(2, 6, ADA)
    await asyncio.sleep(SOON)

    presence.stopped_editing(2, 5, ADA.id)
    await asyncio.sleep(SOON)
    assert reader.heard[-1] == {6: ["Ada"]}
    presence.stopped_editing(2, 6, ADA.id)
    presence.stopped_editing(2, 7, ADA.id)
    await asyncio.sleep(SOON)

    assert reader.heard[-1] == {}
    assert len(reader.heard) == 3


@in_virtual_time
async def test_editing_ends_with_the_last_connection_of_its_user():
    presence, reader = _parts()
    leaves = [presence.follow(BOARD, ADA) for _ in range(2)]
    presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)

    leaves[0]()
    await asyncio.sleep(LEAVE_DELAY + SOON)
    assert reader.heard == [{5: ["Ada"]}]
    leaves[1]()
    await asyncio.sleep(LEAVE_DELAY + SOON)

    assert reader.heard == [{5: ["Ada"]}, {}]


@in_virtual_time
async def test_a_reconnection_does_not_end_editing():
    presence, reader = _parts()
    leave = presence.follow(BOARD, ADA)
    presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)

    leave()
    await asyncio.sleep(LEAVE_DELAY - MOMENT)
    presence.follow(BOARD, ADA)
    await asyncio.sleep(20)

    assert {str(state) for state in reader.heard} == {str({5: ["Ada"]})}


@in_virtual_time
async def test_editing_expires_unless_it_is_reported_again():
    presence, reader = _parts()
    presence.follow(BOARD, ADA)
    for _ in range(3):
        presence.editing(2, 5, ADA)
        await asyncio.sleep(EDITING_DURATION - MOMENT)
        assert reader.heard == [{5: ["Ada"]}]

    await asyncio.sleep(SOON)

    assert reader.heard == [{5: ["Ada"]}, {}]


@in_virtual_time
async def test_a_user_without_a_connection_is_shown_once_they_have_one():
    presence, reader = _parts()
    presence.editing(2, 5, ADA)
    presence.follow(BOARD, BOB)
    await asyncio.sleep(SOON)
    assert reader.heard == []

    presence.follow(BOARD, ADA)
    await asyncio.sleep(SOON)

    assert reader.heard == [{5: ["Ada"]}]


@in_virtual_time
async def test_many_changes_are_published_once_a_second_and_end_with_the_final_state():
    presence, reader = _parts()
    presence.follow(BOARD, ADA)
    for number in range(300):
        presence.editing(2, number + 1, ADA)
        presence.stopped_editing(2, number, ADA.id)
        await asyncio.sleep(0.02)

    await asyncio.sleep(SOON)

    assert len(reader.heard) <= 8
    assert reader.heard[-1] == {300: ["Ada"]}


@in_virtual_time
async def test_a_renamed_editor_is_published_with_the_new_name():
    presence, reader = _parts()
    presence.follow(BOARD, ADA)
    presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)

    event = UserEvent(topic=USERS, action="update", user=user(ADA.id, "Countess"))
    presence._broadcaster.publish([FeedMessage(USERS, 1, "e-1", encode(event))])
    await asyncio.sleep(SOON)

    assert reader.heard[-1] == {5: ["Countess"]}


@in_virtual_time
async def test_a_subscriber_of_all_boards_gets_no_editing():
    broadcaster = Broadcaster()
    presence, named, everywhere = (
        Presence(broadcaster, load_users),
        Reader(broadcaster),
        Reader(broadcaster, ALL_BOARDS),
    )
    presence.follow(BOARD, ADA)

    presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)

    assert named.heard == [{5: ["Ada"]}]
    assert everywhere.heard == []


# Several processes.


async def _processes() -> tuple[list[Process], list[Reader]]:
    """Three processes that know each other, and a reader at each."""
    _, processes = await connected(3)
    return processes, [Reader(one.broadcaster) for one in processes]


def _last(readers: list[Reader]) -> list[State]:
    return [reader.heard[-1] for reader in readers]


@in_virtual_time
async def test_editing_is_published_by_every_process_whichever_has_the_connection():
    (first, second, third), readers = await _processes()
    leave = first.presence.follow(BOARD, ADA)
    second.presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)
    assert _last(readers) == [{5: ["Ada"]}] * 3

    third.presence.stopped_editing(2, 5, ADA.id)
    await asyncio.sleep(SOON)
    assert _last(readers) == [{}] * 3

    third.presence.editing(2, 6, ADA)
    await asyncio.sleep(SOON)
    assert _last(readers) == [{6: ["Ada"]}] * 3
    leave()
    await asyncio.sleep(GONE + SOON)
    assert _last(readers) == [{}] * 3


@in_virtual_time
async def test_editing_ends_with_the_process_of_the_connection():
    (first, second, _), readers = await _processes()
    first.presence.follow(BOARD, ADA)
    second.presence.editing(2, 5, ADA)
    await asyncio.sleep(SOON)
    assert _last(readers) == [{5: ["Ada"]}] * 3

    first.stop()
    await asyncio.sleep(GONE + SOON)

    assert _last(readers[1:]) == [{}] * 2
