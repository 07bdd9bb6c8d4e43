"""The page of a board's imports and exports: the form, the jobs, and downloads."""

from functools import partial
from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template, request

from quart_notes.domain.idempotency import AlreadyMade
from quart_notes.domain.jobs import ACTIVE
from quart_notes.errors import (
    FieldError,
    ForbiddenError,
    NotFoundError,
    ProblemError,
    TooLargeError,
    ValidationFailedError,
)
from quart_notes.schemas import ImportOptions
from quart_notes.web.context import core
from quart_notes.web.error_handlers import log_server_error
from quart_notes.web.forms import form_context, form_problem, parse_id, refused
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.request_body import streams_body
from quart_notes.web.security.authentication import caller, visible_position
from quart_notes.web.uploads import receive_upload

blueprint = Blueprint("front_transfers", __name__, url_prefix="/front/boards/<id:board_id>/transfer")

SHOWN = 50  # imports on a page
BLANK = {"format": "", "archived": "", "trashed": ""}
NOTHING = "Choose a file first."


@blueprint.get("")
async def transfer(board_id: int) -> str:
    """The import form, the exports, and the imports so far."""
    return await _transfer(board_id, form_context(BLANK))


async def _transfer(board_id: int, form: dict[str, Any]) -> str:
    who = await caller()
    board, position = await core().boards.get(who, board_id)
    listed = await core().jobs.latest(who, board_id, SHOWN)
    followed_id = parse_id(request.args.get("follow"))
    followed = next((job for job in listed.items if job.id == followed_id), None)
    return await render_template(
        "imports.html",
        board=board,
        jobs=listed.items,
        more=listed.more,
        followed=followed,
        follows=followed is not None and followed.state in ACTIVE,
        under_way=[job.id for job in listed.items if job.state in ACTIVE],
        last_event_id=visible_position(position),
        max_bytes=core().settings.max_import_bytes,
        form=form,
    )


@blueprint.post("")
@streams_body
async def start_import(board_id: int) -> Page:
    """The form to import."""
    who, form = await caller(), BLANK
    try:
        await core().jobs.may_start(who, board_id)
        if request.mimetype != "multipart/form-data":
            raise ValidationFailedError(NOTHING)
        async with receive_upload() as upload:
            form = {name: upload.fields.get(name, "") for name in BLANK}
            options = ImportOptions.model_validate({name: value for name, value in upload.fields.items() if value})
            key = upload.fields.get("client_key")
            written = await core().jobs.start(who, board_id, options, upload.sent, key and f"{key}{upload.sent.digest}")
            upload.unwanted = isinstance(written, AlreadyMade)
    except (NotFoundError, ForbiddenError):
        raise
    except ValidationError as error:
        return await refused(partial(_transfer, board_id), form, error)
    except ProblemError as error:
        form_problem(error)
        log_server_error(error)
        return await _transfer(board_id, form_context(form, [_beside(error)])), error.status
    return to_job(board_id, written.result.id, follow=True)


def _beside(error: ProblemError) -> FieldError:
    """The error beside its field, or beside none."""
    if isinstance(error, ValidationFailedError):
        return FieldError("file", NOTHING)
    return FieldError("file" if isinstance(error, TooLargeError) else "", error.detail)


def to_job(board_id: int, job_id: int, *, follow: bool = False) -> Page:
    """Redirect to a job.

    follow   without a script, the page shows the job's state at its top, and reloads itself while the job runs
    """
    where = f"?follow={job_id}" if follow else f"#job-{job_id}"  # with a fragment it would not reload
    return see_other(f"/front/boards/{board_id}/transfer{where}")
