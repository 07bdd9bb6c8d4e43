"""A client of a running server's assistant: asks questions and waits for answers."""

import asyncio
from typing import Any

import httpx

from tests.support.api_fixtures import NUMBERS, Json, got, say
from tests.support.servers.fake_ollama import FakeOllama


def new_word(upstream: FakeOllama, *steps: Any) -> str:
    """A new unique word; a question that ends with it gets these steps as its answer."""
    word = f"word{next(NUMBERS)}"
    upstream.will(word, *steps)
    return word


def new_hold() -> str:
    """A unique name for a `hold` step."""
    return f"hold{next(NUMBERS)}"


async def own_room(api: httpx.AsyncClient, who: Json) -> Json:
    """A user's room with the assistant."""
    answer = await api.post(f"/api/assistant/room?person_id={who['id']}")
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def asked(api: httpx.AsyncClient, where: Json, who: Json, text: str) -> Json:
    """Ask a question; returns the answer as it is created."""
    question = await say(api, where, who, text)
    (answer,) = [one for one in await said_after(api, where, question) if one["answer"]]
    assert answer["answer"]["question_id"] == question["id"]
    return answer


async def said_after(api: httpx.AsyncClient, where: Json, message: Json) -> list[Json]:
    """The messages in a room after a message."""
    return list(await got(api, f"/api/rooms/{where['id']}/messages", after_id=message["id"]))


async def ended(api: httpx.AsyncClient, answer: Json) -> Json:
    """The answer once it has ended."""
    return await in_state(api, answer, "done", "failed", "stopped")


async def in_state(api: httpx.AsyncClient, answer: Json, *states: str) -> Json:
    """The answer once it is in one of these states."""
    found: Json = {}
    for _ in range(1000):
        found = await got(api, f"/api/messages/{answer['id']}")
        if found["answer"]["state"] in states:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"not {states}: {found}")


def shown(message: Json) -> tuple[str, str]:
    """The state and the text of an answer."""
    return message["answer"]["state"], message["content"]
