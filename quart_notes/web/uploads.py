"""Receives uploads, as the parts of a form or as the request's body. They are written to the disk while they arrive."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec

from quart import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from quart_notes.domain.jobs import UploadedJob
from quart_notes.errors import (
    BadRequestError,
    RequestTimedOutError,
    TooLargeError,
    ValidationFailedError,
)
from quart_notes.transfer.upload_store import FILES_MAX, Upload
from quart_notes.web.context import core

P = ParamSpec("P")
HEAD_MAX = 256 * 1024  # bytes of a part's headers, and of one piece
FIELD_MAX = 1000  # bytes of a field that is no file
FIELDS_MAX = 20
NAME_MAX = 255  # characters of a file's name
PAYLOAD = "file"  # name of a body without a name
NOTHING = UploadedJob("", "", 0)


@dataclass(slots=True)
class UploadedFiles:
    """The received files, and the fields beside them.

    unwanted   a repeated upload: none of it is kept
    """

    sent: UploadedJob = NOTHING
    unwanted: bool = False
    fields: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def receive_upload() -> AsyncIterator[UploadedFiles]:
    """The files of this request, on the disk; they are deleted when the block fails.

    raises   ValidationFailedError without any; TooLargeError; StorageFullError; OverloadedError; RequestTimedOutError
             when the body stalls; BadRequestError for an invalid form
    """
    limit = core().settings.max_import_bytes
    length = request.content_length
    if length is not None and length > limit + HEAD_MAX * FIELDS_MAX:
        raise TooLargeError(f"An import is at most {limit:,} bytes (max_import_bytes).")
    received = UploadedFiles()
    with core().uploads.receiving(limit) as upload:
        take = _body_writer(upload, received)
        async for piece in _pieces():
            await _in_thread(take, piece)
        await _in_thread(take, None)
        if not upload.size:
            raise ValidationFailedError.of_field("file", "Send a file: as the body, or as the part `file` of a form.")
        await _in_thread(upload.finish)
        received.sent = UploadedJob(_shown(upload.names), upload.folder.name, upload.size, upload.digest)
        yield received
        if received.unwanted:
            await _in_thread(upload.discard)


async def _pieces() -> AsyncIterator[bytes]:
    """The pieces of the body as they arrive: it may be slow, as long as it does not stall."""
    body = aiter(request.body)
    while True:
        try:
            async with asyncio.timeout(current_app.config["BODY_TIMEOUT"]):
                piece = await anext(body)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RequestTimedOutError("The file did not arrive completely: the sender stopped.") from None
        yield piece


async def _in_thread(act: Callable[P, None], *args: P.args, **named: P.kwargs) -> None:
    """Wait for a function in a thread, also when cancelled: it must not create files after the cleanup."""
    doing = asyncio.get_running_loop().run_in_executor(None, partial(act, *args, **named))
    left: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as error:
            left = error
    if left is not None:
        raise left from doing.exception()
    doing.result()


def _body_writer(upload: Upload, received: UploadedFiles) -> Callable[[bytes | None], None]:
    """The function that accepts the pieces of the body, and None at its end; it waits for the disk."""
    kind, options = parse_options_header(request.headers.get("Content-Type"))
    if kind == "multipart/form-data":
        return _MultipartWriter(upload, received, options.get("boundary", "")).write
    name = _own_name()

    def write(piece: bytes | None) -> None:
        if not upload.names:
            upload.start_file(name)
        if piece is not None:
            upload.write(piece)

    return write


def _own_name() -> str:
    """The sender's name of a bare body."""
    _, options = parse_options_header(request.headers.get("Content-Disposition"))
    return request.args.get("name") or options.get("filename") or PAYLOAD


class _MultipartWriter:
    """Parses a form as it arrives: files to the disk, short fields beside them."""

    def __init__(self, upload: Upload, received: UploadedFiles, boundary: str) -> None:
        if not boundary or len(boundary) > 200 or not boundary.isascii():
            raise BadRequestError("The form has no boundary.")
        self._upload = upload
        self._received = received
        self._decoder = MultipartDecoder(boundary.encode(), HEAD_MAX * 4, max_parts=FILES_MAX + FIELDS_MAX)
        self._field: str | None = None
        self._value = b""
        self._fields = 0
        self._waiting: str | None = None  # name of a file without bytes so far

    def write(self, piece: bytes | None) -> None:
        """Parse the next piece, and None at the end."""
        try:
            self._decoder.receive_data(piece)
            while not isinstance(event := self._decoder.next_event(), NeedData | Epilogue):
                self._handle(event)
        except RequestEntityTooLarge:
            raise TooLargeError("The form has too many parts, or a part of it too long a head.") from None
        except (ValueError, AttributeError):  # a part without a line break, or a header that is not UTF-8
            raise BadRequestError("The body is not the form that its Content-Type says.") from None

    def _handle(self, event: object) -> None:
        if isinstance(event, File):
            self._waiting, self._field = event.filename, None
        elif isinstance(event, Field):
            self._waiting, self._field, self._value = None, event.name, b""
            self._fields += 1
        elif isinstance(event, Data) and self._field is not None:
            self._add(event)
        elif isinstance(event, Data):
            self._write(event)

    def _add(self, event: Data) -> None:
        self._value += event.data
        if len(self._value) > FIELD_MAX or self._fields > FIELDS_MAX:
            raise RequestEntityTooLarge
        if not event.more_data and self._field is not None:
            self._received.fields[self._field] = self._value.decode()

    def _write(self, event: Data) -> None:
        # A browser sends a part without a name and without bytes for a field in which no file was chosen.
        if self._waiting is not None and (self._waiting or event.data):
            self._upload.start_file(self._waiting or PAYLOAD)
            self._waiting = None
        if event.data:
            self._upload.write(event.data)


def _shown(names: list[str]) -> str:
    """The name of several files together."""
    name = _tidy(names[0])
    return name if len(names) == 1 else f"{name[:200]} and {len(names) - 1:,} more"


def _tidy(name: str) -> str:
    """A name that can be shown: one line, without the folders of its sender's machine."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[:NAME_MAX] or PAYLOAD
