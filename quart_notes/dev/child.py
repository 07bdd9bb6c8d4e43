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


def main(listening: str, run: str, flags: str, line: str) -> int:
    """Serve; returns the exit code. An error goes to the supervisor and to the terminal."""
    listener, supervisor = socket.socket(fileno=int(listening)), socket.socket(fileno=int(line))
    for inherited in (listener, supervisor):
        inherited.set_inheritable(False)  # by programs that the server starts
    top = str(FAILURE["TOP"])
    if top not in sys.path:
        sys.path.insert(0, top)
    try:
        from quart_notes.dev.serve import StartRefused, serve
    except BaseException as error:
        traceback.print_exc()
        report(supervisor, FAILURE["describe"](error))
        return 1
    try:
        serve(json.loads(flags), listener, supervisor, run)
    except StartRefused as refused:
        sys.stderr.write(f"{refused}\n")
        report(supervisor, {"kind": "", "message": str(refused), "file": None, "line": None})
    except BaseException as error:
        traceback.print_exc()
        report(
            supervisor,
            FAILURE["describe"](error.__context__ if type(error).__name__ == "LifespanFailureError" else error),
        )
    else:
        return 0
    return 1


def report(supervisor: socket.socket, trouble: dict[str, Any]) -> None:
    """Send an error to the supervisor, which may have ended."""
    try:
        supervisor.sendall(json.dumps({"trouble": trouble}).encode() + b"\n")
    except OSError:
        sys.stderr.write("The supervisor has gone.\n")


if __name__ == "__main__":
    # Ctrl-C in a terminal reaches this process too; the supervisor ends it, and the server handles it once it runs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code = main(*sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # a failed start leaves threads behind, for which an orderly exit would wait for ever
