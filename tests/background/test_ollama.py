"""The client of Ollama alone, against a server that speaks its wire format, with every fault that a server can have."""

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


async def said(upstream: FakeOllama | str, *steps: Any, first: float = 10.0, model: str = "llama3.2") -> list[str]:
    """The pieces of an answer that consists of these steps."""
    if isinstance(upstream, FakeOllama):
        upstream.will("word", *steps)
    client = Ollama(upstream if isinstance(upstream, str) else upstream.url, model, first)
    pieces: list[str] = []

    def take(text: str) -> None:
        before = "".join(pieces)
        pieces.append(text.removeprefix(before) if text.startswith(before) else f"instead: {text}")

    try:
        await client.chat(ASKED, take)
    except OllamaError as error:
        pieces.append(f"✗ {error}")
    finally:
        await client.close()
    return pieces


def line(text: str, **more: Any) -> str:
    return json.dumps({"message": {"role": "assistant", "content": text}, "done": False, **more})


async def test_an_answer_comes_piece_by_piece_and_the_question_goes_out_as_ollama_takes_it(upstream: FakeOllama):
    assert await said(upstream, "Tea", " is", " ready.") == ["Tea", " is", " ready."]

    asked = upstream.received[-1]
    assert asked == {"model": "llama3.2", "messages": ASKED, "stream": True, "options": {"num_ctx": ollama.CONTEXT}}
    assert upstream.looked_at[-1] == "/api/chat"


@pytest.mark.parametrize("cut", [1, 7, 64])
async def test_lines_may_be_cut_anywhere(upstream: FakeOllama, cut: int):
    whole = "".join(f"{line(text)}\n" for text in ("Grüße ", "an 😀", "\n", "é")) + line("", done=True) + "\n"
    text = whole.encode().decode("latin-1")

    pieces = await said(upstream, *({"bytes": text[n : n + cut]} for n in range(0, len(text), cut)), {"end": False})

    assert "".join(pieces) == "Grüße an 😀\né"


async def test_several_lines_may_come_at_once_and_the_last_may_lack_its_end(upstream: FakeOllama):
    text = f"{line('a')}\n\n{line('b')}\r\n{line('c', done=True)}"

    assert await said(upstream, {"bytes": text}, {"end": False}) == ["a", "b", "c"]


async def test_text_after_the_end_is_left_out(upstream: FakeOllama):
    assert await said(upstream, "a", {"line": line("", done=True)}, "b") == ["a"]


async def test_the_thoughts_of_a_model_are_left_out(upstream: FakeOllama):
    thought = {"message": {"role": "assistant", "content": "", "thinking": "hmm"}, "done": False}

    assert await said(upstream, {"line": json.dumps(thought)}, "Yes.") == ["Yes."]


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
async def test_a_thought_in_the_content_is_not_said(upstream: FakeOllama, content: str, seen: str):
    assert "".join(await said(upstream, content)) == seen
    assert "".join(await said(upstream, *content)) == seen  # a character at a time


async def test_a_thought_whose_beginning_the_model_does_not_send_is_taken_back(upstream: FakeOllama):
    pieces = await said(upstream, "Let me ", "think.</th", "ink>\n\nYes.")

    assert pieces == ["Let me ", "think.", "instead: Yes."]


@pytest.mark.parametrize("content", [(" ",), ("\n", " \t"), ("<think>Hm.</think>", "\n"), ("<think>Hm.",)])
async def test_an_answer_of_blanks_is_none(upstream: FakeOllama, content: tuple[str, ...]):
    assert await said(upstream, *content) == ["✗ The model gave no answer."]


@pytest.mark.parametrize("content", [["Once upon"], []])
async def test_an_answer_that_the_limit_of_the_model_cuts_off_is_not_whole(upstream: FakeOllama, content: list[str]):
    cut_off = {"line": line("", done=True, done_reason="length")}

    *kept, error = await said(upstream, *content, cut_off)

    assert kept == content
    assert "limit of 8,192 tokens" in error


@pytest.mark.parametrize("models", ["null", "[]", '[{"name": "other:latest"}, null]'])
async def test_an_ollama_without_the_model_is_an_ollama(upstream: FakeOllama, models: str):
    upstream.will("tags", {"status": 200, "body": f'{{"models": {models}}}'})
    client = Ollama(upstream.url, "llama3.2", 10)

    with pytest.raises(OllamaError, match=r"Run: ollama pull llama3\.2"):
        await client.check()
    upstream.will("tags")
    await client.close()


async def test_characters_that_cannot_be_stored_are_replaced(upstream: FakeOllama):
    strange = '{"message": {"content": "a\\u0000b\\ud800c"}, "done": false}'

    assert await said(upstream, {"line": strange}) == ["a\ufffdb\ufffdc"]


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
async def test_every_fault_is_told_in_words_and_what_came_is_kept(
    upstream: FakeOllama, steps: list[Any], pieces: list[str], why: str
):
    *kept, error = await said(upstream, *steps)

    assert kept == pieces
    assert error.startswith("✗ ")
    assert why in error
    upstream.is_answering(0)


async def test_a_model_that_is_not_there_is_named(upstream: FakeOllama):
    (error,) = await said(upstream, model="phi4:14b")

    assert "Run: ollama pull phi4:14b." in error


async def test_nobody_listening_is_told_with_the_way_to_get_it():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        (error,) = await said(f"http://127.0.0.1:{free.getsockname()[1]}")

    assert "No Ollama server answers" in error
    assert "ollama pull llama3.2" in error


async def test_a_name_that_leads_nowhere_is_told():
    (error,) = await said("http://ollama.invalid:11434")

    assert "No Ollama server answers" in error


async def test_a_connection_that_is_not_taken_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "CONNECT_TIMEOUT", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address):  # the only place is taken; a second connection waits for ever
            (error,) = await said(f"http://127.0.0.1:{address[1]}")

    assert "No Ollama server answers" in error


async def test_without_an_address_there_is_no_assistant():
    (error,) = await said("")

    assert "ollama_url" in error


async def test_a_first_word_that_takes_too_long_is_not_waited_for(upstream: FakeOllama):
    (error,) = await said(upstream, QUIET, first=0.2)

    assert "longer than 0.2 seconds for the first word" in error
    upstream.is_answering(0)


async def test_a_server_that_falls_silent_is_not_waited_for(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "SILENCE_TIMEOUT", 0.2)

    first, error = await said(upstream, "a", QUIET)

    assert first == "a"
    assert "sent nothing for 0.2 seconds" in error
    upstream.is_answering(0)


async def test_a_server_that_never_ends_is_not_waited_for(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ollama, "ANSWER_TIMEOUT", 0.3)
    thought = json.dumps({"message": {"content": "", "thinking": "hmm"}, "done": False})

    *_, error = await said(upstream, *[{"line": thought}, {"wait": 0.02}] * 500)

    assert "took longer than" in error
    assert "minutes" in error
    upstream.is_answering(0)


async def test_an_answer_has_an_end(upstream: FakeOllama):
    *pieces, error = await said(upstream, *["x" * 10_000] * 4, QUIET)

    assert "".join(pieces) == "x" * ANSWER_MAX
    assert "longer than 32,000 characters" in error
    upstream.is_answering(0)


async def test_leaving_closes_the_connection_at_once(upstream: FakeOllama):
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


async def test_a_proxy_of_the_environment_is_not_asked(upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert await said(upstream, "a") == ["a"]


# Looking whether it is there.


async def looked(url: str, model: str = "llama3.2") -> str:
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
async def test_the_model_has_to_be_there_too(upstream: FakeOllama, models: list[str], wanted: str, there: bool):
    upstream.has(*models)
    try:
        found = await looked(upstream.url, wanted)
    finally:
        upstream.has("llama3.2:latest")

    assert (found == "there") == there
    assert there or f"ollama pull {wanted}" in found


@pytest.mark.parametrize("body", ["<h1>Welcome</h1>", "[]", "{}", '{"models": 7}', "", "{"])
async def test_another_server_is_not_taken_for_ollama(upstream: FakeOllama, body: str):
    upstream.will("tags", {"status": 200, "body": body})
    try:
        found = await looked(upstream.url)
    finally:
        upstream.will("tags")

    assert "is not Ollama" in found


async def test_looking_where_nobody_is_says_how_to_get_it():
    assert "Install Ollama" in await looked("http://127.0.0.1:9")
    assert "ollama_url" in await looked("")
