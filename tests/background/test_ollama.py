"""The client of Ollama, against a server that speaks its wire format and has every possible fault."""

import asyncio
import json
import socket
from typing import Any

import pytest

from quart_notes.background import ollama
from quart_notes.background.ollama import Ollama, OllamaError
from quart_notes.domain.assistant.prompt import ChatMessage
from quart_notes.schemas import ANSWER_MAX
from tests.support.servers.fake_ollama import FakeOllama

QUIET = {"hold": "never"}
ASKED: list[ChatMessage] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "word"}]


async def answer_of(upstream: FakeOllama | str, *steps: Any, first: float = 10.0, model: str = "llama3.2") -> list[str]:
    """The pieces of an answer that consists of these steps."""
    if isinstance(upstream, FakeOllama):
        upstream.will("word", *steps)
    client = Ollama(upstream if isinstance(upstream, str) else upstream.url, model, first)
    pieces: list[str] = []

    def collect(text: str) -> None:
        before = "".join(pieces)
        pieces.append(text.removeprefix(before) if text.startswith(before) else f"instead: {text}")

    try:
        await client.chat(ASKED, collect)
    except OllamaError as error:
        pieces.append(f"✗ {error}")
    finally:
        await client.close()
    return pieces


def line(text: str, **more: Any) -> str:
    return json.dumps({"message": {"role": "assistant", "content": text}, "done": False, **more})


async def test_an_answer_is_streamed_and_the_question_has_ollamas_format(upstream: FakeOllama):
    assert await answer_of(upstream, "Tea", " is", " ready.") == ["Tea", " is", " ready."]

    asked = upstream.received[-1]
    assert asked == {"model": "llama3.2", "messages": ASKED, "stream": True, "options": {"num_ctx": ollama.CONTEXT}}
    assert upstream.looked_at[-1] == "/api/chat"


@pytest.mark.parametrize("cut", [1, 7, 64])
async def test_lines_may_be_split_anywhere(upstream: FakeOllama, cut: int):
    whole = "".join(f"{line(text)}\n" for text in ("Grüße ", "an 😀", "\n", "é")) + line("", done=True) + "\n"
    text = whole.encode().decode("latin-1")

    pieces = await answer_of(
        upstream, *({"bytes": text[n : n + cut]} for n in range(0, len(text), cut)), {"end": False}
    )

    assert "".join(pieces) == "Grüße an 😀\né"


async def test_several_lines_may_arrive_at_once_and_the_last_without_a_newline(upstream: FakeOllama):
    text = f"{line('a')}\n\n{line('b')}\r\n{line('c', done=True)}"

    assert await answer_of(upstream, {"bytes": text}, {"end": False}) == ["a", "b", "c"]


async def test_text_after_the_end_is_ignored(upstream: FakeOllama):
    assert await answer_of(upstream, "a", {"line": line("", done=True)}, "b") == ["a"]


async def test_the_thinking_of_a_model_is_left_out(upstream: FakeOllama):
    thought = {"message": {"role": "assistant", "content": "", "thinking": "hmm"}, "done": False}

    assert await answer_of(upstream, {"line": json.dumps(thought)}, "Yes.") == ["Yes."]


THOUGHTS = [
    ("<think>Hm.</think>Yes.", "Yes."),
    ("\n<think>\nHm.\n</think>\n\nYes.", "Yes."),
    ("<THINKING>Hm.</Thinking> Yes.", "Yes."),
    ("<think>a</think>Yes.<think>b</think> No.", "Yes. No."),
    ("<think></think>Yes.", "Yes."),
    ("Yes.<think>and no end", "Yes."),
    ("Say `<think>` or `</think>` for that.", "Say `<think>` or `</think>` for that."),
    ("1 < 2, <b>, <thin> and <", "1 < 2, <b>, <thin> and <"),
]


@pytest.mark.parametrize(("content", "seen"), THOUGHTS)
async def test_thinking_within_the_content_is_left_out(upstream: FakeOllama, content: str, seen: str):
    assert "".join(await answer_of(upstream, content)) == seen
    assert "".join(await answer_of(upstream, *content)) == seen  # one character at a time


async def test_thinking_without_an_opening_tag_is_retracted(upstream: FakeOllama):
    pieces = await answer_of(upstream, "Let me ", "think.</th", "ink>\n\nYes.")

    assert pieces == ["Let me ", "think.", "instead: Yes."]


@pytest.mark.parametrize("content", [(" ",), ("\n", " \t"), ("<think>Hm.</think>", "\n"), ("<think>Hm.",)])
async def test_a_blank_answer_is_an_error(upstream: FakeOllama, content: tuple[str, ...]):
    assert await answer_of(upstream, *content) == ["✗ The model gave no answer."]


@pytest.mark.parametrize("content", [["Once upon"], []])
async def test_an_answer_cut_off_by_the_models_limit_is_incomplete(upstream: FakeOllama, content: list[str]):
    cut_off = {"line": line("", done=True, done_reason="length")}

    *kept, error = await answer_of(upstream, *content, cut_off)

    assert kept == content
    assert "limit of 8,192 tokens" in error


@pytest.mark.parametrize("models", ["null", "[]", '[{"name": "other:latest"}, null]'])
async def test_a_server_without_the_model_asks_to_pull_it(upstream: FakeOllama, models: str):
    upstream.will("tags", {"status": 200, "body": f'{{"models": {models}}}'})
    client = Ollama(upstream.url, "llama3.2", 10)

    with pytest.raises(OllamaError, match=r"Run: ollama pull llama3\.2"):
        await client.check()
    upstream.will("tags")
    await client.close()


async def test_characters_that_cannot_be_stored_are_replaced(upstream: FakeOllama):
    strange = '{"message": {"content": "a\\u0000b\\ud800c"}, "done": false}'

    assert await answer_of(upstream, {"line": strange}) == ["a\ufffdb\ufffdc"]


@pytest.mark.parametrize(
    ("steps", "pieces", "why"),
    [
        (["a", {"line": '{"error":"it ran  out\\nof memory"}'}], ["a"], "Ollama says: it ran out of memory"),
        ([{"line": '{"error":""}'}], [], "an error without a message"),
        ([{"status": 500, "body": '{"error":"model requires more system memory"}'}], [], "more system memory"),
        ([{"status": 404, "body": '{"error":"model \'llama3.2\' not found"}'}], [], "Run: ollama pull llama3.2."),
        ([{"status": 404, "body": "404 page not found", "type": "text/plain"}], [], "is not Ollama"),
        ([{"status": 502, "body": "<h1>Bad gateway</h1>", "type": "text/html"}], [], "is not Ollama"),
        ([{"status": 200, "body": "<h1>Welcome</h1>", "type": "text/html"}], [], "is not Ollama"),
        ([{"status": 200, "body": ""}], [], "is not Ollama"),
        ([{"status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:9/api/chat"}}], [], "is not Ollama"),
        (["a", {"cut": True}], ["a"], "was lost"),
        ([{"cut": True}], [], "was lost"),
        (["a", {"end": False}], ["a"], "was lost"),
        (["a", {"bytes": '{"message": {"content": "half'}, {"end": False}], ["a"], "is not Ollama"),
        (["a", {"bytes": '{"message": {"content": "half'}, {"cut": True}], ["a"], "was lost"),
        (["a", {"line": "[]"}], ["a"], "is not Ollama"),
        (["a", {"line": "[" * 100_000}], ["a"], "is not Ollama"),
        (["a", {"line": '{"message": {"content": 7}, "done": false}'}], ["a"], "is not Ollama"),
        (["a", {"line": '{"message": {"content": "b"}}'}], ["a"], "is not Ollama"),
        (["a", {"bytes": "x" * (ollama.LINE_MAX + 1)}], ["a"], "is not Ollama"),
        (["a", {"bytes": "\xff\n"}], ["a"], "is not Ollama"),
        ([""], [], "gave no answer"),
    ],
)  # fmt: skip
async def test_every_fault_is_explained_and_the_partial_answer_is_stored(
    upstream: FakeOllama, steps: list[Any], pieces: list[str], why: str
):
    *kept, error = await answer_of(upstream, *steps)

    assert kept == pieces
    assert error.startswith("✗ ")
    assert why in error
    upstream.is_answering(0)


async def test_a_missing_model_is_named(upstream: FakeOllama):
    (error,) = await answer_of(upstream, model="phi4:14b")

    assert "Run: ollama pull phi4:14b." in error


async def test_a_refused_connection_is_explained_with_how_to_install_ollama():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, but not listening
        (error,) = await answer_of(f"http://127.0.0.1:{free.getsockname()[1]}")

    assert "No Ollama server answers" in error
    assert "ollama pull llama3.2" in error


async def test_an_unknown_host_name_is_reported():
    (error,) = await answer_of("http://ollama.invalid:11434")

    assert "No Ollama server answers" in error


async def test_a_connection_that_is_not_accepted_times_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "CONNECT_TIMEOUT", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address):  # the backlog is full; a second connection waits for ever
            (error,) = await answer_of(f"http://127.0.0.1:{address[1]}")

    assert "No Ollama server answers" in error


async def test_without_an_address_there_is_no_assistant():
    (error,) = await answer_of("")

    assert "ollama_url" in error


async def test_a_slow_first_word_times_out(upstream: FakeOllama):
    (error,) = await answer_of(upstream, QUIET, first=0.2)

    assert "longer than 0.2 seconds for the first word" in error
    upstream.is_answering(0)


async def test_a_silent_server_times_out(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "SILENCE_TIMEOUT", 0.2)

    first, error = await answer_of(upstream, "a", QUIET)

    assert first == "a"
    assert "sent nothing for 0.2 seconds" in error
    upstream.is_answering(0)


async def test_an_endless_answer_times_out(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "ANSWER_TIMEOUT", 0.3)
    thought = json.dumps({"message": {"content": "", "thinking": "hmm"}, "done": False})

    *_, error = await answer_of(upstream, *[{"line": thought}, {"wait": 0.02}] * 500)

    assert "took longer than" in error
    assert "minutes" in error
    upstream.is_answering(0)


async def test_an_answer_has_a_maximum_length(upstream: FakeOllama):
    *pieces, error = await answer_of(upstream, *["x" * 10_000] * 4, QUIET)

    assert "".join(pieces) == "x" * ANSWER_MAX
    assert "longer than 32,000 characters" in error
    upstream.is_answering(0)


async def test_cancelling_closes_the_connection_at_once(upstream: FakeOllama):
    upstream.will("word", "a", QUIET)
    client = Ollama(upstream.url, "llama3.2", 10)
    begun = asyncio.Event()
    asking = asyncio.create_task(client.chat(ASKED, lambda _: begun.set()))
    await begun.wait()
    assert upstream.open == 1

    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    upstream.is_answering(0)
    assert asking.cancelled()
    await client.close()


async def test_a_proxy_of_the_environment_is_not_used(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert await answer_of(upstream, "a") == ["a"]


# Availability.


async def availability(url: str, model: str = "llama3.2") -> str:
    client = Ollama(url, model, 10)
    try:
        await client.check()
    except OllamaError as error:
        return str(error)
    finally:
        await client.close()
    return "there"


@pytest.mark.parametrize(
    ("models", "wanted", "there"),
    [
        (["llama3.2:latest"], "llama3.2", True),
        (["a:latest", "llama3.2:1b"], "llama3.2:1b", True),
        (["llama3.2:1b"], "llama3.2", False),
        ([], "llama3.2", False),
    ],
)
async def test_availability_requires_the_model(upstream: FakeOllama, models: list[str], wanted: str, there: bool):
    upstream.has(*models)
    try:
        found = await availability(upstream.url, wanted)
    finally:
        upstream.has("llama3.2:latest")

    assert (found == "there") == there
    assert there or f"ollama pull {wanted}" in found


@pytest.mark.parametrize("body", ["<h1>Welcome</h1>", "[]", "{}", '{"models": 7}', "", "{"])
async def test_another_server_is_not_mistaken_for_ollama(upstream: FakeOllama, body: str):
    upstream.will("tags", {"status": 200, "body": body})
    try:
        found = await availability(upstream.url)
    finally:
        upstream.will("tags")

    assert "is not Ollama" in found


async def test_an_unreachable_server_is_reported_with_how_to_install_ollama():
    assert "Install Ollama" in await availability("http://127.0.0.1:9")
    assert "ollama_url" in await availability("")
