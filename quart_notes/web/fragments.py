"""Fragments of a page, for htmx, which puts them into the page in place of a redirect.

source   htmx.org, "Request headers"
"""

from quart import Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

Page = str | tuple[str, int] | WerkzeugResponse | Response  # what the routes of the pages return
GONE = ""  # htmx removes the element after an empty response


def wants_fragment() -> bool:
    """Whether the client wants a fragment. Boosted links and forms want whole pages."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def wants_page() -> bool:
    """Whether a browser opens this address as a page of its own, and does not fetch a part of one."""
    # Browsers send Sec-Fetch-Dest over https and to this machine only, and the other one whenever they open a page.
    opened = request.headers.get("Sec-Fetch-Dest")
    return opened == "document" if opened else "Upgrade-Insecure-Requests" in request.headers


def see_other(page: str) -> WerkzeugResponse:
    """A redirect to one of our own pages, after a form; `page` is its path within the application."""
    return redirect(request.root_path + page, 303)


def pages_address() -> str:
    """The address of our own pages, such as https://notes.example/front, for links that work elsewhere."""
    return f"{request.host_url.rstrip('/')}{request.root_path}/front"


def removed(page: str) -> str | WerkzeugResponse:
    """The response after a deletion: empty for a fragment, otherwise a redirect to `page`."""
    return GONE if wants_fragment() else see_other(page)
