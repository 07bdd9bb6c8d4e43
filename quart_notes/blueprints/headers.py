"""Headers that every response carries."""

from quart import Quart, Response, request
from quart.typing import ResponseTypes

CSP = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)
# Swagger UI styles its elements in place; nothing else on the server may.
DOCS_CSP = CSP + "; style-src 'self' 'unsafe-inline'"
SECURITY = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
RAW_SECURITY = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY.items())


def register(app: Quart) -> None:
    """Put the headers on every response of the application."""
    app.after_request(_secure)
    app.after_websocket(_secure_refusal)


async def _secure(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "system.docs":
        response.headers["Content-Security-Policy"] = DOCS_CSP
    return response


async def _secure_refusal(response: ResponseTypes | None) -> ResponseTypes | None:
    if response is not None:  # the handshake was refused
        response.headers.update(SECURITY)
    return response
