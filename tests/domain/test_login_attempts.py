"""Login attempts: rate limits in the database, shared by all processes, bounded, and robust against clock jumps."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from quart_notes.core import Core
from quart_notes.domain import login_attempts
from quart_notes.domain.login_attempts import RATE_LIMITS, LoginAttempt
from quart_notes.domain.service import DELETE_CHUNK
from quart_notes.errors import TooManyAttemptsError
from tests.support.servers.empty_database import settings_for
from tests.support.servers.in_process import opened, rows
from tests.support.servers.server_process import ROOT

ADA, BOB = LoginAttempt("account", ("ada", "192.0.2.1")), LoginAttempt("account", ("bob", "192.0.2.1"))
HERE = LoginAttempt("address", ("192.0.2.1",))


class Clock:
    """The current time, set by the test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("quart_notes.domain.login_attempts.time.time", clock)
    return clock


async def _tries(core: Core, *tries: LoginAttempt, number: int = 1) -> int:
    """How many of this many attempts are allowed."""
    answers = await asyncio.gather(*(core.login_attempts.count(*tries) for _ in range(number)), return_exceptions=True)
    assert all(answer is None or isinstance(answer, TooManyAttemptsError) for answer in answers), answers
    return answers.count(None)


async def _wait(core: Core, *tries: LoginAttempt) -> int:
    """The seconds to wait in the response."""
    with pytest.raises(TooManyAttemptsError) as refused:
        await core.login_attempts.count(*tries)
    return int(refused.value.headers["Retry-After"])


async def test_a_burst_is_allowed_and_then_one_at_a_time(core: Core, clock: Clock):
    assert [await _tries(core, ADA) for _ in range(10)] == [1] * 10

    assert await _wait(core, ADA) == 10
    assert await _tries(core, BOB) == 1
    clock.now += 9
    assert await _wait(core, ADA) == 1
    clock.now += 1
    assert await _tries(core, ADA) == 1
    assert await _wait(core, ADA) == 10


async def test_concurrent_attempts_have_the_same_limit_as_sequential_ones(core: Core, clock: Clock):
    assert await _tries(core, ADA, number=200) == 10
    assert await _tries(core, ADA, number=200) == 0


async def test_a_reset_deletes_the_attempts(core: Core, clock: Clock):
    await _tries(core, ADA, number=10)
    await _tries(core, BOB)

    await core.login_attempts.reset(ADA)
    await core.login_attempts.reset(HERE)

    assert len(rows(core, "SELECT * FROM attempt")) == 1
    assert await _tries(core, ADA, number=20) == 10


async def test_attempts_survive_a_restart(tmp_path: Path, clock: Clock):
    async with opened(tmp_path) as core:
        await _tries(core, ADA, number=10)
    clock.now += 3

    async with opened(tmp_path) as core:
        assert await _wait(core, ADA) == 7


async def test_an_attempt_refused_by_one_of_two_limits_counts_for_neither(core: Core, clock: Clock):
    assert await _tries(core, ADA, HERE, number=50) == 10

    assert await _tries(core, HERE, number=200) == 90, "those that were refused counted for the address"
    await _wait(core, BOB, HERE)
    assert await _tries(core, BOB, number=20) == 10


async def test_a_refused_attempt_writes_nothing(core: Core, clock: Clock):
    await _tries(core, ADA, number=10)
    (before,) = rows(core, "SELECT forgiven_at FROM attempt")
    written = sum(core.writer.batch_sizes.counts)

    for _ in range(20):
        await _wait(core, ADA)

    assert rows(core, "SELECT forgiven_at FROM attempt") == [before]
    assert sum(core.writer.batch_sizes.counts) == written


async def test_keys_are_unique_and_contain_no_names(core: Core, clock: Clock):
    tries = [
        ADA, BOB, HERE, LoginAttempt("device", (1, "x")), LoginAttempt("device", (11, "x")),
        LoginAttempt("password", (1,)),
    ]  # fmt: skip
    tries += [
        LoginAttempt("device", ADA.by),
        LoginAttempt("account", ("ada\x00", "")),
        LoginAttempt("account", ("\ud800", "ä")),
        LoginAttempt("device", (None, None)),
    ]
    for one in tries:
        await _tries(core, one)

    kept = [key for (key,) in rows(core, "SELECT key FROM attempt")]
    assert len({*kept}) == len(tries)
    assert all(len(key) == 64 and int(key, 16) for key in kept)
    assert "ada" not in str(rows(core, "SELECT * FROM attempt"))


@pytest.mark.parametrize("jump", [-1, -50, -100, -5000, -1e9, 1, 50, 1e9])
async def test_a_clock_jump_locks_nobody_out_for_longer_than_a_burst(core: Core, clock: Clock, jump: float):
    await _tries(core, ADA, HERE, number=10)
    clock.now += jump

    let_in = 0
    for _ in range(101):
        let_in += await _tries(core, ADA, HERE)
        clock.now += 1

    pace = RATE_LIMITS["account"]
    assert 1 <= let_in <= pace.burst + 101 / pace.seconds
    if jump < 0:
        assert let_in <= 101 / pace.seconds - jump / pace.seconds + 1, "going back forgives nothing"


async def test_clocks_that_differ_slightly_do_not_raise_the_limit(core: Core, clock: Clock):
    chance = random.Random(2)
    begin, let_in = clock.now, 0
    for _ in range(300):
        real = clock.now
        clock.now += chance.choice([-2, 0, 2])
        let_in += await _tries(core, ADA)
        clock.now = real + 1

    assert let_in <= 10 + (clock.now - begin + 4) / 10 + 1


async def test_housekeeping_deletes_expired_attempts(core: Core, clock: Clock):
    for number in range(DELETE_CHUNK + 20):
        await _tries(core, LoginAttempt("account", (str(number), "")))
    clock.now += 5
    await _tries(core, ADA, number=3)
    clock.now += 5
    assert len(rows(core, "SELECT * FROM attempt")) == DELETE_CHUNK + 21

    await core.run_chores()

    assert rows(core, "SELECT key, forgiven_at FROM attempt") == [(ADA.key, clock.now + 25)]
    clock.now -= 1e6
    await core.run_chores()
    assert rows(core, "SELECT * FROM attempt") == [], "of a clock that was ahead"


async def test_the_number_of_stored_attempts_is_bounded(core: Core, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(login_attempts, "MAX_ROWS", 30)
    await _tries(core, ADA, number=10)
    for number in range(100):
        await _tries(core, LoginAttempt("account", (str(number), "")))

    await core.run_chores()

    assert len(rows(core, "SELECT * FROM attempt")) == 30
    assert await _wait(core, ADA) == 10, "who has used up least is forgotten first"


@pytest.mark.parametrize("kind", RATE_LIMITS)
def test_every_rate_limit_refills_before_housekeeping_deletes_it(kind: str):
    assert RATE_LIMITS[kind].burst * RATE_LIMITS[kind].seconds < login_attempts.HOUR / 2


PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.domain.test_login_attempts import ADA, HERE, _tries
from tests.support.servers.in_process import opened

async def main() -> None:
    async with opened(Path(sys.argv[1]), alone=False, database_url=sys.argv[2] or None) as core:
        print("ready", flush=True)
        sys.stdin.readline()
        print(await _tries(core, ADA, HERE, number=25), flush=True)

asyncio.run(main())
"""


def test_several_processes_share_one_limit(tmp_path: Path):
    database = settings_for(tmp_path).database_url or ""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path), database],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        let_in = [int(process.communicate(timeout=60)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()

    assert sum(let_in) in (10, 11), let_in  # one more when it takes ten seconds
