"""The assistant of a running server: availability, queue, context, and its use without the API."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from quart_notes.core import Core
from tests.support import assistant_questions
from tests.support.api_fixtures import Json, cookie_of, got, made, person, refused, room, say, tell
from tests.support.assistant_questions import LOBBY
from tests.support.clients.assistant_client import asked, ended, in_state, new_word, own_room, said_after, shown
from tests.support.clients.feed_clients import LineClient
from tests.support.clients.raw_connection import until
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.in_process import opened
from tests.support.servers.server_process import ServerProcess


@pytest.fixture(scope="module")
def shared_server(assisted_server: ServerProcess) -> ServerProcess:
    return assisted_server


async def test_in_a_room_only_a_message_that_mentions_it_is_answered(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    where, before = await room(api), len(upstream.received)
    quiet = await say(api, where, ada, "me@assistant.example is an address")

    answer = await ended(api, await asked(api, where, ada, "What do you say, @Assistant?"))

    assert shown(answer) == ("done", "Hello, there.")
    assert [one["answer"] is not None for one in await said_after(api, where, quiet)] == [False, True]
    assert len(upstream.received) == before + 1


async def test_without_ollama_everything_else_works_and_the_answer_explains_how_to_install_it(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--ollama-url", "http://127.0.0.1:9") as server:
        async with server.client() as api:
            ada = await person(api)
            where = await own_room(api, ada)
            about = await got(api, "/api/assistant", person_id=ada["id"])
            failed = await ended(api, await asked(api, where, ada, "Are you there?"))

            assert (about["available"], about["model"], about["room_id"]) == (False, "llama3.2", where["id"])
            assert "Install Ollama" in about["reason"]
            assert failed["answer"]["error"] == about["reason"]
            assert (await api.get("/front/notes")).status_code == 200
            assert (
                await api.get(f"/front/rooms/{where['id']}", headers={"Cookie": await cookie_of(api, ada)})
            ).is_success
        assert "Traceback" not in server.log
        assert "ERROR" not in server.log


async def test_availability_is_reported_and_cached(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    looks = upstream.looked_at.count("/api/tags")

    first = await got(api, "/api/assistant", person_id=ada["id"])
    for _ in range(20):
        assert await got(api, "/api/assistant", person_id=ada["id"]) == first

    assert first == {"available": True, "model": "llama3.2", "reason": None, "room_id": None}
    assert upstream.looked_at.count("/api/tags") - looks <= 2


# Concurrent questions.


async def test_answers_run_up_to_the_limit_and_further_questions_queue_in_order(tmp_path: Path):
    with (
        FakeOllama() as upstream,
        ServerProcess(tmp_path / "data", "--ollama-url", upstream.url, "--assistant-answers", "3") as server,
    ):
        async with server.client() as api:
            people = [await person(api) for _ in range(5)]
            where = [await own_room(api, one) for one in people]
            words = [new_word(upstream, {"hold": f"n{n}"}, "ok") for n in range(5)]
            answers = [await asked(api, *one) for one in zip(where, people, words, strict=True)]
            upstream.is_answering(3)
            # In any order: the three requests are sent at once, each over its own connection.
            assert {one["messages"][-1]["content"] for one in upstream.received} == {*words[:3]}

            stopped = await api.post(f"/api/messages/{answers[3]['id']}/stop")  # it leaves the queue
            upstream.release("n1")
            assert shown(await ended(api, answers[1])) == ("done", "ok")
            await until(lambda: len(upstream.received) == 4, "the next one begins")

            assert upstream.received[3]["messages"][-1]["content"] == words[4]
            for n in (0, 2, 4):
                upstream.release(f"n{n}")
            assert [shown(await ended(api, answers[n])) for n in (0, 2, 4)] == [("done", "ok")] * 3
            assert shown(stopped.json()) == ("stopped", "")
            assert upstream.most == 3
            assert len(upstream.received) == 4


async def test_one_user_cannot_occupy_all_slots(tmp_path: Path):
    with (
        FakeOllama() as upstream,
        ServerProcess(tmp_path / "data", "--ollama-url", upstream.url, "--assistant-answers", "3") as server,
    ):
        async with server.client() as api:
            eager, other = await person(api), await person(api)
            rooms = [await own_room(api, one) for one in (eager, other)]
            eagers = [await asked(api, rooms[0], eager, new_word(upstream, {"hold": "all"}, "ok")) for _ in range(4)]
            upstream.is_answering(2)
            others = await asked(api, rooms[1], other, new_word(upstream, {"hold": "all"}, "ok"))
            upstream.is_answering(3)
            upstream.release("all")

            assert [shown(await ended(api, one)) for one in (*eagers, others)] == [("done", "ok")] * 5
            assert upstream.most == 3


@pytest.fixture
async def core(upstream: FakeOllama, tmp_path: Path) -> AsyncIterator[Core]:
    """The services of a server whose assistant has not started."""
    async with opened(tmp_path / "data", ollama_url=upstream.url, assistant_answers=1) as parts:
        yield parts
        await parts.assistant.stop()
        await parts.assistant.close()


async def _all_done(core: Core) -> None:
    """Return once every question in the lobby has an answer."""
    async with asyncio.timeout(20):
        while True:
            said = await assistant_questions.everything(core, LOBBY)
            if {one.answer.state for one in said if one.answer} == {"done"}:
                return
            await asyncio.sleep(0.005)


async def test_questions_asked_before_the_assistant_starts_are_answered_in_order(core: Core, upstream: FakeOllama):
    people = [await assistant_questions.person(core, nickname) for nickname in ("ada", "bob")]
    words = [new_word(upstream, "ok") for _ in range(4)]
    for number, word in enumerate(words):
        await assistant_questions.asked(core, people[number % 2], f"@assistant {word}")

    await core.assistant.start()

    await _all_done(core)
    asked_for = [one["messages"][-1]["content"].split()[-1] for one in upstream.received]
    assert [word for word in asked_for if word in words] == words


async def test_questions_asked_during_the_assistants_start_are_answered_once(
    core: Core, upstream: FakeOllama, monkeypatch: pytest.MonkeyPatch
):
    ada, words = await assistant_questions.person(core, "ada"), [new_word(upstream, "ok") for _ in range(2)]
    fail_writing, waiting = core.answers.fail_writing, core.answers.waiting

    async def and_then() -> None:
        await fail_writing()
        await assistant_questions.asked(core, ada, f"@assistant {words[0]}")

    async def in_the_middle() -> dict[int, int | None]:
        await assistant_questions.asked(core, ada, f"@assistant {words[1]}")
        return await waiting()

    monkeypatch.setattr(core.answers, "fail_writing", and_then)
    monkeypatch.setattr(core.answers, "waiting", in_the_middle)
    await core.assistant.start()

    await _all_done(core)
    asked_for = [one["messages"][-1]["content"].split()[-1] for one in upstream.received]
    assert sorted(word for word in asked_for if word in words) == sorted(words)


# Its context.


def told(upstream: FakeOllama, word: str) -> str:
    """The text of every message in a request to the model."""
    (asked,) = [one for one in upstream.received if word in one["messages"][-1]["content"].split()]
    return "\n".join(turn["content"] for turn in asked["messages"])


async def test_its_context_has_only_boards_that_every_reader_of_the_answer_may_see(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    bob = await person(api)
    for who, secret in ((ada, "adas-diary"), (bob, "bobs-diary")):
        boards = await got(api, "/api/boards", person_id=who["id"])
        (personal,) = [board["id"] for board in boards if board["kind"] == "personal"]
        await made(api, f"/api/boards/{personal}/notes", title=secret)
    await made(api, "/api/notes", title="milk-for-everybody")
    shared = await room(api)
    alone, together = new_word(upstream, "ok"), new_word(upstream, "ok")
    between, unasked = new_word(upstream, "ok"), new_word(upstream, "ok")

    await ended(api, await asked(api, await own_room(api, ada), ada, f"What do my notes say? {alone}"))
    await ended(api, await asked(api, await own_room(api, ada), ada, f"How are you? {unasked}"))
    await ended(api, await asked(api, shared, ada, f"@assistant what stands on my notes? {together}"))
    direct = await tell(api, ada, bob, f"@assistant what stands on our notes? {between}")
    (answer,) = await said_after(api, {"id": direct["room_id"]}, direct)
    await ended(api, answer)

    def knows(word: str) -> list[bool]:
        text = told(upstream, word)
        return [secret in text for secret in ("adas-diary", "bobs-diary", "milk-for-everybody")]

    assert knows(alone) == [True, False, True]
    assert knows(unasked) == [False, False, False]
    assert knows(together) == [False, False, True]
    assert knows(between) == [False, False, True]


async def test_its_context_has_earlier_messages_of_the_room_and_of_no_other(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    where, elsewhere, bob = await room(api), await room(api), await person(api)
    await say(api, elsewhere, bob, "said-elsewhere")
    await say(api, await own_room(api, ada), ada, "said-alone")
    await say(api, where, bob, "said-here")
    taken_back = await say(api, where, bob, "said-and-deleted")
    await api.delete(f"/api/messages/{taken_back['id']}?author_id={bob['id']}")
    await ended(api, await asked(api, where, ada, "@assistant hello"))
    word = new_word(upstream, "ok")

    await ended(api, await asked(api, where, ada, f"@assistant and now? {word}"))

    (asked_for,) = [one for one in upstream.received if word in one["messages"][-1]["content"].split()]
    system, *turns = asked_for["messages"]
    assert system["role"] == "system"
    assert turns == [
        {"role": "user", "content": f"{bob['nickname']}: said-here\n{ada['nickname']}: @assistant hello"},
        {"role": "assistant", "content": "Hello, there."},
        {"role": "user", "content": f"{ada['nickname']}: @assistant and now? {word}"},
    ]
    assert asked_for["model"] == "llama3.2"


# Plain text and forms.


async def test_a_plain_text_client_gets_the_answer_as_one_line(
    api: httpx.AsyncClient, shared_server: ServerProcess, upstream: FakeOllama
):
    good, bad = new_word(upstream, "Tea", " is ready."), new_word(upstream, "Te", {"line": '{"error":"no"}'})
    client = LineClient(shared_server.port, 5)
    async with await client.open():
        await client.speak(f"@assistant what now? {good}")
        await client.hears(f"Client 5: @assistant what now? {good}", "Assistant: Tea is ready.")
        await client.speak(f"@assistant and now? {bad}")
        await client.heard(4)
        assert client.lines[2:] == [f"Client 5: @assistant and now? {bad}", "Assistant: Te\nOllama says: no"]
    answer = [one for one in await got(api, "/api/rooms/1/messages") if one["answer"]][-1]
    assert answer["answer"]["asker_id"] is None


@pytest.fixture
async def browser(api: httpx.AsyncClient, shared_server: ServerProcess, ada: Json) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts, in which ada is chosen."""
    async with shared_server.client() as client:
        assert (await client.post("/front/me", data={"person_id": ada["id"]})).status_code == 303
        yield client


async def test_without_scripts_forms_open_the_room_stop_and_retry(
    browser: httpx.AsyncClient, api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    opened = await browser.post("/front/assistant")
    where = await own_room(api, ada)
    assert (opened.status_code, opened.headers["location"]) == (303, f"/front/rooms/{where['id']}#end")
    word = new_word(upstream, "Half", {"hold": "never"})
    assert (await browser.post(f"/front/rooms/{where['id']}/messages", data={"content": word})).status_code == 303
    (answer,) = [one for one in await said_after(api, where, {"id": 0}) if one["answer"]]
    await in_state(api, answer, "writing")
    path = f"/front/rooms/{where['id']}/messages/{answer['id']}"

    stopped = await browser.post(f"{path}/stop")

    assert (stopped.status_code, stopped.headers["location"]) == (
        303,
        f"/front/rooms/{where['id']}#message-{answer['id']}",
    )
    assert shown(await got(api, f"/api/messages/{answer['id']}")) == ("stopped", "Half")
    upstream.will(word, "Whole.")
    assert [(await browser.post(f"{path}/retry")).status_code for _ in range(2)] == [303, 303]
    assert shown(await ended(api, answer)) == ("done", "Whole.")
    page = await browser.get(f"/front/rooms/{where['id']}")
    assert "Whole." in page.text
    for action in ("stop", "retry"):  # it is complete already; htmx gets it alone
        part = await browser.post(f"{path}/{action}", headers={"HX-Request": "true"})
        assert (part.status_code, part.text.lstrip()[:4], "Whole." in part.text) == (200, "<li ", True)
    assert (await browser.post(f"/front/rooms/1/messages/{answer['id']}/stop")).status_code == 404
    refused(await api.post(f"/api/messages/{answer['answer']['question_id']}/stop"), 404, "not_found")


async def test_without_a_user_its_room_redirects_to_the_users(shared_server: ServerProcess):
    async with shared_server.client() as nobody:
        answer = await nobody.post("/front/assistant")

        assert (answer.status_code, answer.headers["location"]) == (303, "/front/users")
        refused(await nobody.post("/api/assistant/room"), 409, "nobody_chosen")
