"""The style of a page that can ask for no file: sheets in the page itself, and the policy that allows them."""

from base64 import b64encode
from hashlib import sha256

from quart_notes.web.assets import folder
from quart_notes.web.security.headers import CSP

SHEETS = ("style", "shell/header", "shell/signed_out_pages")  # what an error page without a person needs
PLACEHOLDER = "<style></style>"  # where templates/base.html has room for them; what people write is escaped there


def with_style(page: str) -> str:
    """The page with its style in it."""
    return page.replace(PLACEHOLDER, f"<style>{_sheets()}</style>", 1)


def policy() -> str:
    """The content security policy of a page with that style."""
    digest = b64encode(sha256(_sheets().encode()).digest()).decode()
    return f"{CSP}; style-src 'self' 'sha256-{digest}'"


def _sheets() -> str:
    return "".join((folder("static") / "css" / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS)
