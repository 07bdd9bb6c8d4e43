"""The API of imports and exports."""

from datetime import UTC, datetime
from urllib.parse import quote

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.domain.exports import Export
from quart_notes.domain.idempotency import AlreadyMade
from quart_notes.errors import NotNowError
from quart_notes.schemas import ExportFormat, ExportOut, ExportQuery, ImportQuery, JobOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import FILES_BODY, ResponseDoc, responds, sends
from quart_notes.web.request_body import streams_body
from quart_notes.web.responses import CREATED_HEADERS, json_item, made
from quart_notes.web.security.authentication import acting_as, caller
from quart_notes.web.uploads import receive_upload

# Registered twice: for everybody's board, and for each.
blueprint = Blueprint("transfers", __name__)
tag_blueprint(blueprint, ["jobs"])

EXPORT_TIMEOUT = 3600.0  # seconds that a client may take to download an export


@blueprint.post("/imports")
@streams_body
@validate_querystring(ImportQuery)
@sends(FILES_BODY)
@responds(*made("job", JobOut, CREATED_HEADERS, status=202), problems=(NotNowError,))
async def import_notes(board_id: int, query_args: ImportQuery) -> Response:
    """Import notes.

    A file, or several: our own JSON, CSV, Markdown (files, or a zip of them), or the Keep files of Google Takeout. A
    job does the work. Notes that were imported before are not imported again, and a bad entry is named and skipped.
    Sent again with the same `client_key` it starts no second job.
    """
    who = await acting_as(query_args.person_id)
    await core().jobs.may_start(who, board_id)
    async with receive_upload() as upload:
        written = await core().jobs.start(who, board_id, query_args, upload.sent, query_args.client_key)
        upload.unwanted = isinstance(written, AlreadyMade)
    job, position = written
    return json_item(job, position, status=200 if upload.unwanted else 202, location=f"/api/jobs/{job.id}")


@blueprint.get("/export")
@validate_querystring(ExportQuery)
@responds(
    ResponseDoc(
        200, "The notes, as a file.", content={"application/json": ExportOut, "text/csv": None, "application/zip": None}
    )
)
async def export_notes(board_id: int, query_args: ExportQuery) -> Response:
    """Export a board's notes.

    As JSON, which can be imported without loss, as a table, or as a zip with a Markdown file for each note. Each note
    is exported as it is when it is read.
    """
    export = await core().exports.start(await caller(), board_id)
    return exported(export, query_args.format)


def exported(export: Export, kind: ExportFormat) -> Response:
    """An export as a download."""
    # Late, as in background/import_runner: a server starts without the formats.
    from quart_notes.transfer.exporter import SUFFIXES, TYPES, ExportInfo, export_stream

    now = datetime.now(UTC)
    info = ExportInfo(export.board_name, export.epoch, now)
    response = Response(export_stream(kind, info, core().exports.pages(export)), content_type=TYPES[kind])
    response.timeout = EXPORT_TIMEOUT
    response.headers["Content-Disposition"] = _attachment(f"{export.board_name} {now:%Y-%m-%d}{SUFFIXES[kind]}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _attachment(name: str) -> str:
    """The header with a download's name, and a second name for clients that know ASCII only.

    source   RFC 6266, RFC 8187
    """
    clean = "".join("-" if character in '/\\:*?"<>|' else character for character in name)
    plain = clean.encode("ascii", "replace").decode().replace("?", "-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
