"""A program that speaks Ollama's wire format and prints its port.

It uses only the standard library, so that it starts fast.

The answer to a chat is a list of steps, set for a word of the question by `FakeOllama.will`:

    "text"             a line that adds this to the answer
    {"line": "…"}      a raw line
    {"bytes": "…"}     raw bytes, without a line end
    {"wait": 0.1}      seconds of silence
    {"hold": "name"}   silence until `FakeOllama.release("name")`
    {"status": 500, "body": "…", "type": "…", "headers": {…}}   an error response; first step only
    {"cut": true}      the connection breaks off

After the last step the closing line is sent, unless the step before was {"end": false}.
source   https://github.com/ollama/ollama/blob/main/docs/api.md
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
HELD = 30.0  # seconds after which a held answer is released
LOOK = 0.01  # seconds between two checks whether the client is still connected


class State:
    """The scripted answers, the requests so far, and the current answers."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[Any]] = {}
        self.models = ["llama3.2:latest"]
        self.received: list[Json] = []
        self.paths: list[str] = []
        self.open = 0
        self.most = 0
        self.released: set[str] = set()
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        self.state.paths.append(self.path)
        if self.path == "/control":
            state = {name: getattr(self.state, name) for name in ("received", "paths", "open", "most")}
            self._answer(200, json.dumps(state))
        elif self.path == "/api/tags" and self.state.scripts.get("tags"):
            (step,) = self.state.scripts["tags"]
            self._answer(step["status"], step["body"], step.get("type", "application/json"), step.get("headers", {}))
        elif self.path == "/api/tags":
            self._answer(200, json.dumps({"models": [{"name": name, "model": name} for name in self.state.models]}))
        else:
            self._answer(404, "404 page not found", "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control":
            self.state.scripts |= body.get("scripts", {})
            self.state.released |= set(body.get("release", ()))
            self.state.models = body.get("models", self.state.models)
            self._answer(200, "{}")
            return
        self.state.paths.append(self.path)
        with self.state.lock:
            self.state.received.append(body)
            self.state.open += 1
            self.state.most = max(self.state.most, self.state.open)
        try:
            self._chat(body)
        except (OSError, TimeoutError):
            self.close_connection = True
        finally:
            with self.state.lock:
                self.state.open -= 1

    def _chat(self, body: Json) -> None:
        question = body["messages"][-1]["content"]
        # The last line: in a room, the lines of several users are one message.
        words = question.splitlines()[-1].split()
        steps = next((steps for word, steps in self.state.scripts.items() if word in words), ["Hello", ", there."])
        first: Any = steps[0] if steps else None
        if isinstance(first, dict) and "status" in first:
            kind = first.get("type", "application/json; charset=utf-8")
            self._answer(first["status"], first["body"], kind, first.get("headers", {}))
            return
        if not any(self.state.models[0].startswith(name) for name in (body["model"],)):
            self._answer(404, json.dumps({"error": f"model '{body['model']}' not found"}))
            return
        ends = True
        begun = False
        for step in steps:
            if isinstance(step, dict) and step.keys() & {"wait", "hold"}:
                self._pause(step)
                continue
            if isinstance(step, dict) and "cut" in step:
                self._begin(begun)
                self.connection.shutdown(2)
                return
            if isinstance(step, dict) and "end" in step:
                ends = False
                continue
            self._begin(begun)
            begun = True
            self._send(step if isinstance(step, dict) else {"line": self._line(body["model"], step)})
        self._begin(begun)
        if ends:
            self._send({"line": self._line(body["model"], "", done=True)})
        self.wfile.write(b"0\r\n\r\n")

    def _begin(self, begun: bool) -> None:
        if not begun:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

    @staticmethod
    def _line(model: str, text: str, *, done: bool = False) -> str:
        line: Json = {"model": model, "created_at": "2026-01-31T09:30:00.000001Z"}
        line |= {"message": {"role": "assistant", "content": text}, "done": done}
        return json.dumps(
            line | ({"done_reason": "stop", "total_duration": 5_000_000, "eval_count": 3} if done else {})
        )

    def _send(self, step: Json) -> None:
        data = (step["line"] + "\n").encode() if "line" in step else step["bytes"].encode("latin-1")
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _pause(self, step: Json) -> None:
        """Wait; a closed connection ends it early, as it ends Ollama's work."""
        until = time.monotonic() + step.get("wait", HELD)
        self.connection.settimeout(LOOK)
        try:
            while time.monotonic() < until and step.get("hold") not in self.state.released:
                try:
                    if self.connection.recv(1) == b"":
                        raise ConnectionError("the client has gone")
                except TimeoutError:
                    pass
        finally:
            self.connection.settimeout(None)

    def _answer(
        self, status: int, body: str, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())


def main() -> None:
    """Serve until killed."""
    handler = type("Bound", (Handler,), {"state": State()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
