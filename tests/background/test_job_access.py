"""Access to jobs, and the user on whose behalf they run."""

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.errors import ProblemError
from quart_notes.schemas import JobQuery, MemberUpdate, UserCreate
from tests.support import import_jobs
from tests.support.accounts_app import House
from tests.support.import_jobs import Gate, count_notes, ended_job, job_until, notes_file, start_job

core = import_jobs.core


ALL = JobQuery()


async def _person(core: Core, nickname: str) -> Caller:
    data = UserCreate(name=nickname, email=f"{nickname}@example.org", nickname=nickname)
    return Caller((await core.users.add(data)).result, trusted=True)


async def test_in_open_mode_a_list_has_the_jobs_of_its_user_and_those_without_one(core: Core):
    ada, bob = await _person(core, "ada"), await _person(core, "bob")
    started = [await start_job(core, notes_file(1), who) for who in (ada, bob, ANYBODY)]

    async def listed(who: Caller) -> list[int]:
        return [job.id for job in (await core.jobs.find(who, ALL)).items]

    assert await listed(ada) == [started[0].id, started[2].id]
    assert await listed(bob) == [started[1].id, started[2].id]
    assert await listed(ANYBODY) == [started[2].id]
    page = await core.jobs.find(ada, JobQuery(limit=1))
    assert ([job.id for job in page.items], page.more) == ([started[0].id], True)


async def test_a_job_is_visible_to_its_user_only(house: House):
    ada = await house.browser("ada")
    sent = await ada.post("/api/imports", content=notes_file(1))
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


async def test_a_job_is_published_to_its_user_only(house: House):
    before = await house.core.log.newest()
    ada = house.caller("ada")

    await ended_job(house.core, await start_job(house.core, notes_file(1), ada), ada)

    newest = house.core.broadcaster.newest
    everybodys = await house.core.log.since({"board:1", f"user:{house.people['bob'].id}"}, before, newest) or []
    assert [event for event in everybodys if b'"job"' in event.data] == []
    hers = await house.core.log.since({f"user:{ada.id}"}, before, newest) or []
    assert [event for event in hers if b'"job"' in event.data]


async def test_an_import_stops_when_its_user_loses_the_board(house: House, monkeypatch: pytest.MonkeyPatch):
    board_id = await house.board(ada="owner", bob="editor")
    bob = house.caller("bob")
    gate = Gate(monkeypatch, 1)
    job = await start_job(house.core, notes_file(300), bob, board_id)
    await gate.wait()
    await job_until(house.core, job.id, lambda job: job.done == 100, bob)

    await house.core.members.set(house.caller("ada"), board_id, house.people["bob"].id, MemberUpdate(role="viewer"))
    gate.open.set()

    ended = await ended_job(house.core, job, bob)
    assert (ended.state, ended.text) == ("failed", "This needs the role editor on the board; you are viewer.")
    assert await count_notes(house.core) == 100


async def test_in_accounts_mode_jobs_without_a_user_do_not_run(house: House):
    with pytest.raises(ProblemError):
        await house.core.jobs.may_start(Caller(None), 999)
    job = await start_job(house.core, notes_file(1), ANYBODY)

    ended = await ended_job(house.core, job)

    assert ended.state == "failed"
    assert await count_notes(house.core) == 0
