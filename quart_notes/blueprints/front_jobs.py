"""What is done to long work by forms: each answer is the page on which the work is shown."""

from contextlib import suppress

from quart import Blueprint, redirect, request
from quart_schema import hide
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.blueprints.context import core
from quart_notes.blueprints.front_transfers import to_job
from quart_notes.blueprints.identity import caller
from quart_notes.errors import NotNowError

blueprint = Blueprint("front_jobs", __name__, url_prefix="/front/jobs")


@blueprint.post("/<id:job_id>/cancel")
@hide
async def cancel(job_id: int) -> WerkzeugResponse:
    """Cancel a job."""
    job, _ = await core().jobs.cancel(await caller(), job_id)
    return to_job(job.board_id, job_id)


@blueprint.post("/<id:job_id>/retry")
@hide
async def retry(job_id: int) -> WerkzeugResponse:
    """Run a job again; one that goes on already is shown as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    with suppress(NotNowError):
        await core().jobs.retry(who, job_id)
    return to_job(job.board_id, job_id, follow=True)


@blueprint.post("/<id:job_id>/import")
@hide
async def bring_in(job_id: int) -> WerkzeugResponse:
    """Import what a look has found; one that has been begun is shown as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    with suppress(NotNowError):
        await core().jobs.bring_in(who, job_id)
    return to_job(job.board_id, job_id, follow=True)


@blueprint.post("/<id:job_id>/remove")
@hide
async def remove(job_id: int) -> WerkzeugResponse:
    """Put a job away; one that has been begun again is shown as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    try:
        await core().jobs.remove(who, job_id)
    except NotNowError:
        return to_job(job.board_id, job_id)
    return redirect(f"{request.root_path}/front/boards/{job.board_id}/transfer#imports", 303)
