"""A request body before its use is known."""

import asyncio

import pytest
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from quart_notes.web.request_body import BackpressuredBody

BOUND = 1000


def test_it_has_every_attribute_of_quarts_body():
    assert vars(Body(None, None)).keys() <= vars(BackpressuredBody(None, None)).keys()


async def test_bytes_received_before_the_decision_to_stream_are_kept():
    body = BackpressuredBody(3 * BOUND, BOUND)
    body.append(b"first")

    body.decided(pieces=True)
    body.append(b"x" * 2 * BOUND)
    body.set_complete()

    assert b"".join([piece async for piece in body]) == b"first" + b"x" * 2 * BOUND


@pytest.mark.parametrize(("expected", "came"), [(BOUND + 1, 5), (None, BOUND + 1)])
async def test_any_other_body_has_a_maximum_length(expected: int | None, came: int):
    body = BackpressuredBody(expected, BOUND)
    body.append(b"x" * came)

    body.decided(pieces=False)

    async with asyncio.timeout(5):
        with pytest.raises(RequestEntityTooLarge):
            await body


async def test_a_body_within_the_limit_is_read_completely():
    body = BackpressuredBody(BOUND, BOUND)
    body.append(b"x" * BOUND)
    body.decided(pieces=False)
    body.set_complete()

    assert await body == b"x" * BOUND
