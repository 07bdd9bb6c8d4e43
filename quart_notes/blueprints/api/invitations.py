"""The API of the invitations."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_request

from quart_notes.domain.service import Listed
from quart_notes.errors import PersonalBoardError
from quart_notes.schemas import InvitationCreate, InvitationOut, NewInvitationOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import ITEM_HEADERS, json_item, list_response, made, made_status, page
from quart_notes.web.security.allowed_hosts import base_url
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("invitations", __name__, url_prefix="/api/invitations")
tag_blueprint(blueprint, ["account"])


@blueprint.get("")
@responds(*list_response("The valid invitations, the newest first.", list[InvitationOut]))
async def list_invitations() -> Response:
    """List invitations.

    Your own; an administrator sees all.
    """
    return page(InvitationOut, Listed(await core().invitations.find(await caller()), await core().log.newest()))


@blueprint.post("")
@validate_request(InvitationCreate)
@responds(
    *made("invitation with its link, which is shown this once", NewInvitationOut, ITEM_HEADERS),
    problems=(PersonalBoardError,),
)
async def create_invitation(data: InvitationCreate) -> Response:
    """Create an invitation.

    Its link is valid for as many people as `uses` says, until it expires or is revoked.
    """
    written = await core().invitations.add(await caller(), data)
    (invitation, secret), position = written
    new = NewInvitationOut(**invitation.model_dump(), link=join_link(secret))
    return json_item(new, position, status=made_status(written))


def join_link(secret: str) -> str:
    """The address of an invitation."""
    return f"{base_url()}/front/join/{secret}"


@blueprint.delete("/<id:invitation_id>")
@responds(ResponseDoc(204, "The invitation holds no longer."))
async def take_back(invitation_id: int) -> Response:
    """Revoke an invitation."""
    await core().invitations.revoke(await caller(), invitation_id)
    return Response(None, 204)
