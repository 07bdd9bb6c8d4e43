"""How often a growing answer is stored: each time it is parsed as a whole, so a long one is stored less often."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from quart_notes.background.assistant import CHARACTER_INTERVAL, WRITE_INTERVAL, Assistant
from quart_notes.background.ollama import Ollama
from quart_notes.domain.assistant.answers import Answers, PendingAnswer
from quart_notes.domain.assistant.prompt import ChatMessage, Context, Utterance
from quart_notes.live.broadcaster import Broadcaster
from tests.support.virtual_time import in_virtual_time

TOKEN_INTERVAL = 0.01  # seconds between two pieces of the model's answer
TOKENS = 2_000


class _Model:
    """Writes TOKENS pieces of a given length."""

    url = ""

    def __init__(self, length: int) -> None:
        self.length = length

    async def chat(self, _: Sequence[ChatMessage], take: Callable[[str], None]) -> None:
        for number in range(1, TOKENS + 1):
            take("x" * self.length * number)
            await asyncio.sleep(TOKEN_INTERVAL)


class _Stored:
    """Takes the updates of one answer: when, and how long the text was."""

    def __init__(self) -> None:
        self.updates: list[tuple[float, int]] = []

    async def pending(self, _: int) -> PendingAnswer:
        return PendingAnswer(1, Context(True, "ada", [Utterance("ada", "hello")]))

    async def update_text(self, _: int, version: int, text: str) -> Any:
        self.updates.append((asyncio.get_running_loop().time(), len(text)))
        return SimpleNamespace(result=version + 1, position=SimpleNamespace(number=version))

    async def finish(self, _: int, version: int, text: str, error: str | None) -> None:
        assert error is None
        assert len(text) >= self.updates[-1][1]


@pytest.mark.parametrize("length", [1, 15])
@in_virtual_time
async def test_the_longer_an_answer_is_the_less_often_it_is_stored(length: int) -> None:
    stored = _Stored()
    broadcaster = Mock(spec=Broadcaster)
    assistant = Assistant(broadcaster, cast(Answers, stored), cast(Ollama, _Model(length)), at_once=1)

    await assistant._write(1)

    pauses = [(later - now, size) for (now, size), (later, _) in pairwise(stored.updates)]
    assert stored.updates[0][0] == 0, "the first word is stored immediately"
    for pause, size in pauses:
        least = max(WRITE_INTERVAL, size * CHARACTER_INTERVAL)
        assert least - 1e-6 <= pause <= least + TOKEN_INTERVAL + 1e-6
    characters = sum(size for _, size in stored.updates)
    seconds = TOKENS * TOKEN_INTERVAL
    assert characters * CHARACTER_INTERVAL <= seconds + max(size for _, size in pauses) * CHARACTER_INTERVAL
