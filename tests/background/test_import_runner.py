"""The import runner: published progress, concurrency, and retries."""

import json
from typing import Any

import pytest

from quart_notes.background import import_runner as jobs_at_work
from quart_notes.background import work_queue
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import DatabaseUnavailableError, StorageFullError
from quart_notes.live import events
from quart_notes.live.channel import FeedMessage
from tests.support import import_jobs
from tests.support.import_jobs import Gate, count_notes, ended_job, job_until, notes_file, start_job
from tests.support.servers.in_process import rows

core = import_jobs.core


async def test_every_state_of_a_job_is_published(core: Core):
    job = await ended_job(core, await start_job(core, notes_file(350)))

    bodies = [json.loads(body) for (body,) in rows(core, "SELECT body FROM event_log ORDER BY number")]
    told = [event for event in bodies if "job" in event]
    states = [(event["action"], event["job"]["state"]) for event in told]
    assert states[:2] == [("create", "waiting"), ("update", "running")]
    assert states[-1] == ("update", "done")
    assert {event["topic"] for event in told} == {"board:1"}
    last = told[-1]["job"]
    assert last == json.loads(job.model_dump_json())
    assert (last["done"], last["total"], last["text"]) == (350, 350, "350 notes imported")
    versions = [event["job"]["version"] for event in told]
    assert versions == sorted(set(versions))


async def test_progress_is_published_at_most_ten_times_a_second(core: Core, monkeypatch: pytest.MonkeyPatch):
    """Within no time only the first event, the last and one in between are published."""
    monkeypatch.setattr(jobs_at_work, "PROGRESS_INTERVAL", 1000.0)
    before = await core.log.newest()

    await ended_job(core, await start_job(core, notes_file(1000)))

    (told,) = rows(
        core, f'SELECT count(*) FROM event_log WHERE number > {before.number} AND body LIKE \'%"job":{{%"version"%\''
    )
    assert told[0] <= 5
    assert jobs_at_work.PROGRESS_INTERVAL >= 0.1


async def test_progress_and_notes_commit_together(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 2)
    job = await start_job(core, notes_file(250))
    await gate.wait()

    now = await job_until(core, job.id, lambda job: job.done == 200)

    assert now.state == "running"
    assert now.outcome.created == await count_notes(core) == 200
    gate.open.set()
    assert (await ended_job(core, job)).outcome.created == await count_notes(core) == 250


async def test_two_jobs_run_at_once_and_the_rest_wait_in_order(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    started = [await start_job(core, notes_file(1)) for _ in range(4)]
    await job_until(core, started[1].id, lambda job: job.state == "running")

    states = [(await core.jobs.get(ANYBODY, job.id))[0].state for job in started]

    assert states == ["running", "running", "waiting", "waiting"]
    gate.open.set()
    assert [(await ended_job(core, job)).state for job in started] == ["done"] * 4


async def test_a_job_both_found_and_announced_at_the_start_runs_once(core: Core, monkeypatch: pytest.MonkeyPatch):
    await core.import_runner.stop()
    job = await start_job(core, notes_file(1))
    take, folders, taken = core.imports.claim, core.jobs.folders, []

    async def noted(job_id: int, *arguments: Any, **named: Any) -> Any:
        taken.append(job_id)
        return await take(job_id, *arguments, **named)

    async def late() -> set[str]:
        if not taken:
            told = {"work": {"kind": "job", "id": job.id, "wanted": "begin"}}
            core.broadcaster.publish([FeedMessage(events.WORK, None, "", json.dumps(told).encode())])
        return await folders()

    monkeypatch.setattr(core.imports, "claim", noted)
    monkeypatch.setattr(core.jobs, "folders", late)
    await core.import_runner.start()
    await ended_job(core, job)
    after = await ended_job(core, await start_job(core, notes_file(2)))

    assert taken == [job.id, after.id]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StorageFullError("There is no room left on the disk; nothing was changed."), "There is no room left"),
        (RuntimeError("secret"), "Something went wrong on the server. It has been logged."),
    ],
)
async def test_a_failed_job_has_a_reason_and_can_be_retried(
    core: Core, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str, caplog: pytest.LogCaptureFixture
):
    advance, calls = core.imports.import_batch, 0

    async def fail(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise error
        return await advance(*arguments, **named)

    monkeypatch.setattr(core.imports, "import_batch", fail)
    job = await ended_job(core, await start_job(core, notes_file(250)))

    assert job.state == "failed"
    assert job.text.startswith(text)
    assert (job.done, job.outcome.created, await count_notes(core)) == (100, 100, 100)
    assert ("secret" in caplog.text) == isinstance(error, RuntimeError)
    await core.jobs.retry(ANYBODY, job.id)
    assert (await ended_job(core, job)).text == "150 notes imported, 100 were there already"


@pytest.mark.parametrize("kept", [False, True], ids=["nothing was changed", "the response was lost"])
async def test_a_job_whose_start_fails_in_the_database_starts_later(
    core: Core, monkeypatch: pytest.MonkeyPatch, kept: bool
):
    monkeypatch.setattr(work_queue, "RETRY_DELAY", 0.001)
    take, failures = core.imports.claim, iter([DatabaseUnavailableError("It does not answer.")] * 3)

    async def fail_first(*arguments: Any, **named: Any) -> Any:
        error = next(failures, None)
        if error is None or kept:
            taken = await take(*arguments, **named)
        if error is not None:
            raise error
        return taken

    monkeypatch.setattr(core.imports, "claim", fail_first)

    assert (await ended_job(core, await start_job(core, notes_file(1)))).state == "done"
    assert await count_notes(core) == 1


async def test_an_end_that_fails_in_the_database_is_published_later(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work_queue, "RETRY_DELAY", 0.001)
    end, failures = core.imports.finish, iter([StorageFullError("full")] * 3)

    async def fail_first(*arguments: Any) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        await end(*arguments)

    monkeypatch.setattr(core.imports, "finish", fail_first)

    assert (await ended_job(core, await start_job(core, notes_file(1)))).state == "done"
