"""A client of Ollama: checks the server and the model, and streams answers.

source   https://github.com/ollama/ollama/blob/main/docs/api.md: `/api/chat` streams a JSON object a line, the last with
         `"done": true`; an error is `{"error": …}`, with a status or, once the stream has started, as a line of it
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from quart_notes.background.thoughts import AnswerText
from quart_notes.domain.assistant.prompt import ChatMessage
from quart_notes.schemas import ANSWER_MAX, UNSTORABLE

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT = 3.0  # seconds for a connection
SILENCE_TIMEOUT = 60.0  # seconds between two lines of an answer
ANSWER_TIMEOUT = 1800.0  # seconds of a whole answer
CONTEXT = 8192  # tokens of the model's context, question and answer; Ollama's default cuts notes off
LINE_MAX = 1024 * 1024  # bytes of one line
STREAM_MAX = 64 * 1024 * 1024  # bytes of an answer, with the thoughts that some models include
ERROR_BODY_MAX = 64 * 1024  # bytes that are read of an error response
SAID_MAX = 200  # characters of Ollama's error message that are passed on

HOW = "Install Ollama (https://ollama.com), start it and run: ollama pull {model}"
NOT_THERE = f"No Ollama server answers. {HOW}. If it runs elsewhere, set its address in ollama_url."
NO_MODEL = "Ollama has no model {model}. Run: ollama pull {model}. Or name another one in the setting ollama_model."
SWITCHED_OFF = "There is no assistant on this server: the setting ollama_url is none."
NOT_OLLAMA = "The server at the address in ollama_url is not Ollama."
BROKEN_OFF = "The connection to Ollama was lost."
TOO_LATE = "Ollama took longer than {seconds:g} seconds for the first word; see the setting assistant_timeout."
TOO_SILENT = "Ollama sent nothing for {seconds:g} seconds in the middle of the answer."
TOO_SLOW = "The answer took longer than {minutes:g} minutes."
TOO_LONG = f"The answer was longer than {ANSWER_MAX:,} characters; this is the beginning."
NOTHING = "The model gave no answer."
TOO_FEW_TOKENS = f"The model reached its limit of {CONTEXT:,} tokens before the answer was whole."
CUT_SHORT = "length"  # Ollama's `done_reason` for that


class OllamaError(Exception):
    """No answer, or an incomplete one; the message says why and what to do."""


class Ollama:
    """An Ollama server and its model.

    url      base address; "" when there is none
    first    seconds for the first line of an answer
    """

    def __init__(self, url: str, model: str, first: float) -> None:
        self.url = url
        self.model = model
        self._first = first
        self._client: httpx.AsyncClient | None = None

    async def check(self) -> None:
        """Return if a question would be answered; otherwise OllamaError with what is missing."""
        try:
            async with asyncio.timeout(2 * CONNECT_TIMEOUT), self._opened("GET", "/api/tags") as response:
                reply = _parsed(await _read_at_most(response, LINE_MAX))
        except TimeoutError:
            raise OllamaError(self._with_model(NOT_THERE)) from None
        found = reply.get("models", NOT_OLLAMA)
        if not isinstance(found, list | None):
            raise OllamaError(NOT_OLLAMA)
        names = {one.get("name") for one in found or () if isinstance(one, dict)}  # null without any model
        if not names & {self.model, f"{self.model}:latest"}:
            raise OllamaError(self._with_model(NO_MODEL))

    async def chat(self, turns: Sequence[ChatMessage], take: Callable[[str], None]) -> None:
        """Have the model answer; `take` gets the whole visible text each time it has changed.

        Returns when the answer is complete. On cancellation it closes the connection immediately, and the model stops.
        OllamaError when there is no (more) answer.
        """
        body = {"model": self.model, "messages": turns, "stream": True, "options": {"num_ctx": CONTEXT}}
        loop = asyncio.get_running_loop()
        latest = loop.time() + ANSWER_TIMEOUT
        begun = False
        answer = AnswerText()
        try:
            async with asyncio.timeout(self._first) as patience, self._opened("POST", "/api/chat", body) as response:
                async for line in _lines(response):
                    begun = True
                    patience.reschedule(min(loop.time() + SILENCE_TIMEOUT, latest))
                    before = answer.text
                    ended = _add(line, answer)
                    if answer.text != before:
                        take(answer.text[:ANSWER_MAX])
                    if len(answer.text) > ANSWER_MAX:
                        raise OllamaError(TOO_LONG)
                    if ended:
                        break
                else:
                    raise OllamaError(BROKEN_OFF if begun else NOT_OLLAMA)
        except TimeoutError:
            raise OllamaError(self._late(begun, loop.time() >= latest)) from None
        if ended == CUT_SHORT:
            raise OllamaError(TOO_FEW_TOKENS)
        if not answer.text:
            raise OllamaError(NOTHING)

    def _late(self, begun: bool, in_all: bool) -> str:
        if in_all:
            return TOO_SLOW.format(minutes=ANSWER_TIMEOUT / 60)
        return TOO_SILENT.format(seconds=SILENCE_TIMEOUT) if begun else TOO_LATE.format(seconds=self._first)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    @asynccontextmanager
    async def _opened(self, method: str, path: str, body: Any = None) -> AsyncIterator[httpx.Response]:
        """A successful response, not read yet; OllamaError otherwise, or when it breaks off."""
        if not self.url:
            raise OllamaError(SWITCHED_OFF)
        import httpx  # late: it takes 30 ms, and only servers with an assistant need it

        try:
            async with self._connections().stream(method, self.url + path, json=body) as response:
                if response.status_code != HTTPStatus.OK:
                    await self._refuse(response)
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise OllamaError(self._with_model(NOT_THERE)) from error
        except httpx.TransportError as error:
            raise OllamaError(BROKEN_OFF) from error

    def _connections(self) -> httpx.AsyncClient:
        import httpx  # late, as above

        # Created when it is needed: certificates take longer to load than everything else at the start.
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=ssl.create_default_context() if self.url.startswith("https:") else False,
                trust_env=False,
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
                limits=httpx.Limits(max_keepalive_connections=0),  # a new connection each time: none can be stale
            )
        return self._client

    async def _refuse(self, response: httpx.Response) -> NoReturn:
        message = _parsed(await _read_at_most(response, ERROR_BODY_MAX)).get("error")
        if not isinstance(message, str):
            raise OllamaError(NOT_OLLAMA)
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise OllamaError(self._with_model(NO_MODEL))
        raise OllamaError(_quoted(message))

    def _with_model(self, text: str) -> str:
        return text.format(model=self.model)


async def _read_at_most(response: httpx.Response, most: int) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise OllamaError(NOT_OLLAMA)
    return body


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """The lines of a stream, however it is split; the last may lack its end."""
    rest, total = b"", 0
    async for chunk in response.aiter_raw():
        total += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
        if len(rest) > LINE_MAX or total > STREAM_MAX:
            raise OllamaError(NOT_OLLAMA)
    if rest.strip():
        yield rest


def _add(line: bytes, answer: AnswerText) -> str | None:
    """Add a line's text to the answer; returns why the model ended with it, None when it goes on."""
    reply = _parsed(line)
    if "error" in reply:
        raise OllamaError(_quoted(str(reply["error"])))
    message = reply.get("message")
    text = message.get("content") if isinstance(message, dict) else None
    done = reply.get("done")
    if not isinstance(done, bool) or not isinstance(text, str | None):
        raise OllamaError(NOT_OLLAMA)
    answer.add(UNSTORABLE.sub("\ufffd", text or ""))
    if not done:
        return None
    answer.end()
    return str(reply.get("done_reason") or "stop")


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise OllamaError(NOT_OLLAMA)
    return found


def _quoted(said: str) -> str:
    text = " ".join(UNSTORABLE.sub("\ufffd", said).split())
    return f"Ollama says: {text[:SAID_MAX] or 'an error without a message'}"
