"""The server process of `quart-notes dev`: run by its path, so that it can report why the package cannot be imported.

Until then it needs the standard library only. Arguments: the descriptor of the listening socket, the name of this run,
the command line's flags as JSON, and the descriptor of the channel to the supervisor.
"""

import json
import os
import runpy
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

FAILURE = runpy.run_path(str(Path(__file__).with_name("failure.py")))  # an import would need the package


def main(listener_fd: str, run: str, flags: str, channel_fd: str) -> int:
    """Serve; returns the exit code. An error goes to the supervisor and to the terminal."""
    listener, supervisor = socket.socket(fileno=int(listener_fd)), socket.socket(fileno=int(channel_fd))
    for inherited in (listener, supervisor):
        inherited.set_inheritable(False)  # by programs that the server starts
    top = str(FAILURE["TOP"])
    if top not in sys.path:
        sys.path.insert(0, top)
    try:
        from quart_notes.dev.reload import serve

        refusal = serve(json.loads(flags), listener, supervisor, run)
    except BaseException as error:
        traceback.print_exc()
        cause = error.__context__ if type(error).__name__ == "LifespanFailureError" else error
        report(supervisor, FAILURE["describe"](cause))
        return 1
    if refusal:
        sys.stderr.write(f"{refusal}\n")
        report(supervisor, {"kind": "", "message": refusal, "file": None, "line": None})
    return 1 if refusal else 0


def report(supervisor: socket.socket, error: dict[str, Any]) -> None:
    """Send an error to the supervisor, which may have ended."""
    try:
        supervisor.sendall(json.dumps({"error": error}).encode() + b"\n")
    except OSError:
        sys.stderr.write("The supervisor has ended.\n")


if __name__ == "__main__":
    # Ctrl-C in a terminal reaches this process too; the supervisor ends it, and the server handles it once it runs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code = main(*sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # a failed start leaves threads behind, for which an orderly exit would wait for ever
