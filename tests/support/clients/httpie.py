"""HTTPie, started once for many command lines: its start takes most of its time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

OPTIONS = ["--ignore-stdin", "--print=hb", "--unsorted"]  # its style when it writes to a terminal
# For a shell: prints the arguments that HTTPie would get.
TELL_WORDS = "http() { printf '%s\\0' \"$@\"; }"
# In HTTPie's Python: forks a process for each command line; its exit code is written to the original standard output.
PROGRAM = """
import gc, json, os, sys
from httpie.core import main
from httpie.plugins.registry import plugin_manager
told = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
main(["http", "--offline", "http://127.0.0.1/"])
plugin_manager.load_installed_plugins = lambda folder: None  # they are loaded
gc.freeze()
for line in sys.stdin:
    words, output = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        code = main(["http", *words])
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=told, flush=True)
"""


class Httpie:
    """The command at a path, with a folder for its configuration and its output."""

    def __init__(self, command: str, home: Path) -> None:
        (home / "config.json").write_text(json.dumps({"default_options": OPTIONS, "disable_update_warnings": True}))
        # Certificates, which no example needs, take half the time of a command line.
        self.env = {"HTTPIE_CONFIG_DIR": str(home), "SSL_CERT_FILE": os.devnull}
        self._output = home / "httpie"
        first = Path(command).read_bytes().partition(b"\n")[0].decode()
        python = first.removeprefix("#!").split() if "python" in first else [sys.executable]
        self._process = subprocess.Popen(
            [*python, "-c", PROGRAM], env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, words: list[str]) -> str:
        """Its output for these arguments; AssertionError when it fails."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([words, str(self._output)]), file=self._process.stdin, flush=True)
        code = self._process.stdout.readline().strip()
        said = self._output.read_text()
        assert code == "0", f"HTTPie ended with {code!r}\n{said}"
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)
