"""The process of a worker, run with one argument: the descriptor of its channel to the supervisor."""

import json
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from quart import Quart

from quart_notes.cluster.worker_slot import slot_of
from quart_notes.server import logs, serve
from quart_notes.server.sockets import ServeError
from quart_notes.server.workers.control_channel import ControlChannel
from quart_notes.settings import Settings
from quart_notes.storage.schema_version import DatabaseOpenError


def main(descriptor: int) -> int:
    """Serve until SIGTERM or the end of the supervisor; returns the exit code.

    An error at the start is reported to the supervisor.
    """
    with socket.socket(fileno=descriptor) as supervisor, supervisor.makefile("rb") as received:
        line = received.readline()
        if not line:
            sys.stderr.write("A worker does not start: its supervisor has gone.\n")
            return 1
        order: dict[str, Any] = json.loads(line)
        settings = Settings.model_validate(order["settings"])
        logs.configure(settings.log_format)
        try:
            _serve(settings, order, supervisor)
        except (ServeError, DatabaseOpenError) as error:
            with suppress(OSError):  # it has died
                supervisor.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
            return 1
    return 0


def _serve(settings: Settings, order: dict[str, Any], supervisor: socket.socket) -> None:
    def configure(app: Quart) -> None:
        async def answer(request: dict[str, Any]) -> dict[str, Any]:
            if request["what"] == "metrics":
                return {**request, "metrics": (await app.extensions[serve.METRICS]()).decode()}
            return request  # any answer shows that this process is alive

        channel = ControlChannel(supervisor, answer, app.extensions[serve.SKIP_DRAIN].set)
        app.before_serving(channel.open)
        app.after_serving(channel.close)

    slot = slot_of(order["slot"], order["shared"], first=order["first"])
    serve.serve(settings, socket.socket(fileno=order["listener"]), configure, slot)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor ends it
    code = main(int(sys.argv[1]))
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # a failed start leaves threads behind, for which an orderly exit would wait for ever
