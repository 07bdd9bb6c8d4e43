"""Jobs: their life, who sees them, how they are cancelled and run again."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from quart_notes.background import import_runner as jobs_at_work
from quart_notes.background import work_queue
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.jobs import UploadedJob
from quart_notes.errors import DatabaseUnavailableError, NotFoundError, NotNowError, ProblemError, StorageFullError
from quart_notes.live import events
from quart_notes.live.channel import FeedMessage
from quart_notes.schemas import ImportOptions, JobOut, JobQuery, MemberUpdate, UserCreate
from quart_notes.transfer import upload_store
from quart_notes.transfer.import_batches import ImportSource
from tests.support.accounts_app import House
from tests.support.servers.in_process import opened, rows

Json = dict[str, Any]
ENDED = {"done", "failed", "cancelled", "interrupted"}
ALL = JobQuery()


def _file(count: int, size: int = 1) -> bytes:
    return json.dumps([{"title": f"note {n}", "description": "x" * size} for n in range(count)]).encode()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with opened(tmp_path / "data") as core:
        await core.import_runner.start()
        yield core
        await core.import_runner.stop()


async def _start(core: Core, data: bytes, who: Caller = ANYBODY, board_id: int = 1, **options: Any) -> JobOut:
    with core.uploads.receiving(1 << 30) as upload:
        upload.start_file("notes.json")
        upload.write(data)
        upload.finish()
        started = await core.jobs.start(
            who, board_id, ImportOptions(**options), UploadedJob("notes.json", upload.folder.name, upload.size)
        )
    return started.result


async def _until(core: Core, job_id: int, holds: Callable[[JobOut], bool], who: Caller = ANYBODY) -> JobOut:
    async with asyncio.timeout(30):
        while True:
            job, _ = await core.jobs.get(who, job_id)
            if holds(job):
                return job
            await asyncio.sleep(0.002)


async def _ended(core: Core, job: JobOut, who: Caller = ANYBODY) -> JobOut:
    return await _until(core, job.id, lambda now: now.state in ENDED, who)


async def _count(core: Core) -> int:
    return int(rows(core, "SELECT count(*) FROM note WHERE deleted_at IS NULL")[0][0])


class Gate:
    """Holds reading before a batch, so that a test has its time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        original = ImportSource.batches

        def held(source: Any) -> Any:
            for number, found in enumerate(original(source)):
                if number == batch:
                    self.reached.set()
                    assert self.open.wait(20)
                yield found

        monkeypatch.setattr(ImportSource, "batches", held)

    async def wait(self) -> None:
        """Return once reading is held."""
        assert await asyncio.to_thread(self.reached.wait, 20)


# Its life.


async def test_a_job_is_told_from_its_beginning_to_its_end(core: Core):
    job = await _ended(core, await _start(core, _file(350)))

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


async def test_a_job_is_told_ten_times_a_second_at_most(core: Core, monkeypatch: pytest.MonkeyPatch):
    """With no time at all between them, only the first, the last and one of the many in between are told."""
    monkeypatch.setattr(jobs_at_work, "PROGRESS_INTERVAL", 1000.0)
    before = await core.log.newest()

    await _ended(core, await _start(core, _file(1000)))

    (told,) = rows(
        core, f'SELECT count(*) FROM event_log WHERE number > {before.number} AND body LIKE \'%"job":{{%"version"%\''
    )
    assert told[0] <= 5
    assert jobs_at_work.PROGRESS_INTERVAL >= 0.1


async def test_progress_and_notes_commit_together(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 2)
    job = await _start(core, _file(250))
    await gate.wait()

    now = await _until(core, job.id, lambda job: job.done == 200)

    assert now.state == "running"
    assert now.outcome.created == await _count(core) == 200
    gate.open.set()
    assert (await _ended(core, job)).outcome.created == await _count(core) == 250


async def test_two_jobs_run_at_once_and_the_rest_wait_in_order(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    started = [await _start(core, _file(1)) for _ in range(4)]
    await _until(core, started[1].id, lambda job: job.state == "running")

    states = [(await core.jobs.get(ANYBODY, job.id))[0].state for job in started]

    assert states == ["running", "running", "waiting", "waiting"]
    gate.open.set()
    assert [(await _ended(core, job)).state for job in started] == ["done"] * 4


async def test_a_job_that_is_found_and_heard_of_at_the_start_is_begun_once(core: Core, monkeypatch: pytest.MonkeyPatch):
    await core.import_runner.stop()
    job = await _start(core, _file(1))
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
    await _ended(core, job)
    after = await _ended(core, await _start(core, _file(2)))

    assert taken == [job.id, after.id]


# Cancelled, run again, put away.


async def test_a_cancelled_job_changes_nothing_more(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 1)
    job = await _start(core, _file(500))
    await gate.wait()
    await _until(core, job.id, lambda job: job.done == 100)

    cancelled = (await core.jobs.cancel(ANYBODY, job.id)).result
    gate.open.set()
    await core.import_runner.stop()

    assert (cancelled.state, cancelled.text) == ("cancelled", "Cancelled: 100 notes imported")
    assert await _count(core) == 100
    assert (await core.jobs.get(ANYBODY, job.id))[0] == cancelled


async def test_a_cancelled_job_runs_again_and_doubles_nothing(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 1)
    job = await _start(core, _file(300))
    await gate.wait()
    await _until(core, job.id, lambda job: job.done == 100)
    await core.jobs.cancel(ANYBODY, job.id)

    again = (await core.jobs.retry(ANYBODY, job.id)).result
    gate.open.set()
    ended = await _ended(core, again)

    assert (again.state, again.done, again.total, again.outcome.created) == ("waiting", 0, None, 0)
    assert ended.text == "200 notes imported, 100 were there already"
    assert await _count(core) == 300


async def test_a_waiting_job_can_be_cancelled_and_put_away(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    started = [await _start(core, _file(1)) for _ in range(3)]
    await core.jobs.cancel(ANYBODY, started[2].id)
    await core.jobs.delete(ANYBODY, started[2].id)
    gate.open.set()
    for job in started[:2]:
        await _ended(core, job)

    assert await _count(core) == 1, "it was the same note in all of them"
    with pytest.raises(NotFoundError):
        await core.jobs.get(ANYBODY, started[2].id)


async def test_what_makes_no_sense_now_is_refused(core: Core, monkeypatch: pytest.MonkeyPatch):
    gate = Gate(monkeypatch, 0)
    job = await _start(core, _file(1))
    await _until(core, job.id, lambda job: job.state == "running")
    with pytest.raises(NotNowError, match="running: there is nothing to run again"):
        await core.jobs.retry(ANYBODY, job.id)
    with pytest.raises(NotNowError, match="running: cancel it first"):
        await core.jobs.delete(ANYBODY, job.id)
    gate.open.set()
    done = await _ended(core, job)

    with pytest.raises(NotNowError, match="done: there is nothing to run again"):
        await core.jobs.retry(ANYBODY, job.id)
    before = await core.log.newest()
    assert (await core.jobs.cancel(ANYBODY, job.id)).result == done
    assert await core.log.newest() == before


async def test_files_stay_while_they_can_be_of_use(core: Core):
    folder = core.settings.data / "imports"
    folder.mkdir()
    (folder / "orphan").mkdir()

    async def left(count: int) -> None:
        async with asyncio.timeout(20):
            while len(list(folder.iterdir())) != count:  # noqa: ASYNC110 - a folder does not say when
                await asyncio.sleep(0.002)

    failed = await _ended(core, await _start(core, b"nonsense"))
    await _ended(core, await _start(core, _file(1)))
    await left(1)
    await core.jobs.delete(ANYBODY, failed.id)
    await left(0)


async def test_what_is_being_received_is_not_swept_away(core: Core):
    with core.uploads.receiving(1000) as upload:
        upload.start_file("a")
        assert core.uploads.finished() == set()
        upload.write(b"x")
        upload.finish()

    assert core.uploads.finished() == {upload.folder.name}


async def test_what_another_process_discards_before_is_none_of_those_that_are_kept(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    for name in ("kept", "discarded"):
        (core.settings.data / "imports" / name).mkdir(parents=True)
    looked_at = upload_store._is_locked

    def late(folder: Path) -> bool:
        if folder.name == "discarded":
            folder.rmdir()
        return looked_at(folder)

    monkeypatch.setattr(upload_store, "_is_locked", late)

    assert core.uploads.finished() == {"kept"}


async def test_a_job_whose_file_has_gone_says_so(core: Core):
    job = await _ended(core, await _start(core, b"nonsense"))
    core.uploads.remove(core.uploads.finished())

    await core.jobs.retry(ANYBODY, job.id)

    ended = await _until(core, job.id, lambda now: now.state == "failed" and "no longer" in now.text)
    assert ended.text == "The file is no longer on the server. Send it again."


async def test_jobs_of_which_nothing_was_heard_are_forgotten(core: Core):
    done = await _ended(core, await _start(core, _file(1)))
    assert not (await core.jobs.delete_old(1)).result
    assert len((await core.jobs.find(ANYBODY, ALL)).items) == 1

    await core.jobs.delete_old(-1)

    assert (await core.jobs.find(ANYBODY, ALL)).items == []
    assert (await _start(core, _file(1))).id > done.id, "a number is never used twice"


# When something fails.


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StorageFullError("There is no room left on the disk; nothing was changed."), "There is no room left"),
        (RuntimeError("secret"), "Something went wrong on the server. It has been logged."),
    ],
)
async def test_a_job_that_fails_half_way_says_why_and_can_be_run_again(
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
    job = await _ended(core, await _start(core, _file(250)))

    assert job.state == "failed"
    assert job.text.startswith(text)
    assert (job.done, job.outcome.created, await _count(core)) == (100, 100, 100)
    assert ("secret" in caplog.text) == isinstance(error, RuntimeError)
    await core.jobs.retry(ANYBODY, job.id)
    assert (await _ended(core, job)).text == "150 notes imported, 100 were there already"


@pytest.mark.parametrize("kept", [False, True], ids=["nothing was changed", "the answer was lost"])
async def test_a_job_that_the_database_does_not_let_begin_begins_later(
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

    assert (await _ended(core, await _start(core, _file(1)))).state == "done"
    assert await _count(core) == 1


async def test_an_end_that_the_database_does_not_take_is_told_later(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work_queue, "RETRY_DELAY", 0.001)
    end, failures = core.imports.finish, iter([StorageFullError("full")] * 3)

    async def fail_first(*arguments: Any) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        await end(*arguments)

    monkeypatch.setattr(core.imports, "finish", fail_first)

    assert (await _ended(core, await _start(core, _file(1)))).state == "done"


# Who sees what.


async def _person(core: Core, nickname: str) -> Caller:
    data = UserCreate(name=nickname, email=f"{nickname}@example.org", nickname=nickname)
    return Caller((await core.users.add(data)).result, trusted=True)


async def test_in_open_mode_a_list_has_the_jobs_of_one_person_and_nobodys(core: Core):
    ada, bob = await _person(core, "ada"), await _person(core, "bob")
    started = [await _start(core, _file(1), who) for who in (ada, bob, ANYBODY)]

    async def listed(who: Caller) -> list[int]:
        return [job.id for job in (await core.jobs.find(who, ALL)).items]

    assert await listed(ada) == [started[0].id, started[2].id]
    assert await listed(bob) == [started[1].id, started[2].id]
    assert await listed(ANYBODY) == [started[2].id]
    page = await core.jobs.find(ada, JobQuery(limit=1))
    assert ([job.id for job in page.items], page.more) == ([started[0].id], True)


async def test_a_job_is_seen_by_its_person_alone(house: House):
    ada = await house.browser("ada")
    sent = await ada.post("/api/imports", content=_file(1))
    where = sent.headers["Location"]
    assert (await ada.get(where)).status_code == 200

    for who in ("bob", "root"):
        other = await house.browser(who)
        answers = [
            await other.get(where),
            await other.post(f"{where}/cancel"),
            await other.post(f"{where}/retry"),
            await other.delete(where),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert (await other.get("/api/jobs")).json() == []


async def test_a_job_is_told_to_its_person_alone(house: House):
    before = await house.core.log.newest()
    ada = house.caller("ada")

    await _ended(house.core, await _start(house.core, _file(1), ada), ada)

    newest = house.core.broadcaster.newest
    everybodys = await house.core.log.since({"board:1", f"user:{house.people['bob'].id}"}, before, newest) or []
    assert [event for event in everybodys if b'"job"' in event.data] == []
    hers = await house.core.log.since({f"user:{ada.id}"}, before, newest) or []
    assert [event for event in hers if b'"job"' in event.data]


async def test_who_loses_the_board_during_it_brings_nothing_more_in(house: House, monkeypatch: pytest.MonkeyPatch):
    board_id = await house.board(ada="owner", bob="editor")
    bob = house.caller("bob")
    gate = Gate(monkeypatch, 1)
    job = await _start(house.core, _file(300), bob, board_id)
    await gate.wait()
    await _until(house.core, job.id, lambda job: job.done == 100, bob)

    await house.core.members.set(house.caller("ada"), board_id, house.people["bob"].id, MemberUpdate(role="viewer"))
    gate.open.set()

    ended = await _ended(house.core, job, bob)
    assert (ended.state, ended.text) == ("failed", "This needs the role editor on the board; you are viewer.")
    assert await _count(house.core) == 100


async def test_where_people_sign_in_nobodys_jobs_are_not_done(house: House):
    with pytest.raises(ProblemError):
        await house.core.jobs.may_start(Caller(None), 999)
    job = await _start(house.core, _file(1), ANYBODY)

    ended = await _ended(house.core, job)

    assert ended.state == "failed"
    assert await _count(house.core) == 0
