"""Fixtures of the tests of rooms."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.accounts_app import House
from tests.support.room_listeners import Listeners


@pytest.fixture
async def listeners(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Listeners]:
    async with AsyncExitStack() as stack:
        yield Listeners(house, request.param, stack)
