"""The assistant of a running server: answers grow on every edge, stop, fail, wait their turn, and know no secrets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fake_ollama import FakeOllama
from tests.feed_clients import EDGES, Edge, LineClient, follow, named
from tests.raw_connection import until
from tests.server_process import ServerProcess
from tests.talk import NUMBERS, Json, cookie_of, got, made, newest, person, position, refused, room, say, tell

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOllama]:
    with FakeOllama() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_server(upstream: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests here, with places for two answers."""
    folder = tmp_path_factory.mktemp("assistant") / "data"
    with ServerProcess(folder, "--ollama-url", upstream.url, "--assistant-answers", "2") as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture
async def ada(api: httpx.AsyncClient) -> Json:
    return await person(api)


def new_word(upstream: FakeOllama, *steps: Any) -> str:
    """A word that nobody has said before; a question that ends with it is answered with these steps."""
    word = f"word{next(NUMBERS)}"
    upstream.will(word, *steps)
    return word


def new_hold() -> str:
    return f"hold{next(NUMBERS)}"


async def own_room(api: httpx.AsyncClient, who: Json) -> Json:
    """Somebody's room with the assistant."""
    answer = await api.post(f"/api/assistant/room?person_id={who['id']}")
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def asked(api: httpx.AsyncClient, where: Json, who: Json, text: str) -> Json:
    """Ask; returns the answer as it begins."""
    question = await say(api, where, who, text)
    (answer,) = [one for one in await said_after(api, where, question) if one["answer"]]
    assert answer["answer"]["question_id"] == question["id"]
    return answer


async def said_after(api: httpx.AsyncClient, where: Json, message: Json) -> list[Json]:
    return list(await got(api, f"/api/rooms/{where['id']}/messages", after_id=message["id"]))


async def grown(api: httpx.AsyncClient, answer: Json, text: str) -> None:
    """Return once this much of the answer is there."""
    for _ in range(1000):
        if (await got(api, f"/api/messages/{answer['id']}"))["content"] == text:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(text)


async def ended(api: httpx.AsyncClient, answer: Json) -> Json:
    """The answer once nobody works on it any more."""
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


def latest(client: Any) -> Json:
    """The message of the newest event that a client has."""
    return client.events[-1]["message"] if client.events else {"content": None, "answer": None}


def shown(message: Json) -> tuple[str, str]:
    return message["answer"]["state"], message["content"]


# It answers, and the answer grows.


@on_both_edges
async def test_an_answer_grows_on_every_screen_until_it_is_whole(
    api: httpx.AsyncClient, shared_server: ServerProcess, upstream: FakeOllama, ada: Json, edge: Edge
):
    where, hold = await own_room(api, ada), new_hold()
    word = new_word(upstream, "Tea ", {"hold": hold}, "is ", "ready.")
    async with await follow(edge, shared_server.port, person=ada["id"]) as client:
        await say(api, where, ada, f"And? {word}")
        await client.until(lambda _: any(one["message"]["content"] == "Tea " for one in client.events))
        upstream.release(hold)
        await client.until(lambda _: (latest(client)["answer"] or {}).get("state") == "done")

        question, waiting, *growing, done = (event["message"] for event in client.events)
        assert question["answer"] is None
        assert shown(waiting) == ("waiting", "")
        assert (waiting["author"], waiting["guest"], waiting["answer"]["asker_id"]) == (None, None, ada["id"])
        assert {one["answer"]["state"] for one in growing} == {"writing"}
        assert shown(done) == ("done", "Tea is ready.")
        texts = [one["content"] for one in (waiting, *growing, done)]
        assert all(after.startswith(before) for before, after in pairwise(texts))
        assert [one["version"] for one in (waiting, *growing, done)] == list(range(1, len(growing) + 3))
        assert [event["action"] for event in client.events] == ["create", "create"] + ["update"] * (len(growing) + 1)
        assert {event["topic"] for event in client.events} == {f"user:{ada['id']}"}
        assert await got(api, f"/api/messages/{done['id']}") == done


@on_both_edges
async def test_a_screen_that_comes_back_in_the_middle_of_an_answer_misses_nothing(
    api: httpx.AsyncClient, shared_server: ServerProcess, upstream: FakeOllama, ada: Json, edge: Edge
):
    where, first, second = await own_room(api, ada), new_hold(), new_hold()
    word = new_word(upstream, "One, ", {"hold": first}, "two, ", {"hold": second}, "three.")
    async with await follow(edge, shared_server.port, person=ada["id"]) as client:
        await say(api, where, ada, word)
        await client.until(lambda _: latest(client)["content"] == "One, ")
        left_at, versions = client.ids[-1], [one["message"]["version"] for one in client.events[1:]]
    upstream.release(first)
    (answer,) = [one for one in await said_after(api, where, {"id": 0}) if one["answer"]]
    await grown(api, answer, "One, two, ")

    async with await follow(edge, shared_server.port, left_at, person=ada["id"]) as again:
        await again.until(lambda _: latest(again)["content"] == "One, two, ")
        upstream.release(second)
        await again.until(lambda _: latest(again)["answer"]["state"] == "done")

        versions += [one["message"]["version"] for one in again.events]
        assert versions == list(range(1, len(versions) + 1))
        assert again.events[-1]["message"]["content"] == "One, two, three."


async def test_a_screen_that_comes_back_after_the_end_hears_what_became_of_it_and_not_every_stage(
    api: httpx.AsyncClient, shared_server: ServerProcess, upstream: FakeOllama, ada: Json
):
    where, start = await own_room(api, ada), await newest(api)
    word = new_word(upstream, *[step for n in range(40) for step in (f"{n} ", {"wait": 0.02})])
    done = await ended(api, await asked(api, where, ada, word))
    assert done["version"] > 5

    async def heard() -> list[Json]:
        async with await follow(EDGES[0], shared_server.port, start, topics=f"user:{ada['id']}") as client:
            await client.until(lambda _: (latest(client)["answer"] or {}).get("state") == "done")
            return [event["message"] for event in client.events]

    for _ in range(200):
        if len(found := await heard()) < 6:
            break
        await asyncio.sleep(0.01)
    assert [one["content"] for one in found[:2]] == [word, ""]
    assert len(found) < 6
    assert found[-1] == done


async def test_many_words_come_together_in_few_growths(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    words = [f"{n} " for n in range(300)]
    answer = await asked(api, await own_room(api, ada), ada, new_word(upstream, *words))

    done = await ended(api, answer)

    assert done["content"] == "".join(words)
    assert done["version"] < 100


async def test_in_a_room_only_who_calls_it_is_answered(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    where, before = await room(api), len(upstream.received)
    quiet = await say(api, where, ada, "me@assistant.example is an address")

    answer = await ended(api, await asked(api, where, ada, "What do you say, @Assistant?"))

    assert shown(answer) == ("done", "Hello, there.")
    assert [one["answer"] is not None for one in await said_after(api, where, quiet)] == [False, True]
    assert len(upstream.received) == before + 1


async def test_an_answer_between_two_people_is_told_to_both_and_is_nobodys_direct_message(
    api: httpx.AsyncClient, shared_server: ServerProcess, upstream: FakeOllama, ada: Json
):
    bob, carol = await person(api), await person(api)
    start = await newest(api)
    message = await tell(api, ada, bob, "@assistant, who of us is right?")
    (answer,) = await said_after(api, {"id": message["room_id"]}, message)
    done = await ended(api, answer)

    assert done["recipient_id"] is None
    for who, hears in ((ada, True), (bob, True), (carol, False)):
        async with await follow(EDGES[0], shared_server.port, start, person=who["id"]) as client:
            mark = await made(api, "/api/notes", title="the end")
            await client.until(
                lambda _, client=client, mark=mark: (
                    client.events and client.events[-1].get("note", {}).get("id") == mark["id"]
                )
            )
            told = [one for one in client.events if one.get("message", {}).get("id") == answer["id"]]
            assert bool(told) == hears
            assert {one["topic"] for one in told} <= {f"user:{who['id']}"}
    assert [one["id"] for one in await got(api, f"/api/users/{ada['id']}/messages")] == [message["id"]]


async def test_the_position_of_a_question_is_an_event_that_its_page_hears(
    api: httpx.AsyncClient, shared_server: ServerProcess, ada: Json
):
    where = await own_room(api, ada)
    async with await follow(EDGES[0], shared_server.port, person=ada["id"]) as client:
        answer = await api.post(f"/api/rooms/{where['id']}/messages", json={"author_id": ada["id"], "content": "Well?"})
        await client.until(lambda _: len(client.events) >= 2)

        assert position(answer) == client.numbers[1]
        stopped = await api.post(f"/api/messages/{client.events[1]['message']['id']}/stop")
        await client.until(lambda _: position(stopped) in client.numbers)


# Stop and ask again.


async def test_stopping_closes_the_connection_and_keeps_what_came(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    word = new_word(upstream, "So far", {"hold": "never"}, " and no further")
    answer = await asked(api, await own_room(api, ada), ada, word)
    await in_state(api, answer, "writing")
    upstream.is_answering(1)

    stopped = await api.post(f"/api/messages/{answer['id']}/stop")

    upstream.is_answering(0)
    assert stopped.status_code == 200
    assert shown(stopped.json()) == ("stopped", "So far")
    assert stopped.headers["etag"] == f'"{stopped.json()["version"]}"'
    again = await api.post(f"/api/messages/{answer['id']}/stop")
    assert again.json() == stopped.json(), "a second time changes nothing"
    assert again.headers["last-event-id"] == stopped.headers["last-event-id"]


async def test_one_that_waits_for_its_first_word_can_be_stopped_too(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    answer = await asked(api, await own_room(api, ada), ada, new_word(upstream, {"hold": "never"}))
    upstream.is_answering(1)

    stopped = await api.post(f"/api/messages/{answer['id']}/stop")

    upstream.is_answering(0)
    assert shown(stopped.json()) == ("stopped", "")


async def test_what_was_stopped_can_be_asked_again(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    word = new_word(upstream, "Once", {"hold": "never"})
    answer = await asked(api, await own_room(api, ada), ada, word)
    await in_state(api, answer, "writing")
    refused(await api.post(f"/api/messages/{answer['id']}/retry"), 409, "not_now")
    await api.post(f"/api/messages/{answer['id']}/stop")
    upstream.will(word, "Twice")

    again = await api.post(f"/api/messages/{answer['id']}/retry")

    assert again.status_code == 200
    assert shown(again.json()) == ("waiting", "")
    assert shown(await ended(api, answer)) == ("done", "Twice")
    refused(await api.post(f"/api/messages/{answer['id']}/retry"), 409, "not_now")


async def test_deleting_an_answer_ends_it_and_deleting_the_question_does_not(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    where, hold = await own_room(api, ada), new_hold()
    first = await asked(api, where, ada, new_word(upstream, "Gone", {"hold": "never"}))
    second = await asked(api, where, ada, new_word(upstream, "Kept", {"hold": hold}, "."))
    upstream.is_answering(2)
    await in_state(api, first, "writing")

    gone = await api.delete(f"/api/messages/{first['id']}?author_id={ada['id']}")
    question = second["answer"]["question_id"]
    assert (await api.delete(f"/api/messages/{question}?author_id={ada['id']}")).status_code == 200

    upstream.is_answering(1)
    assert shown(gone.json()) == ("stopped", "Gone")
    upstream.release(hold)
    assert shown(await ended(api, second)) == ("done", "Kept.")
    back = await api.post(f"/api/messages/{first['id']}/restore?author_id={ada['id']}")
    assert shown(back.json()) == ("stopped", "Gone")


async def test_a_question_that_is_taken_back_before_its_turn_is_not_asked(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    where, hold = await own_room(api, ada), new_hold()
    busy = [await asked(api, where, ada, new_word(upstream, {"hold": hold}, "ok")) for _ in range(2)]
    upstream.is_answering(2)
    secret = await asked(api, where, ada, "my secret")
    await api.delete(f"/api/messages/{secret['answer']['question_id']}?author_id={ada['id']}")

    upstream.release(hold)

    failed = await ended(api, secret)
    assert (failed["answer"]["state"], failed["answer"]["error"]) == ("failed", "The question was deleted.")
    assert [shown(await ended(api, one)) for one in busy] == [("done", "ok")] * 2
    assert not [one for one in upstream.received if one["messages"][-1]["content"].endswith("my secret")]


# Faults are told, and can be tried again.


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["Half", {"line": '{"error":"out of memory"}'}], ("Half", "Ollama says: out of memory")),
        (["Half", {"bytes": '{"message": {"conte'}, {"cut": True}], ("Half", "broke off")),
        ([{"status": 404, "body": '{"error":"model \'llama3.2\' not found"}'}], ("", "ollama pull llama3.2")),
        ([{"status": 500, "body": "<h1>oops</h1>"}], ("", "is not Ollama")),
    ],
)
async def test_a_fault_is_told_and_can_be_tried_again(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json, steps: list[Any], said: tuple[str, str]
):
    kept, why = said
    word = new_word(upstream, *steps)
    answer = await asked(api, await own_room(api, ada), ada, word)

    failed = await ended(api, answer)

    assert shown(failed) == ("failed", kept)
    assert why in failed["answer"]["error"]
    upstream.will(word, "All is well.")
    assert (await api.post(f"/api/messages/{answer['id']}/retry")).status_code == 200
    whole = await ended(api, answer)
    assert shown(whole) == ("done", "All is well.")
    assert whole["answer"]["error"] is None


async def test_without_ollama_everything_else_is_whole_and_the_answer_says_how_to_get_it(tmp_path: Path):
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


async def test_whether_it_is_there_is_said_and_asked_seldom(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    looks = upstream.looked_at.count("/api/tags")

    first = await got(api, "/api/assistant", person_id=ada["id"])
    for _ in range(20):
        assert await got(api, "/api/assistant", person_id=ada["id"]) == first

    assert first == {"available": True, "model": "llama3.2", "reason": None, "room_id": None}
    assert upstream.looked_at.count("/api/tags") - looks <= 2


# A restart.


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_in_the_middle_of_an_answer_is_told_and_the_rest_can_be_asked_for(
    upstream: FakeOllama, tmp_path: Path, end: str
):
    word = new_word(upstream, "So far", {"hold": "never"})
    with ServerProcess(tmp_path / "data", "--ollama-url", upstream.url, "--assistant-answers", "1") as server:
        async with server.client() as api:
            ada = await person(api)
            where = await own_room(api, ada)
            writing, waiting = await asked(api, where, ada, word), await asked(api, where, ada, "And then?")
            writing = await in_state(api, writing, "writing")
        getattr(server, end)()
        upstream.is_answering(0)
        server.start()
        async with server.client() as api:
            after = await got(api, f"/api/rooms/{where['id']}/messages")
            first, second = (one for one in after if one["answer"])

            assert [shown(first), shown(second)] == [("failed", "So far"), ("failed", "")]
            assert first["answer"]["error"] == second["answer"]["error"]
            assert "restarted" in first["answer"]["error"]
            assert first["version"] == writing["version"] + 1
            upstream.will(word, "Now whole.")
            await api.post(f"/api/messages/{waiting['id']}/retry")
            await api.post(f"/api/messages/{writing['id']}/retry")
            assert shown(await ended(api, writing)) == ("done", "Now whole.")
            assert shown(await ended(api, waiting)) == ("done", "Hello, there.")
        assert "Traceback" not in server.log, server.log


# Several at once.


async def test_as_many_as_there_are_places_are_written_and_the_rest_wait_in_order(tmp_path: Path):
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
            assert [one["messages"][-1]["content"] for one in upstream.received] == words[:3]

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


async def test_one_person_does_not_take_all_places(tmp_path: Path):
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


# What it knows.


def told(upstream: FakeOllama, word: str) -> str:
    """Everything that upstream got with a question."""
    (asked,) = [one for one in upstream.received if word in one["messages"][-1]["content"].split()]
    return "\n".join(turn["content"] for turn in asked["messages"])


async def test_what_it_knows_of_boards_is_what_everybody_who_reads_the_answer_may_see(
    api: httpx.AsyncClient, upstream: FakeOllama, ada: Json
):
    bob = await person(api)
    for who, secret in ((ada, "adas-diary"), (bob, "bobs-diary")):
        (personal,) = [board["id"] for board in await got(api, "/api/boards") if await _owner(api, board) == who["id"]]
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


async def _owner(api: httpx.AsyncClient, board: Json) -> int | None:
    if board["kind"] != "personal":
        return None
    members = await got(api, f"/api/boards/{board['id']}/members")
    return int(members[0]["user"]["id"])


async def test_it_knows_what_was_said_in_this_room_before_and_nothing_of_others(
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


# The other doors.


async def test_a_plain_text_client_asks_and_hears_the_answer_as_one_line(
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


async def test_without_scripts_forms_open_the_room_stop_and_ask_again(
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
    assert (await browser.post(f"/front/rooms/1/messages/{answer['id']}/stop")).status_code == 404
    refused(await api.post(f"/api/messages/{answer['answer']['question_id']}/stop"), 404, "not_found")


async def test_nobody_is_led_to_say_who_they_are(shared_server: ServerProcess):
    async with shared_server.client() as nobody:
        answer = await nobody.post("/front/assistant")

        assert (answer.status_code, answer.headers["location"]) == (303, "/front/users")
        refused(await nobody.post("/api/assistant/room"), 409, "nobody_chosen")
