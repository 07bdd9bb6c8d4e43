"""A page on another port of the same machine: the browser sends our cookies along, and nothing comes of it."""

import json
from contextlib import closing

import httpx
from playwright.sync_api import Browser

from tests.support.servers.server_process import ServerProcess

# Another site on this machine: the same host as ours, another port.
ELSEWHERE = "http://127.0.0.1:4999/"
PAGE = "<!doctype html><html lang=en><link rel=icon href=data:,><title>Elsewhere</title><p>Hello"
# Everything a page can send without asking first, what it has to ask for, and listening.
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
    """What comes of everything that the page tries, in a browser with the cookies of `rest`; nothing is changed."""
    mine = rest.post("/api/notes", json={"title": "mine"}).json()
    # Not one of `windows`, which take the browser's own complaints in the console for failures.
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
    # "opaque": it was sent, as a page may, and the page sees nothing of the answer, which is 403.
    assert {name: how for name, how in done.items() if how not in {"failed", "opaque"}} == {}, json.dumps(done)


def test_in_open_mode_a_page_of_another_port_changes_and_hears_nothing(
    browser: Browser, shared_server: ServerProcess, rest: httpx.Client
):
    _is_refused(_attack(browser, shared_server, rest))


def test_with_the_cookie_of_somebody_who_is_signed_in_it_does_no_better(
    browser: Browser, guarded_server: ServerProcess, root: httpx.Client
):
    assert root.cookies

    _is_refused(_attack(browser, guarded_server, root))
