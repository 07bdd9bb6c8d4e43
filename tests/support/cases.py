"""Many cases in one test: cheaper than a test each, and the failed ones are named as clearly."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")


def check_each(cases: Iterable[tuple[object, Case]], check: Callable[[Case], object]) -> None:
    """Check every case, even after a failure; fails with the name and the reason of each failed one.

    cases   by name; at least one
    """
    named = list(cases)
    assert named, "nothing to check"
    failed = []
    for name, case in named:
        try:
            check(case)
        except Exception as error:  # as in pytest: a test that raises has failed
            failed.append((name, error))
    if failed:
        told = "\n".join(f"- {name}: {type(error).__name__}: {error}" for name, error in failed)
        raise AssertionError(f"{len(failed)} of {len(named)} failed:\n{told}") from failed[0][1]
