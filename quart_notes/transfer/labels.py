"""The labels of a note in files: lists of names, or of objects with a name, and names with commas between them."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from quart_notes.schemas import LABEL_NAME_MAX, LABELS_MAX, UNSTORABLE, is_blank, one_line, unique_names


def labels_in(value: Any) -> list[str] | None:
    """The names in a value, as they stand there; None when it is no list of names."""
    if isinstance(value, str):
        return [name for row in csv.reader([value], skipinitialspace=True) for name in row]
    if not isinstance(value, list):
        return None
    found = [one.get("name") if isinstance(one, dict) else one for one in value]
    names = [name for name in found if isinstance(name, str)]
    return names if len(names) == len(found) else None


def usable(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The labels that a note can have, and the names that it cannot."""
    lines = [one_line(name).strip() for name in names]
    shown = unique_names(name for name in lines if not is_blank(name))
    valid = [name for name in shown if len(name) <= LABEL_NAME_MAX and not UNSTORABLE.search(name)]
    kept = valid[:LABELS_MAX]
    return kept, [name for name in shown if name not in kept]


def labels_text(names: Sequence[str]) -> str:
    """Names with commas between them; one with a comma or a quotation mark is in quotation marks."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue() if names else ""
