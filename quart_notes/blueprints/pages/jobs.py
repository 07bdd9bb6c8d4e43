"""The forms of jobs; each redirects to the page of the job."""

from contextlib import suppress

from quart import Blueprint, render_template

from quart_notes.blueprints.pages.transfers import to_job
from quart_notes.errors import NotNowError
from quart_notes.schemas import JobOut
from quart_notes.web.context import core
from quart_notes.web.fragments import Page, removed, wants_fragment
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("front_jobs", __name__, url_prefix="/front/jobs")


@blueprint.post("/<id:job_id>/cancel")
async def cancel(job_id: int) -> Page:
    """Cancel a job."""
    job, _ = await core().jobs.cancel(await caller(), job_id)
    return await _shown(job)


@blueprint.post("/<id:job_id>/retry")
async def retry(job_id: int) -> Page:
    """Run a job again; a running one stays as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    with suppress(NotNowError):
        job, _ = await core().jobs.retry(who, job_id)
    return await _shown(job, follow=True)


@blueprint.post("/<id:job_id>/import")
async def import_after_dry_run(job_id: int) -> Page:
    """Import the result of a dry run; a started import stays as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    with suppress(NotNowError):
        job, _ = await core().jobs.import_after_dry_run(who, job_id)
    return await _shown(job, follow=True)


@blueprint.post("/<id:job_id>/remove")
async def remove(job_id: int) -> Page:
    """Delete a job; a restarted one stays as it is."""
    who = await caller()
    job, _ = await core().jobs.get(who, job_id)
    try:
        await core().jobs.delete(who, job_id)
    except NotNowError:
        return await _shown(job)
    return removed(f"/front/boards/{job.board_id}/transfer#imports")


async def _shown(job: JobOut, *, follow: bool = False) -> Page:
    if wants_fragment():
        return await render_template("fragments/job_row.html", job=job)
    return to_job(job.board_id, job.id, follow=follow)
