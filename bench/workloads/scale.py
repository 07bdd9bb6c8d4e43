"""Reads on a board of very many notes, each after a change, and the memory of the server."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import Measurement, percentile
from bench.http1 import Response
from bench.server import Server
from bench.workloads.page import PATH
from bench.workloads.searching import HITS, INDEXED, MIDDLING, Texts, import_notes

LISTED = 100  # notes in a list
CARD = b'<li id="note-'  # on the page, of a note
LEAST_CARDS = 45  # on the first page


@dataclass
class Scale:
    """Four reads of a board of `notes` notes, `times` times in turn: one client, one request at a time.

    Before each read a note is changed, outside the measured time, so that no response is from a cache. Each response is
    checked. Values: milliseconds p50 of each read, those of the server's processor for a page, and the MiB of resident
    memory at the end.
    """

    notes: int
    times: int
    index_delay: float = INDEXED  # seconds until the search's index is made

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        texts = Texts()
        import_notes(server, self.notes, texts)
        time.sleep(self.index_delay)
        ids = [note["id"] for note in self._json(server, server.system.list_path)]
        word = texts.words[MIDDLING]
        reads: dict[str, tuple[str, Callable[[Response], bool]]] = {
            "page": (PATH, lambda answer: answer.body.count(CARD) >= LEAST_CARDS),
            "list": (server.system.list_path, lambda answer: len(json.loads(answer.body)) == LISTED),
            "one": (server.system.note_path(ids[50]), lambda answer: json.loads(answer.body)["id"] == ids[50]),
            "search": (f"/api/search?q={word}", lambda answer: len(json.loads(answer.body)["hits"]) == HITS),
        }
        taken: dict[str, list[float]] = {name: [] for name in reads}
        spent = dict.fromkeys(reads, 0.0)
        remarks: list[str] = []
        for number in range(self.times):
            for name, (path, right) in reads.items():
                change = {"title": f"changed for the {number}th {name}"}
                if server.ask(server.patch(server.system.note_path(ids[number % LISTED]), change)).status != 200:
                    remarks.append("a change was refused")
                used, began = server.cpu_seconds(), time.perf_counter()
                answer = server.ask(server.get(path))
                taken[name].append((time.perf_counter() - began) * 1000)
                spent[name] += (server.cpu_seconds() - used) * 1000
                if answer.status != 200 or not right(answer):
                    remarks.append(f"{path}: {answer.status}")
        values = {name: percentile(sorted(times), 0.5) for name, times in taken.items()}
        values["page_cpu"] = spent["page"] / self.times
        return Measurement({**values, "mb": server.memory_kb() / 1024}, remarks[:2])

    @staticmethod
    def _json(server: Server, path: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(server.ask(server.get(path)).body)
        return found
