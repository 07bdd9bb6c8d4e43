"""Rate limits: a burst, then a fixed rate."""

from hypothesis import given
from hypothesis import strategies as st

from quart_notes.domain.rate_limits import RateLimit


class Tries:
    """Attempts of one client, with a clock of its own."""

    def __init__(self, pace: RateLimit) -> None:
        self.pace = pace
        self.now = self.forgiven_at = 1_800_000_000.0

    def wait(self) -> float:
        return self.pace.wait(self.forgiven_at, self.now)

    def count(self) -> None:
        self.forgiven_at = self.pace.counted(self.forgiven_at, self.now)


def test_a_burst_is_allowed_and_then_one_at_a_time():
    tries = Tries(RateLimit(burst=3, seconds=10))
    for _ in range(3):
        assert tries.wait() == 0
        tries.count()

    assert tries.wait() == 10
    tries.now += 9
    assert tries.wait() == 1
    tries.now += 1
    assert tries.wait() == 0
    tries.count()
    assert tries.wait() == 10


def test_a_pause_refills_the_burst_and_no_more():
    tries = Tries(RateLimit(burst=3, seconds=10))
    for _ in range(3):
        tries.count()
    tries.now += 10_000

    for _ in range(3):
        assert tries.wait() == 0
        tries.count()
    assert tries.wait() == 10


@given(burst=st.integers(1, 20), seconds=st.integers(1, 20), back=st.floats(0, 1e9), count=st.integers(0, 20))
def test_after_a_backward_clock_jump_nobody_waits_longer_than_a_burst(
    burst: int, seconds: int, back: float, count: int
):
    tries = Tries(RateLimit(burst, seconds))
    for _ in range(min(count, burst)):
        tries.count()
    tries.now -= back

    right = tries.pace.corrected(tries.forgiven_at, tries.now)

    assert tries.pace.wait(right, tries.now) <= burst * seconds + 1e-6
    assert right in (tries.forgiven_at, tries.now + burst * seconds)
    if back < (burst - 1) * seconds:
        assert right == tries.forgiven_at, "clocks differ a little"


@given(burst=st.integers(1, 5), seconds=st.integers(1, 20), rests=st.lists(st.integers(0, 40), max_size=60))
def test_the_rate_is_never_exceeded_in_any_interval(burst: int, seconds: int, rests: list[int]):
    tries, let_through = Tries(RateLimit(burst, seconds)), []
    for rest in rests:
        tries.now += rest
        if tries.wait() == 0:
            tries.count()
            let_through.append(tries.now)
    for first, begin in enumerate(let_through):
        for last, end in enumerate(let_through[first:], 1):
            assert last <= burst + (end - begin) / seconds + 1e-6
