"""Finds the end of a bare web address in a text."""

import re

ADDRESS_MAX = 2_048  # characters: what is longer stays text, so that finding it costs little
# An address ends at blanks, controls, marks that turn the direction, quotes, and angle brackets.
END = '\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff<>"'
# A name before an @ would look like another host.
HOST = rf"(?:\[[0-9a-f:.]++\](?::[0-9]++)?|[^/?#@\\\[\]{END}]++)(?!@)"
ADDRESS = re.compile(rf"//{HOST}(?:[/?#][^{END}]*+)?", re.IGNORECASE)
SENTENCE_ENDS = ".,;:!?'*_~\\…»”’“‘、。，！？；：」』）】》"
BRACKET = re.compile(r"[()\[\]{}]")
OPENING = {")": "(", "]": "[", "}": "{"}


def address_length(text: str, start: int) -> int:
    """The length of a web address that begins at `start` with the slashes after its scheme; 0 when there is none.

    Without what ends the sentence, and from a bracket on that was open before the address.
    """
    match = ADDRESS.match(text, start)
    if match is None:
        return 0
    address = _within_brackets(match[0][: ADDRESS_MAX + 1]).rstrip(SENTENCE_ENDS)
    return len(address) if len("//") < len(address) <= ADDRESS_MAX else 0


def _within_brackets(address: str) -> str:
    opened = dict.fromkeys(OPENING.values(), 0)
    for bracket in BRACKET.finditer(address):
        if bracket[0] in opened:
            opened[bracket[0]] += 1
        elif opened[OPENING[bracket[0]]]:
            opened[OPENING[bracket[0]]] -= 1
        else:
            return address[: bracket.start()]
    return address
