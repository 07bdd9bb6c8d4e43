"""The assistant's worker: sends questions to Ollama in turn, and stores the answers as they grow."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from quart_notes.background.ollama import Ollama, OllamaError
from quart_notes.background.work_queue import WorkQueue, retry_until_available
from quart_notes.domain.assistant.answers import Answers
from quart_notes.domain.assistant.prompt import Context, compose
from quart_notes.live.broadcaster import Broadcaster

T = TypeVar("T")
WRITE_INTERVAL = 0.075  # seconds between two updates of an answer: frequent enough for readers, rare enough for the log
# The same for each character of the text, which is parsed, stored and sent as a whole: ten times what parsing needs.
CHARACTER_INTERVAL = 25e-6
PER_USER = 2  # answers in progress for one user, and for all guests together
AVAILABILITY_TTL = 5.0  # seconds for which the state of Ollama is cached
AVAILABILITY_TIMEOUT = 1.0  # seconds that a caller waits for the state of Ollama
UNKNOWN = "Still checking whether Ollama is running. Ask again in a moment."
QUESTION_DELETED = "The question was deleted."
FAULT = "Something went wrong on the server. It has been logged."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Draft:
    """An answer in progress: its version in the database, its text so far, and its events.

    first, last   numbers of its first and its last update in the log
    """

    version: int
    text: str = ""
    first: int = 0
    last: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def add(self, text: str) -> None:
        self.text = text
        self.more.set()

    def finish(self) -> None:
        self.over = True
        self.more.set()


class Assistant:
    """Writes waiting answers.

    1. At most `at_once` answers are written at a time, PER_USER of them for one user; the rest wait in order.
    2. The text is stored every WRITE_INTERVAL seconds, the first word immediately, and a long one less often; a stopped
       answer is not changed.
    3. Stopping an answer closes the connection to Ollama immediately.
    4. Every answer that was started ends: done, stopped, or failed with a reason.
    """

    def __init__(self, broadcaster: Broadcaster, answers: Answers, ollama: Ollama, at_once: int) -> None:
        self._answers = answers
        self._ollama = ollama
        self._queue = WorkQueue(broadcaster, "answer", self._write, _cancel, at_once=at_once, per_user=PER_USER)
        self._open = False
        self._compactions: set[asyncio.Task[None]] = set()
        self._reason: str | None = UNKNOWN
        self._seen = False
        self._checked_at = float("-inf")
        self._checking: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._ollama.model

    @property
    def enabled(self) -> bool:
        """Whether the settings ask for an assistant: not when ollama_url is none."""
        return bool(self._ollama.url)

    def open(self) -> None:
        """Start checking whether there is a model."""
        self._open = True

    async def close(self) -> None:
        """Stop checking."""
        self._open = False
        await _ended([self._checking] if self._checking else [])
        await self._ollama.close()

    async def start(self) -> None:
        """Start answering: of several processes, one does.

        Answers that another process was writing have failed. Waiting ones are started, however old they are.
        """
        await self._answers.fail_writing()
        await self._queue.start(self._answers.waiting)

    async def stop(self) -> None:
        """Stop immediately; the next process that starts handles unfinished answers."""
        await self._queue.stop(cancel=True)
        await _ended(self._compactions)

    async def _write(self, answer_id: int) -> None:
        work = await _retry(lambda: self._answers.pending(answer_id))
        if work is None:
            return
        draft = _Draft(work.version)
        try:
            error = QUESTION_DELETED if work.context is None else await self._ask(answer_id, work.context, draft)
            if error:
                log.warning("The assistant could not answer message %d: %s", answer_id, error)
            await _retry(lambda: self._answers.finish(answer_id, draft.version, draft.text, error))
        finally:
            self._compact_soon(answer_id, draft)

    def _compact_soon(self, answer_id: int, draft: _Draft) -> None:
        if draft.first < draft.last and self._queue.working:
            task = asyncio.create_task(_retry(partial(self._answers.compact_log, answer_id, draft.first, draft.last)))
            self._compactions.add(task)
            task.add_done_callback(self._compactions.discard)

    async def _ask(self, answer_id: int, context: Context, draft: _Draft) -> str | None:
        """Ask Ollama, and store the text; returns why it failed, or None when the answer is complete."""
        storing = asyncio.create_task(self._store(answer_id, draft))
        try:
            error = await _why_not(self._ollama.chat(compose(context, datetime.now(UTC).date()), draft.add))
            draft.finish()
            await storing
        except Exception:
            log.exception("An answer of the assistant could not be stored")
            error = FAULT
        finally:
            storing.cancel()
        return error

    async def _store(self, answer_id: int, draft: _Draft) -> None:
        """Store the text so far, a batch at a time; the code that ends the answer stores the last part."""
        loop = asyncio.get_running_loop()
        while True:
            await draft.more.wait()
            draft.more.clear()
            if draft.over:
                return
            began, text = loop.time(), draft.text
            grown = await _retry(partial(self._answers.update_text, answer_id, draft.version, text))
            if grown.result is None:
                return  # it was stopped, and this task will be
            draft.version, draft.last = grown.result, grown.position.number
            draft.first = draft.first or draft.last
            await asyncio.sleep(began + max(WRITE_INTERVAL, len(text) * CHARACTER_INTERVAL) - loop.time())

    def reason(self) -> str | None:
        """Why the assistant cannot answer; None when it can or its state is unknown. Without waiting, for pages."""
        self._check_again()
        return None if self._reason == UNKNOWN else self._reason

    async def is_there(self) -> bool:
        """Whether it could answer at any time since the start: until then no page mentions it."""
        self._check_again()
        if self._reason == UNKNOWN and self._checking is not None:
            await asyncio.wait({self._checking}, timeout=AVAILABILITY_TIMEOUT)
        return self._seen

    async def availability(self) -> str | None:
        """Why the assistant cannot answer, after a short wait while that is checked; None when it can."""
        self._check_again()
        if self._checking is not None:
            await asyncio.wait({self._checking}, timeout=AVAILABILITY_TIMEOUT)
        return self._reason

    def _check_again(self) -> None:
        loop = asyncio.get_running_loop()
        if self._open and self._checking is None and loop.time() - self._checked_at >= AVAILABILITY_TTL:
            self._checking = loop.create_task(self._check())

    async def _check(self) -> None:
        try:
            reason = await _why_not(self._ollama.check())
            if reason and reason != self._reason and self._ollama.url:
                log.warning("The assistant cannot answer; Ollama at %s: %s", self._ollama.url, reason)
            self._reason = reason
            self._seen = self._seen or reason is None
        finally:
            self._checked_at = asyncio.get_running_loop().time()
            self._checking = None


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _why_not(asking: Awaitable[None]) -> str | None:
    """Wait for Ollama; returns why it failed, in words for people, or None."""
    try:
        await asking
    except OllamaError as error:
        return str(error)
    except Exception:
        log.exception("The assistant failed")
        return FAULT
    return None


def _cancel(_: int, task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()


async def _retry(act: Callable[[], Awaitable[T]]) -> T:
    return await retry_until_available(act, waiter="The assistant")
