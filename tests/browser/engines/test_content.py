"""Formatted text: the server's and the script's nodes are equal here too, and nothing in them runs."""

import json

from tests.browser.board import create_many
from tests.browser.content import DIFFERENCES, RISKY

LAST = "the last of them"
PARTS_THAT_RUN = "() => document.querySelectorAll('.content :is(img, script, iframe, svg, style)').length"


def test_risky_texts_make_equal_nodes_and_run_nothing(board, rest):
    create_many(rest, [*({"title": "a", "description": text} for text in RISKY), {"title": LAST}])
    board.sees("ul.notes > li.note", LAST)

    board.ask(f"() => {{ ({DIFFERENCES})().then((found) => {{ window.found = JSON.stringify(found); }}); }}")
    found = json.loads(board.until("() => window.found", what="the nodes are compared:"))

    assert found["differences"] == []
    assert found["compared"] > len(RISKY)
    assert board.ask("() => String(window.__xss)") == "undefined"
    assert board.ask(PARTS_THAT_RUN) == 0
