"""Reactions: their rules, and one event for all that come at once."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from quart_notes.background import batched_events
from quart_notes.blueprints.plain_text import line
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.reactions import reactions as module
from quart_notes.errors import ForbiddenError, NotFoundError, NotNowError, RoomArchivedError, ValidationFailedError
from quart_notes.schemas import (
    REACTIONS_MAX,
    MessageCreate,
    MessageOut,
    MessageUpdate,
    ReactionOut,
    RoomCreate,
    RoomMessageCreate,
    RoomUpdate,
    UserOut,
)
from tests.support.accounts_app import House
from tests.support.assistant_questions import LOBBY, asked, everything, person
from tests.support.clients.raw_connection import until
from tests.support.servers.in_process import Json, opened, rows

PEOPLE = 50
EVENTS = "SELECT body FROM event_log WHERE subject LIKE 'message:%' ORDER BY number"
KINDS = [chr(number) for number in range(0x1F600, 0x1F600 + REACTIONS_MAX + 1)]


async def said(core: Core, who: UserOut, content: str = "hello") -> MessageOut:
    data = RoomMessageCreate(author_id=who.id, content=content)
    return (await core.messages.post(ANYBODY, LOBBY, data)).result.message


async def react(core: Core, message: MessageOut, who: UserOut, emoji: str = "👍") -> list[ReactionOut]:
    return (await core.reactions.add(ANYBODY, message.id, who.id, emoji)).result.reactions


async def take_back(core: Core, message: MessageOut, who: UserOut, emoji: str = "👍") -> list[ReactionOut]:
    return (await core.reactions.remove(ANYBODY, message.id, who.id, emoji)).result.reactions


def updates(core: Core) -> list[Json]:
    """The events with changes of messages, oldest first."""
    return [event for (body,) in rows(core, EVENTS) if (event := json.loads(body))["action"] == "update"]


async def told(core: Core, number: int = 1) -> list[Json]:
    """The same, once there are that many."""
    await until(lambda: len(updates(core)) >= number, f"{number} events")
    return updates(core)


async def test_a_reaction_is_there_at_once_and_counts_once_for_each_user(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")
    message = await said(core, ada)

    await react(core, message, bob, "❤")
    await react(core, message, ada)
    await react(core, message, ada)
    found = await react(core, message, ada, "❤️")

    assert found == [
        {"emoji": "❤️", "count": 2, "user_ids": [bob.id, ada.id]},
        {"emoji": "👍", "count": 1, "user_ids": [ada.id]},
    ]
    assert (await everything(core, LOBBY))[0].reactions == found
    assert await take_back(core, message, bob, "❤") == [found[0] | {"count": 1, "user_ids": [ada.id]}, found[1]]
    assert await take_back(core, message, bob, "❤") == await take_back(core, message, bob, "🎉")
    assert await take_back(core, message, ada, "❤") == [found[1]]
    assert await take_back(core, message, ada) == []
    assert rows(core, "SELECT id FROM reaction") == []


async def test_reactions_of_many_people_at_once_are_one_event_with_the_whole_state(core: Core):
    people = [await person(core, f"n{number}") for number in range(PEOPLE)]
    message, other = await said(core, people[0]), await said(core, people[0])

    await asyncio.gather(
        *(react(core, message, who, KINDS[who.id % 3]) for who in people), react(core, other, people[1])
    )
    found = await told(core, 2)
    await core.reaction_events.stop()

    assert updates(core) == found, "nothing else comes"
    first, second = sorted((event["message"] for event in found), key=lambda one: one["id"])
    assert (first["id"], first["version"]) == (message.id, 2)
    assert sorted(user for one in first["reactions"] for user in one["user_ids"]) == sorted(who.id for who in people)
    assert (second["id"], second["reactions"]) == (other.id, [{"emoji": "👍", "count": 1, "user_ids": [people[1].id]}])
    assert [one.model_dump(mode="json") for one in await everything(core, LOBBY)] == [first, second]


async def test_an_event_says_who_reacted_last(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")
    alone, together = await said(core, ada), await said(core, ada)

    await asyncio.gather(
        *(react(core, alone, bob, kind) for kind in KINDS[:3]), *(react(core, together, who) for who in (bob, ada))
    )

    assert {event["message"]["id"]: event["by"] for event in await told(core, 2)} == {
        alone.id: bob.id,
        together.id: ada.id,
    }


async def test_what_changes_nothing_sends_no_event(core: Core):
    ada = await person(core, "ada")
    message = await said(core, ada)
    await react(core, message, ada)
    assert len(await told(core)) == 1

    await react(core, message, ada)
    await take_back(core, message, ada, "🎉")
    await core.reaction_events.stop()

    assert len(updates(core)) == 1
    assert await core.reactions.unsent() == {}


async def test_an_event_that_a_killed_process_has_not_sent_is_sent_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batched_events, "ABANDONED", 0.0)
    async with opened(tmp_path / "data") as core:
        core.reactions.on_unsent = lambda _: None  # it is killed before the tick
        ada = await person(core, "ada")
        message, deleted = await said(core, ada), await said(core, ada)
        for one in (message, deleted):
            await react(core, one, ada)
        await core.messages.delete(ANYBODY, deleted.id, ada.id)
        assert updates(core) == []

    async with opened(tmp_path / "data") as core:
        await core.run_chores()
        await core.run_chores()

        (event,) = updates(core)
        assert (event["message"]["reactions"][0]["count"], event["message"]["version"]) == (1, 2)
        assert event["message"] == (await everything(core, LOBBY))[0].model_dump(mode="json")
        restored = (await core.messages.restore(ANYBODY, deleted.id, ada.id)).result
        assert restored.reactions == event["message"]["reactions"]


async def test_an_event_is_sent_even_if_the_caller_has_left(core: Core):
    ada = await person(core, "ada")
    message = await said(core, ada)
    request = asyncio.create_task(react(core, message, ada))
    await asyncio.sleep(0)
    assert core.writer.queued == 1

    request.cancel()

    assert len((await told(core))[0]["message"]["reactions"]) == 1


@pytest.mark.sqlite_only("how it plans a query")
async def test_messages_with_unsent_events_and_replies_are_found_by_indexes(core: Core):
    for query, index in (
        (module.UNSENT.replace("?1", "9"), "message_with_unsent_reactions"),
        ("SELECT id FROM message WHERE reply_to_id IN (1, 2)", "message_by_reply_to"),
    ):
        assert index in str(rows(core, f"EXPLAIN QUERY PLAN {query}"))


async def test_a_message_takes_a_limited_number_of_kinds_and_lists_a_limited_number_of_users(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "REACTING_MAX", 2)
    people = [await person(core, nickname) for nickname in ("ada", "bob", "eve")]
    message = await said(core, people[0])
    for kind in KINDS[:-1]:
        await react(core, message, people[0], kind)

    with pytest.raises(ValidationFailedError, match="20 different") as refused:
        await react(core, message, people[1], KINDS[-1])
    assert [error.field for error in refused.value.errors] == ["emoji"]
    for who in people:
        found = await react(core, message, who, KINDS[0])
    ids = [who.id for who in people]
    assert found[0] == {"emoji": KINDS[0], "count": 3, "user_ids": [ids[0], ids[2]]}, "the reader is among them"
    assert (await everything(core, LOBBY))[0].reactions[0]["user_ids"] == ids[:2]
    assert (await take_back(core, message, people[0], KINDS[0]))[0]["user_ids"] == ids[1:]
    await take_back(core, message, people[0], KINDS[1])
    assert (await react(core, message, people[1], KINDS[-1]))[-1]["emoji"] == KINDS[-1]


async def test_a_reader_finds_their_own_reaction_however_many_there_are(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "REACTING_MAX", 2)
    core, message = house.core, await house.say("root", LOBBY)
    ids = {name: one.id for name, one in house.people.items()}
    for nickname in ("root", "ada", "bob"):
        answer = await core.reactions.add(house.caller(nickname), message.id, ids[nickname], "👍")
        await core.reactions.add(house.caller("root"), message.id, ids["root"], "🎉")
    assert answer.result.reactions[0]["user_ids"] == [ids["root"], ids["bob"]]
    for nickname, last, pressed in (("root", "ada", 2), ("ada", "ada", 1), ("bob", "bob", 1), ("eve", "ada", 0)):
        async with await house.browser(nickname) as client:
            (listed,) = (await client.get(f"/api/rooms/{LOBBY}/messages")).json()
            alone = (await client.get(f"/api/messages/{message.id}")).json()
            page = (await client.get(f"/front/rooms/{LOBBY}")).text
        assert listed["reactions"][0] == {"emoji": "👍", "count": 3, "user_ids": [ids["root"], ids[last]]}
        assert listed["reactions"] == alone["reactions"]
        assert listed["reactions"][1]["user_ids"] == [ids["root"]]
        assert page.count('aria-pressed="true" title="root') == pressed

    gone = await core.reactions.remove(house.caller("ada"), message.id, ids["ada"], "👍")
    assert gone.result.reactions[0] == {"emoji": "👍", "count": 2, "user_ids": [ids["root"], ids["bob"]]}


async def test_only_people_who_see_a_message_react_in_their_own_name(house: House):
    core, people = house.core, house.people
    data = MessageCreate(author_id=people["ada"].id, recipient_id=people["bob"].id, content="private")
    message = (await core.messages.send(house.caller("ada"), data)).result.message

    async def react_as(caller: Any, author: int, emoji: str = "👍") -> None:
        await core.reactions.add(caller, message.id, author, emoji)

    await react_as(house.caller("bob"), people["bob"].id)
    for refused in (react_as(house.caller("eve"), people["eve"].id), react_as(ANYBODY, people["eve"].id)):
        with pytest.raises(NotFoundError):
            await refused
    with pytest.raises(ForbiddenError):
        await react_as(house.caller("bob"), people["ada"].id)
    for author, emoji, field in ((people["bob"].id, "a", "emoji"), (10**9, "👍", "author_id")):
        with pytest.raises(ValidationFailedError) as unprocessable:
            await react_as(ANYBODY, author, emoji)
        assert [error.field for error in unprocessable.value.errors] == [field]
    assert rows(core, "SELECT user_id FROM reaction") == [(people["bob"].id,)]


async def test_a_message_in_an_archived_room_keeps_its_reactions(core: Core):
    ada = await person(core, "ada")
    place = (await core.rooms.add(ANYBODY, RoomCreate(name="old"))).result
    data = RoomMessageCreate(author_id=ada.id, content="hello")
    message = (await core.messages.post(ANYBODY, place.id, data)).result.message
    found = await react(core, message, ada)
    await core.room_upkeep.change(ANYBODY, place.id, RoomUpdate(archived=True))

    for change in (react, take_back):
        with pytest.raises(RoomArchivedError):
            await change(core, message, ada)

    assert (await core.messages.get(ANYBODY, message.id))[0].reactions == found


async def test_an_answer_that_is_being_written_takes_no_reaction_and_keeps_growing(core: Core):
    ada = await person(core, "ada")
    answer = await asked(core, ada)
    with pytest.raises(NotNowError):
        await react(core, answer, ada)
    await core.answers.finish(answer.id, 1, "whole", "it broke off")
    await react(core, answer, ada)

    again = (await core.answers.retry(ANYBODY, answer.id)).result
    await core.reaction_events.stop()

    assert again.reactions[0]["count"] == 1
    assert (await core.answers.update_text(answer.id, again.version, "it goes on")).result == again.version + 1


async def test_plain_text_clients_get_an_answer_once_with_reactions_too(core: Core):
    ada = await person(core, "ada")
    answer = await asked(core, ada)
    before = (await core.log.newest()).number
    await core.answers.finish(answer.id, 1, "whole", None)

    await react(core, answer, ada)
    await told(core, 2)
    await take_back(core, answer, ada)
    await told(core, 3)

    heard = [line(message) for message in (await core.log.read_after(before)).messages]
    assert heard == ["Assistant: whole", None, None]


async def test_an_edited_message_keeps_its_reactions_and_a_purged_one_takes_them_along(core: Core):
    ada = await person(core, "ada")
    message = await said(core, ada)
    found = await react(core, message, ada)

    changed = await core.messages.change(ANYBODY, message.id, MessageUpdate(author_id=ada.id, content="other"))
    assert changed.result.reactions == found
    await core.messages.delete(ANYBODY, message.id, ada.id)
    await core.messages.empty_trash(-1)

    assert rows(core, "SELECT id FROM reaction") == []


async def test_an_event_waits_for_the_database(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quart_notes.background.work_queue.RETRY_DELAY", 0.01)
    monkeypatch.setattr(batched_events, "TICK", 0.0)
    ada = await person(core, "ada")
    message = await said(core, ada)
    send, failures = core.reactions.send, [NotNowError("busy"), NotNowError("busy")]

    async def fail_first(*about: Any) -> Any:
        if failures:
            raise failures.pop()
        return await send(*about)

    monkeypatch.setattr(core.reactions, "send", fail_first)
    await react(core, message, ada)

    assert len(await told(core)) == 1
