"""Every kind of byte in every header that is read gets the same response on all paths, and breaks none.

The paths: a cached response and a new one; a request on the fast path and one parsed by hypercorn; the fast path of a
write and Quart's; a websocket handshake and a request.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

import quart_notes
from quart_notes.schemas.strict_json import dump
from quart_notes.web.request_ids import HEADER
from quart_notes.web.security.credentials import COOKIE
from tests.support.cases import check_each
from tests.support.clients.raw_lines import Line
from tests.support.servers.populated_server import furnish
from tests.support.servers.server_process import ServerProcess

# All spaces and marks of ASCII, and its controls that some parser tells from the others. No parser tells one letter or
# digit from the next. Above ASCII, a byte begins or continues a character of UTF-8, or is a space or a letter of
# Latin-1.
BYTES = sorted(
    {byte for byte in range(0x20, 0x7F) if not chr(byte).isalnum()}
    | set(b"\0\x01\a\b\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f\x7f09afgzAFZ\x80\x85\xa0\xbf\xc2\xe2\xff")
)
PLAIN = frozenset([0x09, *range(0x20, 0x7F)])  # valid on the fast path, and so passed on to the application
PARSED = "X-Odd: \xff"  # makes hypercorn parse the request
FRIEND = "https://friend.example"
KEPT = "/api/notes/1"
# Headers, with values in which * is the position of the byte: those that decide access and caching;
DECIDING = (
    ("Authorization", "*Bearer qn_a"), ("Authorization", "Bearer q*n_a"), ("Authorization", "Basic *"),
    ("Cookie", "*"), ("Cookie", 'a="*"'), ("Cookie", f"{COOKIE}=a*"), ("Cookie", f"*{COOKIE}=a"),
    ("Host", "local*host"), ("Host", "localhost:80*"), ("Origin", "*http://localhost"),
    ("Origin", "http://localhost*"), ("Sec-Fetch-Site", "same-origin*"),
)  # fmt: skip
KNOWING = (("If-None-Match", '"1*'), ("If-None-Match", '"1", "*"'))
# those that the application reads besides;
FURTHER = (
    ("Accept", "text/*html"), ("Accept-Encoding", "gzip;q*=1"), ("Access-Control-Request-Method", "POST*"),
    ("Content-Disposition", 'attachment; filename="*"'), ("Content-Type", "application/json*"),
    ("HX-Boosted", "true*"), ("HX-Request", "true*"), ("If-Match", '"*"'), ("If-Modified-Since", "*"),
    ("If-Range", "*"), ("Last-Event-ID", "a-1*"), ("Range", "bytes=0-*"), ("Sec-Fetch-Dest", "document*"),
    ("Upgrade-Insecure-Requests", "*"), ("User-Agent", "Mozilla/5.0 *"),
)  # fmt: skip
# those that the connection reads,
CONNECTION = (
    ("Connection", "keep-alive, *"), ("Content-Length", "*"), ("Expect", "x*"), ("Transfer-Encoding", "*chunked"),
    ("Upgrade", "h2c*"),
)  # fmt: skip
# those that have no effect on a request without an upgrade, in either parser;
OF_HANDSHAKES = (
    ("Sec-WebSocket-Extensions", "a*"), ("Sec-WebSocket-Key", "a*"), ("Sec-WebSocket-Protocol", "a*"),
    ("Sec-WebSocket-Version", "13*"), ("TE", "trailers*"),
)  # fmt: skip
BY_HYPERCORN = (("HTTP2-Settings", "a*"), ("Trailer", "a*"))
# and those that count behind a trusted proxy.
PROXIED = (
    ("Host", "localhost*"), ("Origin", f"{FRIEND}*"), ("X-Forwarded-For", "192.0.2.1*"),
    ("X-Forwarded-Host", "localhost*"), ("X-Forwarded-Proto", "http*"), ("X-Request-Id", "a*"),
)  # fmt: skip
ALL_TEMPLATES = (*DECIDING, *KNOWING, *FURTHER, *CONNECTION, *OF_HANDSHAKES, *BY_HYPERCORN, *PROXIED)
WORDS = {  # strings beside names of headers that are none
    "chunked", "close", "connect", "etag", "h11", "head", "headers", "keep-alive", "latin-1", "pri", "same-origin",
    "trailers", "true", "vary", "websocket",
}  # fmt: skip
READ_BY = {  # attributes of Quart's requests that read a header
    "accept_mimetypes": "accept",
    "authorization": "authorization",
    "content_length": "content-length",
    "content_type": "content-type",
    "cookies": "cookie",
    "host": "host",
    "if_match": "if-match",
    "if_none_match": "if-none-match",
    "mimetype": "content-type",
    "range": "range",
    "referrer": "referer",
    "user_agent": "user-agent",
}
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
PARSERS = (
    "hypercorn.protocol.h11", "hypercorn.protocol.http_stream", "hypercorn.protocol.ws_stream", "h11._connection",
    "h11._headers", "h11._events",
)  # fmt: skip
Template = tuple[str, str]
Group = tuple[
    Template, ...
]  # sent in one request: all but one have no effect on the response, so that a difference shows


class Side(NamedTuple):
    """A server, and the headers of a caller."""

    server: ServerProcess
    header: str

    def request(
        self, target: str, name: str, value: bytes, *headers: str, method: str = "GET", body: bytes = b""
    ) -> bytes:
        """A request with a header of this value, as bytes."""
        lines = [f"{method} {target} HTTP/1.1", *([] if name == "Host" else ["Host: localhost"]), self.header, *headers]
        if name == "Content-Length" and value.isdigit():
            body = b"x" * int(value)
        elif name == "Transfer-Encoding":
            body = b"0\r\n\r\n"
        elif body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, f"{name}: "]).encode("latin-1") + value + b"\r\n\r\n" + body

    def handshake(self, name: str, value: bytes) -> bytes:
        """A websocket handshake with a header of this value in place of its own."""
        lines = [line for line in HANDSHAKE if not line.startswith(f"{name}:")]
        return self.request("/ws", name, value, *lines)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Side]]:
    """All callers: in either mode, and through a trusted proxy."""
    flags = {
        "open": (),
        "accounts": ("--access", "accounts"),
        "proxied": ("--access", "accounts", "--proxy-hops", "1", "--origins", FRIEND),
    }
    folder = tmp_path_factory.mktemp("bytes")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(ServerProcess(folder / name, *given)) for name, given in flags.items()}
        for server in servers.values():
            furnish(server)
        sides = {name: Side(server, server.me) for name, server in servers.items()}
        yield {**sides, "stranger": Side(servers["accounts"], "X-Nobody: yet")}
        for server in servers.values():
            assert "Traceback" not in server.log, server.log
            assert "ERROR" not in server.log, server.log


def _values(group: Group) -> list[bytes]:
    """Values of the first header, with the further ones behind it."""
    return [b"\r\n".join(_values_of(group, byte)).partition(b": ")[2] for byte in BYTES]


def _values_of(group: Group, byte: int) -> Iterator[bytes]:
    # A line break alone ends a line too; text follows it, or the request would end there.
    put = bytes([byte]) + b"z" * (byte == 0x0A)
    for name, form in group:
        before, _, after = form.partition("*")
        yield f"{name}: {before}".encode() + put + after.encode()


def _together(*checks: Callable[[], None]) -> None:
    """Check several servers concurrently: they are separate processes."""
    with ThreadPoolExecutor(len(checks)) as pool:
        for done in [pool.submit(check) for check in checks]:
            done.result()


def _tried(groups: Sequence[Group], check: Callable[[Group, list[bytes]], None]) -> None:
    check_each([(str(group), group) for group in groups], lambda group: check(group, _values(group)))


def _each(*templates: Template) -> list[Group]:
    return [(template,) for template in templates]


def test_every_header_that_is_read_is_tested():
    tried = {name.lower() for name, _ in ALL_TEMPLATES}
    folder = Path(quart_notes.__file__).parent
    files = [*folder.glob("blueprints/**/*.py"), *folder.glob("web/**/*.py"), *folder.glob("server/transport/*.py")]
    files += [Path(str(importlib.import_module(name).__file__)) for name in PARSERS]
    read = {HEADER.decode()}.union(*(_names_in(ast.parse(file.read_text())) for file in files))

    assert {"authorization", "x-forwarded-for", "if-match", "te", "accept"} <= read
    assert read - WORDS <= tried


def _names_in(tree: ast.AST) -> Iterator[str]:
    """Possible header names in comparisons, look-ups and requests."""
    for node in ast.walk(tree):
        near: Sequence[ast.AST] = ()
        if isinstance(node, ast.Attribute):
            yield from (
                [READ_BY[node.attr]] if ast.unparse(node) == f"request.{node.attr}" and node.attr in READ_BY else []
            )
        elif isinstance(node, ast.Compare):
            near = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            near = node.args
        elif isinstance(node, ast.Set):
            near = node.elts
        of_text = re.search("headers|tags_sent", ast.unparse(node)) if near else None
        for value in (one.value for one in near if isinstance(one, ast.Constant)):
            if isinstance(value, bytes) or (isinstance(value, str) and of_text):
                name = value if isinstance(value, str) else value.decode("latin-1")
                if re.fullmatch("[A-Za-z][A-Za-z0-9-]+", name):
                    yield name.lower()


def test_cached_responses_and_new_ones_are_equal(sides: dict[str, Side]):
    def check(side: Side, groups: Sequence[Group]) -> None:
        fresh = (f"{KEPT}?{number}" for number in count())
        usual = 401 if side is sides["stranger"] else 200

        def alike(group: Group, values: list[bytes]) -> None:
            name = group[0][0]
            kept = line.ask(*(side.request(KEPT, name, value) for value in values))
            made = line.ask(*(side.request(next(fresh), name, value) for value in values))
            # By the other parser too; in open mode, since it does not depend on the mode.
            plain = [
                value for byte, value in zip(BYTES, values, strict=True) if byte in PLAIN and side is sides["open"]
            ]
            parsed = iter(line.ask(*(side.request(KEPT, name, value, PARSED) for value in plain)))
            for value, told, other in zip(values, kept, made, strict=True):
                assert told == other, value
                assert 200 <= told.status < 500 or name == "Transfer-Encoding", (value, told)
                assert value not in plain or told == next(parsed), value
                assert len(group) == 1 or told.status in {usual, 400}, "it is to change nothing"

        with Line(side.server.port) as line:
            known = line.ask(side.request(KEPT, "X-Odd", b""))
            assert known[0].status == usual
            _tried(groups, alike)

    who = [template for template in DECIDING if template[0] in {"Authorization", "Cookie"}]
    hosts = [template for template in DECIDING if template[0] == "Host"]
    # Pages of other origins may read; in open mode the caller does not matter.
    first, second, site = (template for template in DECIDING if template not in {*who, *hosts})
    tokens, cookies = who[:3], who[3:]
    open_mode: list[Group] = [
        (*FURTHER, tokens[0], cookies[0], first, site),
        (tokens[1], cookies[1], second, *OF_HANDSHAKES),
        (tokens[2], cookies[2], *BY_HYPERCORN),
        (cookies[3],),
    ]
    accounts: list[Group] = [(*FURTHER, first, site), *_each(second, *who)]
    further = _each(*hosts, *KNOWING)
    _together(
        lambda: check(sides["open"], [*open_mode, *further, *_each(*CONNECTION)]),
        lambda: check(sides["accounts"], [*accounts, *further]),
        lambda: check(sides["stranger"], _each(*who)),
        lambda: check(sides["proxied"], _each(*PROXIED)),
    )


def test_the_fast_path_of_a_write_equals_the_route(sides: dict[str, Side]):
    def check(side: Side) -> None:
        note = {"title": "the only one", "client_key": "every-byte"}
        send = partial(side.request, "/api/notes", method="POST", body=dump(note))
        kind = "Content-Type: application/json"

        def alike(group: Group, values: list[bytes]) -> None:
            name = group[0][0]
            further = [] if name == "Content-Type" else [kind]
            plain = [value for byte, value in zip(BYTES, values, strict=True) if byte in PLAIN]
            brief = line.ask(*(send(name, value, *further) for value in plain))
            long = line.ask(*(send(name, value, PARSED, *further) for value in plain))
            for value, *told in zip(plain, brief, long, strict=True):
                assert told[0] == told[1], value
                assert 200 <= told[0].status < 500, (value, told[0])

        with Line(side.server.port) as line:
            assert [told.status for told in line.ask(*[send("X-Odd", b"", kind)] * 2)] == [201, 200]
            _tried(_each(*DECIDING, ("Content-Type", "application/json*")), alike)

    _together(lambda: check(sides["open"]), lambda: check(sides["accounts"]))


# A method, a path and a body for routes that read a header.
ROUTES = {
    ("Accept", "text/*html"): ("GET", "/nowhere", b""),
    ("Content-Disposition", 'attachment; filename="*"'): ("POST", "/api/imports", b""),
    ("Content-Type", "multipart/form-data; boundary=a*"): ("POST", "/api/imports", b"[]"),
    ("Content-Type", "application/x-www-form-urlencoded*"): ("POST", "/front/me", b"person_id=1"),
    ("If-Match", '"1*"'): ("PATCH", "/api/notes/1", b'{"title":"the only one"}'),
    ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT*"): ("GET", "/static/css/style.css", b""),
    ("If-None-Match", '"1*'): ("GET", "/static/css/style.css", b""),
    ("If-Range", '"1*"'): ("GET", "/static/css/style.css", b""),
    ("Last-Event-ID", "a-1*"): ("GET", "/events", b""),
    ("Range", "bytes=0-*"): ("GET", "/static/css/style.css", b""),
    ("User-Agent", "*"): ("POST", "/front/me", b"person_id=1"),
}


def test_no_byte_breaks_a_route_that_reads_its_header(sides: dict[str, Side]):
    def check(side: Side, routes: dict[Template, tuple[str, str, bytes]]) -> None:
        with Line(side.server.port) as line:

            def held(template: tuple[str, str]) -> None:
                method, path, body = routes[template]
                kind = "application/x-www-form-urlencoded" if path.startswith("/front/") else "application/json"
                kinds = [] if template[0] == "Content-Type" or not body else [f"Content-Type: {kind}"]
                values = _values((template,))
                sent = (side.request(path, template[0], value, *kinds, method=method, body=body) for value in values)
                for value, told in zip(values, line.ask(*sent), strict=True):
                    assert 200 <= told.status < 500, (value, told)

            check_each([(f"{template[0]} at {where[1]}", template) for template, where in routes.items()], held)

    # A file is the same in both modes.
    ways = {form: where for form, where in ROUTES.items() if where[0] != "POST" and "/static/" not in where[1]}
    _together(lambda: check(sides["open"], ROUTES), lambda: check(sides["accounts"], ways))


WHO = (("Authorization", "Bearer *"), ("Cookie", f"{COOKIE}=*"), ("Host", "localhost*"))
SHAKEN = (
    ("Origin", "http://localhost*"), ("Sec-Fetch-Site", "same-origin*"), ("Connection", "Upgrade, *"),
    ("Content-Length", "*"), ("Sec-WebSocket-Extensions", "a*"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==*"),
    ("Sec-WebSocket-Protocol", "a*"), ("Sec-WebSocket-Version", "13*"), ("Transfer-Encoding", "*chunked"),
    ("Upgrade", "websocket*"),
)  # fmt: skip


def test_a_handshake_is_checked_like_a_request(sides: dict[str, Side]):
    """Credentials and hosts count alike on both; every other byte is accepted or refused, and breaks nothing."""

    def check(side: Side, groups: Sequence[Group]) -> None:
        with Line(side.server.port) as line:

            def alike(group: Group, values: list[bytes]) -> None:
                name = group[0][0]
                for value in values:
                    shaken = line.ask_once(side.handshake(name, value))
                    assert shaken.status in {101, 400, 401, 403, 421, 501}, (value, shaken)
                    if name in {"Authorization", "Cookie", "Host"}:
                        (told,) = line.ask(side.request(KEPT, name, value))
                        assert shaken.status == (101 if told.status == 200 else told.status), value

            _tried(groups, alike)

    token, cookie, host = WHO
    unread = (token, cookie, ("Last-Event-ID", "a-1*"))  # of a handshake in open mode
    _together(
        lambda: check(sides["open"], [unread, *_each(host, *SHAKEN)]),
        lambda: check(sides["accounts"], _each(*WHO)),
        lambda: check(sides["stranger"], _each(*WHO)),
    )
