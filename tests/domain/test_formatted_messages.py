"""Messages are parsed as Markdown once, when they are written, and answers of the assistant as they grow."""

import json
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.assistant.answers import Answers
from quart_notes.domain.notifications import of_messages
from quart_notes.domain.rooms.access import LOBBY
from quart_notes.domain.text.markdown import parse_message
from quart_notes.schemas import MessageCreate, MessageOut, MessageQuery, MessageUpdate, RoomMessageCreate
from tests.support.assistant_questions import asked, person
from tests.support.servers.in_process import rows

BOLD = [{"type": "p", "children": [{"type": "strong", "children": [{"type": "text", "text": "bold"}]}]}]


async def in_lobby(core: Core) -> list[MessageOut]:
    return (await core.messages.in_room(ANYBODY, LOBBY, MessageQuery())).items


def told(core: Core) -> list[dict[str, Any]]:
    """The messages of all events, oldest first."""
    query = "SELECT body FROM event_log WHERE subject LIKE 'message:%' ORDER BY number"
    return [json.loads(body)["message"] for (body,) in rows(core, query)]


async def test_a_message_is_formatted_in_its_response_its_list_and_its_event(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")

    posted = await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="**bold**"))
    sent = await core.messages.send(
        ANYBODY, MessageCreate(author_id=ada.id, recipient_id=bob.id, content="# plain\n\n|a|\n|-|")
    )
    guests = await core.messages.post_as_guest(LOBBY, "Guest 1234", "**bold**")

    assert [posted.result.message.formatted, guests.result.formatted] == [BOLD, BOLD]
    assert [one.formatted for one in await in_lobby(core)] == [BOLD, BOLD]
    assert (sent.result.message.content, sent.result.message.formatted) == ("# plain\n\n|a|\n|-|", None)
    assert {one["content"]: one["formatted"] for one in told(core)} == {"**bold**": BOLD, "# plain\n\n|a|\n|-|": None}


async def test_an_edited_message_is_formatted_anew(core: Core):
    ada = await person(core, "ada")
    posted = await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="plain"))

    async def edited(content: str) -> Any:
        data = MessageUpdate(author_id=ada.id, content=content)
        await core.messages.change(ANYBODY, posted.result.message.id, data)
        return (await in_lobby(core))[0].formatted

    assert await edited("**bold**") == BOLD
    assert await edited("plain again") is None


async def test_a_message_is_parsed_once(core: Core, monkeypatch: pytest.MonkeyPatch):
    parsed: list[str] = []

    def parse(text: str) -> Any:
        parsed.append(text)
        return parse_message(text)

    monkeypatch.setattr(of_messages, "parse_message", parse)
    ada = await person(core, "ada")

    posted = await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="**bold**"))
    await in_lobby(core)
    await core.messages.delete(ANYBODY, posted.result.message.id, ada.id)
    restored = await core.messages.restore(ANYBODY, posted.result.message.id, ada.id)

    assert restored.result.formatted == BOLD
    assert parsed == ["**bold**"]


async def grown(answers: Answers, answer: MessageOut, *texts: str) -> None:
    for version, text in enumerate(texts, 1):
        await answers.update_text(answer.id, version, text)


async def test_an_answer_is_formatted_while_it_grows_and_when_it_ends(core: Core):
    answer = await asked(core, await person(core, "ada"))

    await grown(core.answers, answer, "**bo", "**bold**", "**bold**\n\n- [ ] on")
    await core.answers.finish(answer.id, 4, "**bold**\n\n- [ ] one", None)

    trees = [one["formatted"] for one in told(core) if one["id"] == answer.id]
    task = {"type": "task", "line": 3, "done": False, "children": [{"type": "text", "text": "one"}]}
    assert trees[:3] == [None, None, BOLD]
    assert trees[-1] == [*BOLD, {"type": "ul", "children": [task]}]


async def test_an_answer_that_is_asked_for_again_loses_its_formatted_text(core: Core):
    answer = await asked(core, await person(core, "ada"))
    await grown(core.answers, answer, "**bold**")
    stopped = (await core.answers.stop(ANYBODY, answer.id)).result

    again = (await core.answers.retry(ANYBODY, answer.id)).result

    assert stopped.formatted == BOLD
    assert (again.content, again.formatted) == ("", None)
