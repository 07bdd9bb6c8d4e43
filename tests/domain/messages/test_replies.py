"""Replies: their quotes follow the quoted message, in the database, in events and in replays."""

import asyncio
import json
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import ClientKeyUsedError, ValidationFailedError
from quart_notes.live.events import room, user
from quart_notes.schemas import (
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    QuoteOut,
    RoomCreate,
    RoomMessageCreate,
    UserOut,
)
from quart_notes.schemas.deleted_text import QUOTE
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.assistant_questions import LOBBY, everything, person
from tests.support.clients.fake_outlet import plain
from tests.support.recorded_statements import recorded_statements
from tests.support.servers.in_process import Json, rows

SECRET = "a **secret** \"word\" and \\ 'another'"


async def said(core: Core, who: UserOut, content: str, reply_to: int | None = None, **more: Any) -> MessageOut:
    data = RoomMessageCreate(author_id=who.id, content=content, reply_to=reply_to, **more)
    return (await core.messages.post(ANYBODY, LOBBY, data)).result.message


async def quote_of(core: Core, message: MessageOut) -> QuoteOut:
    quote = (await core.messages.get(ANYBODY, message.id))[0].reply_to
    assert quote is not None
    return quote


async def replayed(core: Core, *topics: str) -> list[Json]:
    """The messages of a replay from the start of the log."""
    subscription = core.feed.subscribe(topics, EventId(core.log.epoch, 0), plain, {})
    found = [json.loads(event.data) async for page in subscription.history() for event in page]
    subscription.close()
    return [event["message"] for event in found if "message" in event]


async def test_a_reply_quotes_a_message_in_its_response_its_list_and_its_event(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")
    first = await said(core, ada, "**Is** there\n\n- tea?\n" + "long " * 100)

    reply = await said(core, bob, "yes", first.id)

    quote = reply.reply_to
    assert quote is not None
    assert (quote.id, quote.version, quote.author, quote.guest) == (first.id, 1, ada, None)
    assert quote.snippet.startswith("Is there tea? long long")
    assert len(quote.snippet) <= 161
    assert not quote.deleted
    assert await everything(core, LOBBY) == [first, reply]
    assert (await replayed(core, room(LOBBY)))[-1] == reply.model_dump(mode="json")


async def test_a_quote_follows_an_edit_a_deletion_and_a_restoration(core: Core):
    ada = await person(core, "ada")
    guest = (await core.messages.post_as_guest(LOBBY, "Guest 1234", "hello")).result
    first = await said(core, ada, "first")
    reply, to_guest = await said(core, ada, "reply", first.id), await said(core, ada, "to a guest", guest.id)

    await core.messages.change(ANYBODY, first.id, MessageUpdate(author_id=ada.id, content="`second`"))
    edited = await quote_of(core, reply)
    await core.messages.delete(ANYBODY, first.id, ada.id)
    deleted = await quote_of(core, reply)
    await core.messages.restore(ANYBODY, first.id, ada.id)

    assert (edited.snippet, edited.version) == ("second", 2)
    assert deleted.model_dump() == {"id": first.id, **QUOTE}
    assert await quote_of(core, reply) == edited.model_copy(update={"version": 3})
    assert ((await quote_of(core, to_guest)).author, (await quote_of(core, to_guest)).guest) == (None, "Guest 1234")
    numbers = [one["id"] for one in await replayed(core, room(LOBBY))]
    assert numbers == [guest.id, first.id, reply.id, to_guest.id, first.id, first.id, first.id], "one event a change"


async def test_a_message_that_is_deleted_for_good_stays_deleted_in_its_quotes(core: Core):
    ada = await person(core, "ada")
    first = await said(core, ada, "first")
    reply = await said(core, ada, "reply", first.id)
    await core.messages.delete(ANYBODY, first.id, ada.id)

    await core.messages.empty_trash(-1)

    assert rows(core, "SELECT id FROM message") == [(reply.id,)]
    assert (await quote_of(core, reply)).model_dump() == {"id": first.id, **QUOTE}


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "in a room"])
async def test_the_text_of_a_deleted_message_is_in_no_replay_of_its_replies(core: Core, direct: bool):
    ada, bob = await person(core, "ada"), await person(core, "bob")

    async def tell(content: str, reply_to: int | None = None) -> MessageOut:
        if not direct:
            return await said(core, bob, content, reply_to)
        data = MessageCreate(author_id=bob.id, recipient_id=ada.id, content=content, reply_to=reply_to)
        return (await core.messages.send(ANYBODY, data)).result.message

    first = await tell(SECRET)
    reply, gone = await tell('"reply_to":{"id":1,', first.id), await tell("gone", first.id)
    other = await tell("other", reply.id)
    await core.messages.delete(ANYBODY, gone.id, bob.id)
    await core.messages.empty_trash(-1)
    assert "another" in json.dumps(await replayed(core, room(LOBBY), user(ada.id)))

    await core.messages.delete(ANYBODY, first.id, bob.id)

    for found in (
        await replayed(core, room(LOBBY), user(ada.id)),
        [
            json.loads(body)["message"]
            for (body,) in rows(core, "SELECT body FROM event_log WHERE body LIKE '%message%'")
        ],
    ):
        assert "another" not in json.dumps(found)
        quotes = {one["id"]: one["reply_to"] for one in found}
        assert quotes[reply.id] == {"id": first.id, **QUOTE}
        assert quotes[other.id]["snippet"] == reply.content, "other quotes are kept"


async def test_the_text_is_removed_from_replies_of_the_same_commit(core: Core):
    ada = await person(core, "ada")
    first = await said(core, ada, SECRET)

    await asyncio.gather(said(core, ada, "reply", first.id), core.messages.delete(ANYBODY, first.id, ada.id))

    assert "reply" in str(rows(core, "SELECT body FROM event_log"))
    assert "another" not in str(rows(core, "SELECT body FROM event_log"))


async def test_a_reply_to_a_message_that_is_not_there_is_refused_in_the_same_words(house: House):
    core, ada, bob = house.core, house.people["ada"], house.people["bob"]
    other = (await core.rooms.add(house.caller("ada"), RoomCreate(name="other"))).result

    async def post(room_id: int, reply_to: int | None = None) -> MessageOut:
        data = RoomMessageCreate(author_id=ada.id, content="x", reply_to=reply_to)
        return (await core.messages.post(house.caller("ada"), room_id, data)).result.message

    here, elsewhere = await post(LOBBY), await post(other.id)
    data = MessageCreate(author_id=bob.id, recipient_id=bob.id, content="private")
    private = (await core.messages.send(house.caller("bob"), data)).result.message
    await core.messages.delete(house.caller("ada"), (deleted := await post(LOBBY)).id, ada.id)

    for reply_to in (elsewhere.id, private.id, deleted.id, 10**9):
        with pytest.raises(ValidationFailedError) as refused:
            await post(LOBBY, reply_to)
        assert [error.field for error in refused.value.errors] == ["reply_to"]
        assert refused.value.detail == f"There is no message {reply_to} in this room."
    assert [one.id for one in await everything(core, LOBBY)] == [here.id]


async def test_a_client_key_posts_a_reply_once_and_belongs_to_the_quoted_message_too(core: Core):
    ada = await person(core, "ada")
    first, second = await said(core, ada, "first"), await said(core, ada, "second")
    reply = await said(core, ada, "reply", first.id, client_key="key-of-the-reply")
    await core.messages.delete(ANYBODY, first.id, ada.id)

    assert (await said(core, ada, "reply", first.id, client_key="key-of-the-reply")).id == reply.id
    for other in (second.id, None):
        with pytest.raises(ClientKeyUsedError):
            await said(core, ada, "reply", other, client_key="key-of-the-reply")


async def test_a_page_of_replies_costs_as_many_queries_as_one(core: Core):
    ada = await person(core, "ada")
    first = await said(core, ada, "first")
    replies = [await said(core, ada, "reply", first.id)]

    async def cost() -> int:
        with recorded_statements() as statements:
            await core.messages.in_room(ANYBODY, LOBBY, MessageQuery(after_id=first.id))
        return len(statements)

    one = await cost()
    replies += [await said(core, ada, "reply", quoted.id) for quoted in (replies[0], first) * 5]
    assert await cost() == one
