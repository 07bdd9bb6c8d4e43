"""The API of jobs: their progress, cancelling and running again."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.errors import ForbiddenError, NotFoundError, NotNowError
from quart_notes.schemas import JobOut, JobQuery
from quart_notes.web.context import core
from quart_notes.web.openapi.document import responds
from quart_notes.web.responses import item_response, json_item, list_response, page
from quart_notes.web.security.authentication import acting_as, caller

blueprint = Blueprint("jobs", __name__, url_prefix="/api/jobs")
tag_blueprint(blueprint, ["jobs"])

JOB = item_response("job", JobOut)


@blueprint.get("")
@validate_querystring(JobQuery)
@responds(*list_response("Your jobs, by id.", list[JobOut]), problems=(ForbiddenError, NotFoundError))
async def list_jobs(query_args: JobQuery) -> Response:
    """List your jobs.

    By id ascending, at most `limit`. In open mode those of `person_id`, and those without a person; in accounts mode
    other people's jobs are refused. Jobs that have not changed for `trash_days` are deleted.
    """
    return page(JobOut, await core().jobs.find(await acting_as(query_args.person_id), query_args))


@blueprint.get("/<id:job_id>")
@responds(JOB)
async def get_job(job_id: int) -> Response:
    """Get a job.

    Every change of it is sent on the topic of its person, `user:3`.
    """
    return json_item(*await core().jobs.get(await caller(), job_id))


@blueprint.post("/<id:job_id>/cancel")
@responds(JOB)
async def cancel_job(job_id: int) -> Response:
    """Cancel a job.

    From now on it changes nothing more; notes that it has imported stay. A job that has ended stays as it is.
    """
    return json_item(*await core().jobs.cancel(await caller(), job_id))


@blueprint.post("/<id:job_id>/retry")
@responds(JOB, problems=(NotNowError,))
async def retry_job(job_id: int) -> Response:
    """Run a job again.

    A job that failed, was cancelled, or was interrupted starts from the beginning; nothing is imported twice.
    """
    return json_item(*await core().jobs.retry(await caller(), job_id))


@blueprint.post("/<id:job_id>/import")
@responds(JOB, problems=(NotNowError,))
async def import_job(job_id: int) -> Response:
    """Import the result of a dry run.

    The job runs again, for real; the file does not have to be sent again.
    """
    return json_item(*await core().jobs.import_after_dry_run(await caller(), job_id))


@blueprint.delete("/<id:job_id>")
@responds(JOB, problems=(NotNowError,))
async def delete_job(job_id: int) -> Response:
    """Delete a job.

    With its file; notes that it has imported stay. Cancel it first while it is running.
    """
    return json_item(*await core().jobs.delete(await caller(), job_id))
