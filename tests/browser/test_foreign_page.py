"""A page on another port of the same machine: the browser sends our cookies along, and every request is refused."""

import json
from contextlib import closing

import httpx
from playwright.sync_api import Browser

from tests.support.servers.server_process import ServerProcess

# Another origin on this machine: the same host, another port.
ELSEWHERE = "http://127.0.0.1:4999/"
PAGE = "<!doctype html><html lang=en><link rel=icon href=data:,><title>Elsewhere</title><p>Hello"
# All requests that a page can send without a preflight, those that need one, and streams.
ATTEMPTS = """async target => {
  const json = {"Content-Type": "application/json"};
  const all = {credentials: "include"};
  const note = JSON.stringify({title: "from elsewhere"});
  const form = new URLSearchParams({title: "from elsewhere"});
  const sent = (path, options) =>
    fetch(target + path, {...all, ...options}).then(answer => answer.type, () => "failed");
  const heard = stream => new Promise(done => {
    stream.onmessage = () => done("heard");
    stream.onerror = () => done("failed");
    setTimeout(() => stream.readyState === 1 && done("open"), 3000);
  });
  return {
    "form by fetch": await sent("/front/notes", {method: "POST", mode: "no-cors", body: form}),
    "text": await sent("/api/notes", {method: "POST", mode: "no-cors", body: note}),
    "json": await sent("/api/notes", {method: "POST", headers: json, body: note}),
    "patch": await sent("/api/boards/1", {method: "PATCH", headers: json, body: "{}"}),
    "delete": await sent("/api/notes/1", {method: "DELETE"}),
    "read": await sent("/api/notes", {}),
    "events": await heard(new EventSource(target + "/events", {withCredentials: true})),
    "websocket": await heard(new WebSocket(target.replace("http", "ws") + "/ws")),
    "plain text": await heard(new WebSocket(target.replace("http", "ws") + "/ws/5")),
  };
}"""
FORM = """target => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: target + "/front/notes"});
  form.append(Object.assign(document.createElement("input"), {name: "title", value: "from elsewhere"}));
  document.body.append(form);
  form.submit();
}"""


def _titles(rest: httpx.Client) -> list[str]:
    return [str(note["title"]) for note in rest.get("/api/notes").json()]


def _attack(browser: Browser, server: ServerProcess, rest: httpx.Client) -> dict[str, str]:
    """The results of all requests that the page tries, in a browser with the cookies of `rest`; nothing is changed."""
    mine = rest.post("/api/notes", json={"title": "mine"}).json()
    # Not one of `windows`, which treat the browser's own console errors as failures.
    with closing(browser.new_context()) as context:
        context.route(ELSEWHERE, lambda route: route.fulfill(content_type="text/html", body=PAGE))
        page = context.new_page()
        context.add_cookies(
            [{"name": name, "value": value, "url": server.base} for name, value in rest.cookies.items()]
        )
        page.goto(ELSEWHERE)
        done: dict[str, str] = page.evaluate(ATTEMPTS, server.base)
        with page.expect_response(lambda answer: answer.url.startswith(server.base)) as answer:
            page.evaluate(FORM, server.base)
        assert answer.value.status == 403
    assert "from elsewhere" not in _titles(rest)
    assert rest.get(f"/api/notes/{mine['id']}").json() == mine
    return done


def _is_refused(done: dict[str, str]) -> None:
    # "opaque": the request was sent, and the page cannot read its response, which is 403.
    assert {name: how for name, how in done.items() if how not in {"failed", "opaque"}} == {}, json.dumps(done)


def test_in_open_mode_a_page_of_another_port_cannot_write_or_subscribe(
    browser: Browser, shared_server: ServerProcess, rest: httpx.Client
):
    _is_refused(_attack(browser, shared_server, rest))


def test_with_a_session_cookie_a_page_of_another_port_cannot_write_or_subscribe(
    browser: Browser, guarded_server: ServerProcess, root: httpx.Client
):
    assert root.cookies

    _is_refused(_attack(browser, guarded_server, root))
