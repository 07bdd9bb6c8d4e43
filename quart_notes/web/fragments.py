"""Parts of a page in place of the whole page, as htmx asks for them when it sends a form.

source   htmx.org, "Request headers"
"""

from quart import redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

GONE = ""  # an answer without content has htmx remove the element


def wants_fragment() -> bool:
    """Whether a script puts the answer into its page. What it "boosts" are links and forms that want whole pages."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def removed(page: str) -> str | WerkzeugResponse:
    """The answer once something is deleted: nothing for a fragment, otherwise the way to `page`."""
    return GONE if wants_fragment() else redirect(request.root_path + page, 303)
