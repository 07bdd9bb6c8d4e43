"""What every template can use."""

import re
from datetime import UTC, datetime

from quart import Quart, g, request

from quart_notes.schemas import UserOut
from quart_notes.version import __version__
from quart_notes.web import script_bundles, style_bundles
from quart_notes.web.assets import asset
from quart_notes.web.context import core
from quart_notes.web.forms import new_form_key
from quart_notes.web.page_layout import shell
from quart_notes.web.security.authentication import accounts_mode
from quart_notes.web.user_agents import browser_name


def register(app: Quart) -> None:
    """Give the templates their globals and filters."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["rfc3339"] = rfc3339
    app.jinja_env.filters["browser_name"] = browser_name
    app.jinja_env.globals["version"] = __version__
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["page_scripts"] = script_bundles.bundles
    app.jinja_env.globals["single_script"] = script_bundles.single
    app.jinja_env.globals["page_styles"] = style_bundles.bundles
    app.jinja_env.globals["new_form_key"] = new_form_key
    app.jinja_env.globals["user_of"] = _user_of
    app.jinja_env.globals["_"] = _gettext
    app.context_processor(_of_request)


async def _of_request() -> dict[str, object]:
    found: dict[str, object] = {
        "root": request.root_path,
        "open_to_network": core().settings.open_to_network,
        "accounts": accounts_mode(),
    }
    # g.bare is set for what stands alone: an error, a part of a page.
    if (request.blueprint or "").startswith("front_") and not g.get("bare", False):
        found |= await shell()
    return found


def rfc3339(moment: datetime) -> str:
    """A moment in UTC, as the API writes it, but to the millisecond: `datetime` has no room for more.

    source   WHATWG HTML, "valid global date and time string"
    """
    return re.sub(r"(\.\d{3})\d*", r"\1", moment.astimezone(UTC).isoformat()).replace("+00:00", "Z")


async def _user_of(user_id: int) -> UserOut | None:
    """The user of an id, who is mentioned in a text; each is looked up once in a request."""
    users: dict[int, UserOut] = g.setdefault("users", {})
    if user_id not in users:
        users |= await core().users.existing_users([user_id])
    return users.get(user_id)


def _gettext(text: str) -> str:
    return text
