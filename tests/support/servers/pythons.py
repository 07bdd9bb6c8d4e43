"""Finds other Python interpreters on this machine, and prints their paths, separated by colons.

The shutdown tests run on each. Every one gets a virtual environment of its own beside the main one, created at most
once for each state of pyproject.toml; a missing interpreter, or one that cannot install, is named on standard error.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SUPPORTED = ("3.11", "3.12", "3.13")


def main() -> None:
    """Create missing environments and print the interpreters."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = [environment(version) for version in SUPPORTED if version != running]
    print(":".join(str(python) for python in found if python is not None))


def environment(version: str) -> Path | None:
    """The interpreter of a virtual environment with the runtime dependencies, or None."""
    python = working(version)
    if python is None:
        print(f"Python {version} is not on this machine: nothing is tested on it.", file=sys.stderr)
        return None
    folder = ROOT / f".venv-{version}"
    mark = folder / ".installed"
    state = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if not mark.is_file() or mark.read_text() != state:
        try:
            subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
            pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
            subprocess.run([*pip, "--quiet", "install", "--editable", str(ROOT)], check=True, stdout=sys.stderr)
        except subprocess.CalledProcessError as error:
            print(f"Python {version} cannot install the dependencies: {error}", file=sys.stderr)
            return None
        mark.write_text(state)
    return folder / "bin/python"


def working(version: str) -> str | None:
    """A command for that version that runs: version managers put stubs on the path."""
    candidates = [
        shutil.which(f"python{version}"),
        *sorted(map(str, Path.home().glob(f".pyenv/versions/{version}*/bin/python"))),
    ]
    for command in filter(None, candidates):
        probe = subprocess.run(
            [command, "-c", "import sys; print(sys.version[:4])"], capture_output=True, text=True, check=False
        )
        if probe.stdout.strip() == version:
            return command
    return None


if __name__ == "__main__":
    main()
