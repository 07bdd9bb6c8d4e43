"""Checks of proxies: whether their headers are trusted, and whether others could forge them."""

from collections.abc import Iterator
from contextlib import suppress

import httpx

from quart_notes.cli.doctor.host import Finding
from quart_notes.settings import Settings, is_loopback

TIMEOUT = 2.0  # seconds to reach a running server
HEADER = "x-request-id"
PROBE_ID = "doctor-asks"  # id of our request


def proxies(settings: Settings) -> Iterator[Finding]:
    """Whether the settings fit each other, and the running server."""
    reason = _mismatch(settings)
    if reason:
        yield Finding("warn", "Proxies", reason)
    elif settings.proxy_hops:
        yield Finding("ok", "Proxies", f"the headers of {settings.proxy_hops} in front count")
    else:
        yield Finding("ok", "Proxies", "nobody's X-Forwarded headers count")
    believes = believes_headers(settings)
    if believes is not None and believes != bool(settings.proxy_hops):
        yield Finding(
            "warn",
            "Proxies",
            f"the server that runs {'believes' if believes else 'ignores'} X-Forwarded headers, unlike these settings:"
            " it was started with others",
        )


def _mismatch(settings: Settings) -> str:
    reached = not is_loopback(settings.bind)
    if settings.proxy_hops:
        return (
            f"clients that reach {settings.bind} past the proxy can claim any address in X-Forwarded-For; bind to"
            " 127.0.0.1 or a unix socket, or let only the proxy reach it"
            if reached
            else ""
        )
    if settings.access == "open":
        return ""
    if settings.root_path or settings.bind.startswith("unix:"):
        return (
            f"there is a proxy in front ({'root_path' if settings.root_path else settings.bind}), but proxy_hops is 0:"
            " all people have its address, so one who guesses passwords locks out everybody, and cookies are not Secure"
        )
    if reached:
        return (
            f"people reach {settings.bind} without https, so passwords can be read on their way; with a proxy in front,"
            " say so in proxy_hops, or all people have its address"
        )
    return ""


def believes_headers(settings: Settings) -> bool | None:
    """Whether the server at the address of the settings trusts our X-Forwarded headers; None when it does not run.

    It accepts a request's id from the clients whose X-Forwarded headers it trusts.
    """
    response = probe(settings, {HEADER: PROBE_ID})
    if response is None or HEADER not in response.headers:
        return None
    return bool(response.headers[HEADER] == PROBE_ID)


def probe(settings: Settings, headers: dict[str, str]) -> httpx.Response | None:
    """The server's response to a request for its version, without the body; None unless it is a success."""
    path = settings.bind.removeprefix("unix:")
    transport = httpx.HTTPTransport(uds=path) if path != settings.bind else None
    url = f"http://{'localhost' if transport else settings.bind}{settings.root_path}/api/version"
    with (
        suppress(httpx.HTTPError, httpx.InvalidURL),
        httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False) as client,
        client.stream("GET", url, headers={"host": "localhost", **headers}) as response,
    ):
        return response if response.status_code == httpx.codes.OK else None
    return None
