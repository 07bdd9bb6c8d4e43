"""Bad input to every form: refused with a problem, nothing echoed as HTML, nothing partly stored."""

from itertools import cycle

import httpx
import pytest

from tests.support.cases import check_each
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import XSS, assert_harmless
from tests.support.routes import ENDS_ME, FORM_ROUTES, NOBODY, TAKES_FILES, Route

JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
MAX_BODY = 256 * 1024
# Routes that succeed although their object is missing: a deletion is done already, and no user is a valid choice.
GONE_IS_FINE = {
    *("front_me.choose_user", "front_notes.delete", "front_board_notes.delete", "front_boards.remove_member"),
    *("front_account.end_session", "front_account.end_token", "front_account.revoke_invitation"),
    *("front_account.end_other_sessions", "front_access.signed_out"),
    "front_assistant.open_room",  # it is open already
}
# An invitation has defaults for all fields.
every_form = pytest.mark.parametrize(
    "route", [route for route in FORM_ROUTES if route.endpoint not in {"front_account.invite", *TAKES_FILES}], ids=str
)
PART = b'--x\r\nContent-Disposition: form-data; name="title"'

WORDLESS = (
    *("/delete", "/restore", "/<flag:flag>", "/talk", "/remove", "/end", "/take-back", ">/invitations"),
    *("/jobs/<id:job_id>/cancel", "/jobs/<id:job_id>/retry", "/jobs/<id:job_id>/import"),
    *("/trash/empty", "/deactivate", "/activate", "/make-admin", "/unmake-admin", "/make-member", "/make-guest"),
    *("/archive", "/unarchive", "/close", "/open"),
)
BAD_FORMS = {
    "nothing": (FORM, b""),
    "a blank title": (FORM, b"title=+&description=%0d%0a"),
    "NUL": (FORM, b"title=a%00b&version=1"),
    "too long": (FORM, b"title=" + b"x" * 201),
    "far too long": (FORM, b"title=" + b"x" * 100_000),
    "too long with markup": (FORM, httpx.QueryParams({"title": XSS * 4, "description": XSS}).__str__().encode()),
    "a version that is none": (FORM, b"title=&version=" + b"9" * 5000),
    "JSON": (JSON, b'{"title": "a"}'),
    "no type": ("X-None: 1", b"title=a"),
    "plain text": ("Content-Type: text/plain", b"title=a"),
    "another charset": (FORM + "; charset=utf-7", b"title=&description=+"),
    "no boundary": ("Content-Type: multipart/form-data", PART),
    "no parts": ("Content-Type: multipart/form-data; boundary=x", b"x"),
    "a message too long": (FORM, b"recipient_id=2&content=" + b"x" * 4001),
    "a message of blanks": (FORM, b"recipient_id=2&content=%20%0d%0a"),
    "a message with NUL": (FORM, b"recipient_id=2&content=a%00b"),
    "a message to nobody": (FORM, b"recipient_id=999&content="),
    "a person with markup": (FORM, str(httpx.QueryParams({"email": XSS, "nickname": XSS})).encode()),
    "a room of two lines": (FORM, b"name=a%0ab&content="),
    "an id that is none": (FORM, b"recipient_id=" + b"9" * 5000 + b"&content=&message_id=x&person_id=x"),
    "a part without an end": ("Content-Type: multipart/form-data; boundary=x", PART),
    "a part without a name": ("Content-Type: multipart/form-data; boundary=x", b"--x\r\n\r\na\r\n--x--\r\n"),
    "a part with bad headers": ("Content-Type: multipart/form-data; boundary=x", b"--x\r\n:::\r\n\r\na\r\n--x--\r\n"),
    "a part of an unknown charset": (
        "Content-Type: multipart/form-data; boundary=x",
        PART + b"\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n \r\n--x--\r\n",
    ),
    "a file": ("Content-Type: multipart/form-data; boundary=x", PART + b'; filename="a"\r\n\r\na\r\n--x--\r\n'),
    "5,000 fields": (FORM, b"&".join(b"f%d=1" % n for n in range(5000))),
    "5,000 parts": (
        "Content-Type: multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * 3000 + b"--x--\r\n",
    ),
    "a boundary of 3,000 letters": (f"Content-Type: multipart/form-data; boundary={'x' * 3000}", b"--" + b"x" * 3000),
    "a boundary of signs": ("Content-Type: multipart/form-data; boundary=(((", b"--(((\r\n"),
    "too large": (FORM, b"title=" + b"x" * (MAX_BODY + 1)),
}


# Refused before routing: one route of each blueprint shows that all forms are parsed alike.
BEFORE_ANY_ROUTE = {
    "far too long", "5,000 fields", "5,000 parts", "a boundary of 3,000 letters", "too large", "JSON", "no type",
    "plain text", "another charset", "no boundary", "no parts", "a part without an end", "a part without a name",
    "a part with bad headers", "a part of an unknown charset", "a boundary of signs",
}  # fmt: skip
FIRST_FORMS = {route.blueprint: route for route in reversed(FORM_ROUTES)}.values()


@every_form
def test_an_invalid_form_is_refused(port: int, me: str, route: Route):
    # A missing object, for routes whose empty form is valid (delete, untick).
    address = route.elsewhere if route.rule.endswith(WORDLESS) else route.address
    who = NOBODY if route.endpoint in ENDS_ME else me

    accepts = cycle(("*/*", "text/html") if FORM_ROUTES.index(route) % 2 else ("text/html", "*/*"))

    def refused(form: tuple[str, bytes]) -> None:
        kind, body = form
        answer = exchange(port, request(address, kind, who, f"Accept: {next(accepts)}", method="POST", body=body))
        assert answer.status in {303, 400, 401, 404, 408, 410, 412, 413, 415, 422, 429}, answer.raw[:1000]
        if answer.status == 303:
            assert route.endpoint in GONE_IS_FINE
        assert_harmless(answer)

    whole = route in FIRST_FORMS
    check_each([(name, form) for name, form in BAD_FORMS.items() if whole or name not in BEFORE_ANY_ROUTE], refused)


def test_typed_text_is_shown_again_escaped(port: int):
    typed = {"title": XSS * 4, "description": XSS + "\r\n</textarea>"}

    answer = exchange(port, request("/front/notes", FORM, method="POST", body=str(httpx.QueryParams(typed)).encode()))

    assert answer.status == 422
    assert b"&lt;script&gt;alert(1)" in answer.body or b"&#34;&gt;&lt;script&gt;" in answer.body
    assert b"</textarea><" not in answer.body.replace(b"</textarea>", b"", 1).partition(b"&lt;/textarea")[0]
    assert_harmless(answer)
