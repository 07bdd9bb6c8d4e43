"""Jobs are cancelled, retried and deleted."""

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import NotFoundError, NotNowError
from quart_notes.schemas import JobQuery
from tests.support import import_jobs
from tests.support.import_jobs import Gate, count_notes, ended_job, job_until, notes_file, start_job

core = import_jobs.core


ALL = JobQuery()


async def test_a_cancelled_job_changes_nothing_more(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 1)
    job = await start_job(core, notes_file(500))
    await gate.wait()
    await job_until(core, job.id, lambda job: job.done == 100)

    cancelled = (await core.jobs.cancel(ANYBODY, job.id)).result
    gate.open.set()
    await core.import_runner.stop()

    assert (cancelled.state, cancelled.text) == ("cancelled", "Cancelled: 100 notes imported")
    assert await count_notes(core) == 100
    assert (await core.jobs.get(ANYBODY, job.id))[0] == cancelled


async def test_a_cancelled_job_runs_again_without_duplicates(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 1)
    job = await start_job(core, notes_file(300))
    await gate.wait()
    await job_until(core, job.id, lambda job: job.done == 100)
    await core.jobs.cancel(ANYBODY, job.id)

    again = (await core.jobs.retry(ANYBODY, job.id)).result
    gate.open.set()
    ended = await ended_job(core, again)

    assert (again.state, again.done, again.total, again.outcome.created) == ("waiting", 0, None, 0)
    assert ended.text == "200 notes imported, 100 were there already"
    assert await count_notes(core) == 300


async def test_a_waiting_job_can_be_cancelled_and_deleted(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    started = [await start_job(core, notes_file(1)) for _ in range(3)]
    await core.jobs.cancel(ANYBODY, started[2].id)
    await core.jobs.delete(ANYBODY, started[2].id)
    gate.open.set()
    for job in started[:2]:
        await ended_job(core, job)

    assert await count_notes(core) == 1, "it was the same note in all of them"
    with pytest.raises(NotFoundError):
        await core.jobs.get(ANYBODY, started[2].id)


async def test_actions_that_the_state_does_not_allow_are_refused(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    job = await start_job(core, notes_file(1))
    await job_until(core, job.id, lambda job: job.state == "running")
    with pytest.raises(NotNowError, match="running: there is nothing to run again"):
        await core.jobs.retry(ANYBODY, job.id)
    with pytest.raises(NotNowError, match="running: cancel it first"):
        await core.jobs.delete(ANYBODY, job.id)
    gate.open.set()
    done = await ended_job(core, job)

    with pytest.raises(NotNowError, match="done: there is nothing to run again"):
        await core.jobs.retry(ANYBODY, job.id)
    before = await core.log.newest()
    assert (await core.jobs.cancel(ANYBODY, job.id)).result == done
    assert await core.log.newest() == before


async def test_a_retry_without_its_file_fails_with_a_reason(core: Core):
    job = await ended_job(core, await start_job(core, b"nonsense"))
    core.uploads.remove(core.uploads.finished())

    await core.jobs.retry(ANYBODY, job.id)

    ended = await job_until(core, job.id, lambda now: now.state == "failed" and "no longer" in now.text)
    assert ended.text == "The file is no longer on the server. Send it again."


async def test_inactive_jobs_are_deleted(core: Core):
    done = await ended_job(core, await start_job(core, notes_file(1)))
    assert not (await core.jobs.delete_old(1)).result
    assert len((await core.jobs.find(ANYBODY, ALL)).items) == 1

    await core.jobs.delete_old(-1)

    assert (await core.jobs.find(ANYBODY, ALL)).items == []
    assert (await start_job(core, notes_file(1))).id > done.id, "a number is never used twice"
