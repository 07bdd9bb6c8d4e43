"""Who leads among several processes, and what becomes of a lead that does not begin."""

from quart_notes.leading import Leader


class Shared:
    """A lock that is free, or not."""

    def __init__(self) -> None:
        self.free = True

    async def take(self) -> bool:
        return self.free

    async def release(self) -> None:
        self.free = True


async def test_what_has_begun_ends_when_the_lead_fails_to_begin():
    lock, done = Shared(), list[str]()

    async def begin() -> None:
        done.append("begin")
        if len(done) == 1:
            raise OSError

    async def end() -> None:
        done.append("end")

    leader = Leader("a test", lock, begin, end)
    try:
        await leader.start()
    except OSError:
        assert not leader.leads
    lock.free = False
    await leader.start()
    assert done == ["begin", "end"]
    await leader.stop()

    lock.free = True
    await leader.start()
    assert leader.leads
    await leader.stop()
    assert done == ["begin", "end", "begin", "end"]
