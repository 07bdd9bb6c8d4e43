"""Compressed responses: entity tags, conditions, ranges, and which responses are left as they are."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from quart_notes.live.response_cache import CachedResponse
from quart_notes.schemas import NoteCreate
from quart_notes.web import compression
from quart_notes.web.content_codings import MIN_BYTES
from tests.support.accounts_app import House, hash_quickly, opened_house

GZIP = {"Accept-Encoding": "gzip"}
LONG = "a long text " * 200
LIST = "/api/notes"
PAGE = "/front/notes"
SHEET = "/static/css/style.css"
NOTE = "/api/notes/1"


class Answer(NamedTuple):
    """A response: its body as it came, and as it is without its coding."""

    status: int
    headers: httpx.Headers
    raw: bytes

    @property
    def body(self) -> bytes:
        return zlib.decompress(self.raw, wbits=31) if "content-encoding" in self.headers else self.raw


class Browser:
    """A signed-in browser, which sends no header by itself but its cookie."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        del client.headers["Accept-Encoding"]

    async def get(self, path: str, *headers: dict[str, str], method: str = "GET", **more: Any) -> Answer:
        """A response, with its body as it came."""
        sent = {name: value for part in headers for name, value in part.items()}
        async with self._client.stream(method, path, headers=sent, **more) as response:
            raw = b"".join([part async for part in response.aiter_raw()])
            return Answer(response.status_code, response.headers, raw)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """An application with a long note."""
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("ada")
        await house.core.notes.add(house.caller("ada"), 1, NoteCreate(title="a title", description=LONG))
        yield house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    async with await house.browser("ada") as client:
        yield Browser(client)


async def test_a_response_is_compressed_for_a_client_that_accepts_it(browser: Browser):
    for path in (LIST, LIST, NOTE, NOTE, PAGE, SHEET, "/openapi.json", "/api/rooms/1/messages"):
        plain, packed = await browser.get(path), await browser.get(path, GZIP)
        refused = await browser.get(path, {"Accept-Encoding": "gzip;q=0, *"}, {"Accept-Encoding": "gzip;q=0"})

        assert plain.status == packed.status == 200
        assert "content-encoding" not in plain.headers
        assert "content-encoding" not in refused.headers
        if len(plain.raw) >= MIN_BYTES:
            assert packed.headers["content-encoding"] == "gzip", path
            assert int(packed.headers["content-length"]) == len(packed.raw) < len(plain.raw) / 2
            assert packed.headers["vary"] == plain.headers["vary"] == refused.headers["vary"] == "Accept-Encoding"
            assert path == PAGE or packed.body == plain.body == refused.body
        else:
            assert path == "/api/rooms/1/messages"
            assert packed.raw == plain.raw
            assert "vary" not in packed.headers


async def test_each_coding_has_an_entity_tag_of_its_own_which_conditions_know(browser: Browser):
    for path in (LIST, NOTE, SHEET, f"{LIST}?limit=7", "/api/me/preferences"):
        plain, packed = await browser.get(path, {"Accept-Encoding": ""}), await browser.get(path, GZIP)
        tag = plain.headers["etag"]
        if len(plain.raw) < MIN_BYTES:
            assert packed.headers["etag"] == tag
            continue

        async def status(known: str, accept: str | None, path: str = path) -> tuple[int, str | None]:
            headers = {"If-None-Match": known} | ({} if accept is None else {"Accept-Encoding": accept})
            answer = await browser.get(path, headers)
            assert answer.status != 304 or (answer.raw, answer.headers["vary"]) == (b"", "Accept-Encoding")
            return answer.status, answer.headers["etag"] if answer.status == 304 else None

        assert packed.headers["etag"] == f'{tag[:-1]}-gzip"'
        assert await status(tag, "") == (304, tag)
        assert await status(packed.headers["etag"], "gzip") == (304, packed.headers["etag"])
        assert await status(f"W/{packed.headers['etag']}", "gzip") == (304, packed.headers["etag"])
        assert await status(packed.headers["etag"], "gzip;q=0") == (200, None), "it cannot use what it is told to keep"
        assert await status('"another"', "gzip") == (200, None)


async def test_a_change_accepts_the_entity_tag_of_any_coding(browser: Browser):
    packed = await browser.get(NOTE, GZIP)
    assert packed.headers["etag"] == '"1-gzip"'

    changed = await browser.get(
        NOTE, {"If-Match": packed.headers["etag"]}, GZIP, method="PATCH", json={"title": "another"}
    )
    stale = await browser.get(NOTE, {"If-Match": packed.headers["etag"]}, method="PATCH", json={"title": "a third"})

    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert "content-encoding" not in changed.headers, "a response to a change"
    assert stale.status == 412


async def test_head_has_the_headers_of_get(browser: Browser):
    own = {"x-request-id", "date"}
    for path in (LIST, NOTE, PAGE, SHEET):
        got, head = await browser.get(path, GZIP), await browser.get(path, GZIP, method="HEAD")

        assert head.headers["content-encoding"] == "gzip"
        # The key of the form on a page is another one each time, and so is the length.
        varying = own | ({"content-length"} if path == PAGE else set())
        same = [{k: v for k, v in one.headers.items() if k not in varying} for one in (got, head)]
        assert same[0] == same[1]


async def test_a_range_is_one_of_the_bytes_as_they_are(browser: Browser):
    plain, packed = await browser.get(SHEET), await browser.get(SHEET, GZIP)
    first = {"Range": "bytes=5-14"}

    part = await browser.get(SHEET, GZIP, first, {"If-Range": plain.headers["etag"]})
    other = await browser.get(SHEET, GZIP, first, {"If-Range": packed.headers["etag"]})

    assert (part.status, part.raw) == (206, plain.raw[5:15])
    assert part.headers["content-range"] == f"bytes 5-14/{len(plain.raw)}"
    assert "content-encoding" not in part.headers
    assert part.headers["etag"] == plain.headers["etag"]
    assert other.status == 200, "no part of what the client has"
    assert other.body == plain.raw
    assert (await browser.get(SHEET, first)).raw == plain.raw[5:15]
    assert (await browser.get(SHEET, GZIP, {"Range": "bytes=9999999-"})).status == 416


async def test_what_a_page_of_another_site_asks_for_is_not_compressed(browser: Browser):
    """Nor a page with a query when the browser does not say who asks. See BREACH in docs/decisions.md."""
    cases = [
        (PAGE, None, True), (PAGE, "same-origin", True), (PAGE, "none", True), (PAGE, "cross-site", False),
        (PAGE, "same-site", False), (PAGE, "odd", False), (f"{PAGE}?q=title", None, False),
        (f"{PAGE}?q=title", "same-origin", True), (f"{PAGE}?q=title", "cross-site", False),
        (f"{LIST}?q=title", None, True), (LIST, "same-origin", True), (LIST, "cross-site", False),
        (NOTE, "cross-site", False), ("/front/search?q=title", None, False), (SHEET, "cross-site", True),
    ]  # fmt: skip

    async def check(path: str, site: str | None, compressed: bool) -> None:
        answer = await browser.get(path, GZIP, {} if site is None else {"Sec-Fetch-Site": site})

        assert answer.status == 200
        assert ("content-encoding" in answer.headers) is compressed
        assert answer.headers["vary"] == "Accept-Encoding"

    for case in cases:
        try:
            await check(*case)
        except AssertionError as error:
            raise AssertionError(case) from error


async def test_errors_and_responses_to_forms_are_not_compressed(browser: Browser):
    """They repeat what was sent, or contain a secret that is shown once."""
    refused = await browser.get(PAGE, GZIP, method="POST", data={"title": "", "description": ""})
    missing = await browser.get("/front/boards/999", GZIP, {"Accept": "text/html"})
    token = await browser.get("/front/account/tokens", GZIP, method="POST", data={"name": "program", "scope": "read"})

    assert (refused.status, missing.status, token.status) == (422, 404, 201)
    for answer in (refused, missing, token):
        assert len(answer.raw) >= MIN_BYTES
        assert "content-encoding" not in answer.headers


async def test_a_list_is_compressed_once_for_all_clients(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    encoded: list[bytes] = []

    async def count(body: bytes, coding: str, *, keep: bool = False) -> bytes:
        encoded.append(body)
        return zlib.compress(body, wbits=31)

    monkeypatch.setattr(compression, "encoded", count)

    first = [await browser.get(LIST, GZIP) for _ in range(3)]
    await house.core.notes.add(house.caller("ada"), 1, NoteCreate(title="another"))
    again = [await browser.get(LIST, GZIP) for _ in range(3)]

    assert len(encoded) == 2
    assert {answer.body for answer in first} == {encoded[0]}
    assert {answer.body for answer in again} == {encoded[1]}


async def test_an_entity_tag_of_a_coding_has_its_headers():
    response = CachedResponse("t", b"x" * 2000, '"3"', ((b"content-type", b"text/plain"), (b"etag", b'"3"')))

    packed = await compression.compressed(response, "gzip")

    assert zlib.decompress(packed.body, wbits=31) == response.body
    assert packed.etag == '"3-gzip"'
    assert dict(packed.headers) == {
        b"content-type": b"text/plain",
        b"vary": b"Accept-Encoding",
        b"etag": b'"3-gzip"',
        b"content-encoding": b"gzip",
    }
