"""Searches in many notes and messages: words that are common, rare, and nowhere."""

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, cycle

from bench.loop import Check
from bench.server import Server
from bench.workloads.requests import Requests

FILE = 2_000  # notes in a file of an import, and messages that are posted in turn
POSTING = 32  # messages posted at once: the server stores them together
POLL = 0.05  # seconds between two looks at an import
HITS = 20  # on a page
PERSON = {"name": "Ben Bench", "email": "ben@example.org", "nickname": "ben"}
INDEXED = 120.0  # seconds after which the index of the search is made: chores run every minute, and it takes a while
SYLLABLES = [first + vowel for first in "bdfghklmnprstvw" for vowel in "aeiou"]
VOCABULARY = 30_000
COMMON, MIDDLING, RARE = 3, 400, 25_000  # places in the vocabulary
NOWHERE = "zyxwvut"


@dataclass
class Searching(Requests):
    """`GET /api/search` beside `notes` notes and as many messages, eight searches in turn; each response is checked."""

    notes: int = 100_000

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        texts = Texts()
        import_notes(server, self.notes, texts)
        _post_messages(server, self.notes, texts)
        time.sleep(INDEXED)
        one = texts.words
        queries = [
            *(one[COMMON], one[MIDDLING], one[RARE], NOWHERE, "a", "zw"),
            *(" ".join(one[COMMON : COMMON + 3]), f"{one[50]} {one[MIDDLING]}"),
        ]
        requests = [server.get(f"/api/search?q={query.replace(' ', '+')}") for query in queries]
        expected = [server.ask(request).body for request in requests]
        if len(json.loads(expected[0])["hits"]) != HITS or json.loads(expected[3])["hits"]:
            raise ValueError(f"wrong hits: {expected[0][:200]!r} {expected[3][:200]!r}")
        return cycle(requests), lambda number, answer: answer.body == expected[number % len(expected)]


class Texts:
    """Texts of words as frequent as in a language: few are common, most are rare. They are always the same."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        lengths = self._random.choices((1, 2, 3, 4, 5), (1, 4, 6, 4, 2), k=VOCABULARY * 2)
        made = dict.fromkeys("".join(self._random.choices(SYLLABLES, k=length)) for length in lengths)
        self.words = list(made)[:VOCABULARY]
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))

    def text(self, least: int, most: int) -> str:
        """A text of so many words."""
        count = self._random.randint(least, most)
        return " ".join(self._random.choices(self.words, cum_weights=self._weights, k=count))


def import_notes(server: Server, count: int, texts: Texts) -> None:
    """Import so many notes into the board of everybody."""
    for first in range(0, count, FILE):
        notes = [{"title": texts.text(2, 5), "description": texts.text(3, 90)} for _ in range(min(FILE, count - first))]
        job = json.loads(server.ask(server.post("/api/imports", notes)).body)
        while job["state"] != "done":
            time.sleep(POLL)
            job = json.loads(server.ask(server.get(f"/api/jobs/{job['id']}")).body)


def _post_messages(server: Server, count: int, texts: Texts) -> None:
    """Post so many messages."""
    author = json.loads(server.ask(server.post("/api/users", PERSON)).body)["id"]
    with ThreadPoolExecutor(POSTING) as pool:
        for first in range(0, count, FILE):
            messages = [
                server.post("/api/rooms/1/messages", {"author_id": author, "content": texts.text(3, 40)})
                for _ in range(min(FILE, count - first))
            ]
            if any(answer.status != 201 for answer in pool.map(server.ask, messages)):
                raise ValueError("a message was refused")
