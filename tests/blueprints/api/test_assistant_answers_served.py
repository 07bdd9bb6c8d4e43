"""Answers of a running server: they are streamed to every client, stopped, fail, and survive a restart."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api_fixtures import Json, got, made, newest, person, position, refused, say, tell
from tests.support.clients.assistant_client import (
    asked,
    ended,
    in_state,
    new_hold,
    new_word,
    own_room,
    said_after,
    shown,
)
from tests.support.clients.feed_clients import EDGES, Edge, follow, named
from tests.support.servers.fake_ollama import FakeOllama
from tests.support.servers.server_process import ServerProcess

on_both_edges = pytest.mark.parametrize("edge", EDGES, ids=named)


@pytest.fixture(scope="module")
def shared_server(assisted_server: ServerProcess) -> ServerProcess:
    return assisted_server


async def grown(api: httpx.AsyncClient, answer: Json, text: str) -> None:
    """Return once the answer has this much text."""
    for _ in range(1000):
        if (await got(api, f"/api/messages/{answer['id']}"))["content"] == text:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(text)


def latest(client: Any) -> Json:
    """The message in the newest event of a client."""
    return client.events[-1]["message"] if client.events else {"content": None, "answer": None}


# Streaming.


@on_both_edges
async def test_an_answer_is_streamed_to_every_client_until_it_is_complete(
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
async def test_a_client_that_reconnects_during_an_answer_misses_nothing(
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


async def test_a_client_that_reconnects_after_the_end_gets_only_the_final_text(
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


async def test_many_words_are_combined_into_few_events(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    words = [f"{n} " for n in range(300)]
    answer = await asked(api, await own_room(api, ada), ada, new_word(upstream, *words))

    done = await ended(api, answer)

    assert done["content"] == "".join(words)
    assert done["version"] < 100


async def test_an_answer_in_a_conversation_is_sent_to_both_and_is_not_a_direct_message(
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


async def test_the_position_of_a_question_is_an_event_of_its_room(
    api: httpx.AsyncClient, shared_server: ServerProcess, ada: Json
):
    where = await own_room(api, ada)
    async with await follow(EDGES[0], shared_server.port, person=ada["id"]) as client:
        answer = await api.post(f"/api/rooms/{where['id']}/messages", json={"author_id": ada["id"], "content": "Well?"})
        await client.until(lambda _: len(client.events) >= 2)

        assert position(answer) == client.numbers[1]
        stopped = await api.post(f"/api/messages/{client.events[1]['message']['id']}/stop")
        await client.until(lambda _: position(stopped) in client.numbers)


# Stop and retry.


async def test_stopping_closes_the_connection_and_keeps_the_partial_answer(
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


async def test_an_answer_can_be_stopped_before_its_first_word(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
    answer = await asked(api, await own_room(api, ada), ada, new_word(upstream, {"hold": "never"}))
    upstream.is_answering(1)

    stopped = await api.post(f"/api/messages/{answer['id']}/stop")

    upstream.is_answering(0)
    assert shown(stopped.json()) == ("stopped", "")


async def test_a_stopped_answer_can_be_retried(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
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


async def test_deleting_an_answer_stops_it_and_deleting_the_question_does_not(
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


async def test_a_question_deleted_in_the_queue_is_not_sent(api: httpx.AsyncClient, upstream: FakeOllama, ada: Json):
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


# Faults are reported, and can be retried.


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["Half", {"line": '{"error":"out of memory"}'}], ("Half", "Ollama says: out of memory")),
        (["Half", {"bytes": '{"message": {"conte'}, {"cut": True}], ("Half", "was lost")),
        ([{"status": 404, "body": '{"error":"model \'llama3.2\' not found"}'}], ("", "ollama pull llama3.2")),
        ([{"status": 500, "body": "<h1>oops</h1>"}], ("", "is not Ollama")),
    ],
)
async def test_a_fault_is_reported_and_can_be_retried(
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


# Restarts.


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_fails_the_running_answer_and_answers_queued_questions(
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

            assert (shown(first), second["id"]) == (("failed", "So far"), waiting["id"])
            assert "restarted" in first["answer"]["error"]
            assert first["version"] == writing["version"] + 1
            assert shown(await ended(api, waiting)) == ("done", "Hello, there.")
            upstream.will(word, "Now whole.")
            await api.post(f"/api/messages/{writing['id']}/retry")
            assert shown(await ended(api, writing)) == ("done", "Now whole.")
        assert "Traceback" not in server.log, server.log
