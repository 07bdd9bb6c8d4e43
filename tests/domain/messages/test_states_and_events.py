"""A list of messages and the events after it give the current list, with quotes and reactions."""

import asyncio
import json
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.text.snippets import opening
from quart_notes.errors import ProblemError
from quart_notes.live.events import room
from quart_notes.schemas import MessageQuery, MessageUpdate, RoomMessageCreate
from quart_notes.schemas.deleted_text import QUOTE
from quart_notes.schemas.event_ids import EventId
from tests.support.assistant_questions import LOBBY, person
from tests.support.clients.fake_outlet import plain
from tests.support.servers.in_process import Json, State, opened

TEXTS = ("plain", "**bold** text", "- [ ] task\n- two", "# heading\n\n`code`")


def apply(state: State, event: Json) -> None:
    """Apply an event to a list of messages, as the documents tell clients to."""
    message, deletes = event["message"], event["action"] == "delete"
    if deletes:
        state.pop(message["id"], None)
    else:
        state[message["id"]] = message
    said = {name: message[name] for name in ("version", "author_id", "author", "guest")}
    quote = (
        QUOTE if deletes else {**said, "snippet": opening(message["content"], message["formatted"]), "deleted": False}
    )
    for one in state.values():
        if one["reply_to"] and one["reply_to"]["id"] == message["id"]:
            one["reply_to"] = {"id": message["id"], **quote}


async def _listed(core: Core) -> tuple[State, EventId]:
    found = await core.messages.in_room(ANYBODY, LOBBY, MessageQuery())
    return {message.id: message.model_dump(mode="json") for message in found.items}, found.position


async def _after(core: Core, position: EventId) -> list[Json]:
    """The events that a reader gets who resumes there."""
    subscription = core.feed.subscribe({room(LOBBY)}, position, plain, {})
    found = [json.loads(event.data) async for page in subscription.history() for event in page]
    subscription.close()
    return found


async def _act(core: Core, chance: random.Random, people: list[int]) -> None:
    who, message_id, other = chance.choice(people), chance.randint(1, 9), chance.randint(1, 9)
    text, emoji = chance.choice(TEXTS), chance.choice("👍🎉😀")
    said: dict[str, Any] = {"author_id": who, "content": text}
    acts: dict[str, Any] = {
        "say": lambda: core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(**said)),
        "reply": lambda: core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(**said, reply_to=other)),
        "edit": lambda: core.messages.change(ANYBODY, message_id, MessageUpdate(**said)),
        "delete": lambda: core.messages.delete(ANYBODY, message_id, who),
        "restore": lambda: core.messages.restore(ANYBODY, message_id, who),
        "react": lambda: core.reactions.add(ANYBODY, message_id, who, emoji),
        "take back": lambda: core.reactions.remove(ANYBODY, message_id, who, emoji),
        "tell": lambda: core.reactions.send(message_id),
    }
    with suppress(ProblemError):  # it is not there, or somebody else's
        await acts[chance.choice(list(acts))]()


@settings(max_examples=8)
@given(st.integers(0, 1 << 32), st.integers(1, 40), st.integers(1, 6))
def test_a_list_and_the_events_after_it_give_the_current_list(seed: int, turns: int, at_once: int):
    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            chance = random.Random(seed)
            people = [(await person(core, nickname)).id for nickname in ("ada", "bob")]
            starts = [await _listed(core)]
            for _ in range(turns):
                await asyncio.gather(*(_act(core, chance, people) for _ in range(at_once)))
                if chance.random() < 0.2:
                    starts.append(await _listed(core))
            await core.reaction_events.stop()

            last, _ = await _listed(core)
            for state, position in starts:
                for event in await _after(core, position):
                    apply(state, event)
                assert state == last

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
