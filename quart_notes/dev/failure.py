"""The position of an error. Standard library only, and run by its path: the package may not be importable."""

import traceback
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]  # parent folder of the package


def describe(error: BaseException | None) -> dict[str, Any]:
    """An error and its position, as JSON {"kind", "message", "file", "line"}, the last two None if unknown."""
    file, line = getattr(error, "filename", None), getattr(error, "lineno", None)  # of code and templates alike
    if not (file and line):
        file, line = _position(error)
    message = getattr(error, "msg", None) if isinstance(error, SyntaxError) else None
    return {"kind": type(error).__name__, "message": message or str(error), "file": file, "line": line}


def _position(error: BaseException | None) -> tuple[str | None, int | None]:
    """The innermost position in our own files; else where it was raised."""
    frames = [] if error is None else traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in frames if _is_ours(Path(frame.filename))] or frames
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def _is_ours(file: Path) -> bool:
    ours = {TOP / "quart_notes", TOP / "templates"} & {*file.parents}
    return bool(ours) and file.name != "child.py"
