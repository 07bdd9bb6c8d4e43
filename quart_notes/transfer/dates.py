"""Parses dates as other programs write them."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from quart_notes.schemas import parse_date

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 60  # characters
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS = ("%d.%m.%Y", "%d-%m-%Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%Y.%m.%d")
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)")
# Units since 1970 in a second, by the number of digits of a present date.
UNITS = {9: 1, 10: 1, 12: 1000, 13: 1000, 15: 1_000_000, 16: 1_000_000}


def moment_of(value: object) -> datetime | None:
    """The moment, in UTC, of text, a number or a date; None when it is no date. Without a zone it is taken for UTC.

    If day and month could be swapped, as in 01/02/2026, the result is None: it would be a guess.
    """
    try:
        moment = _moment(value)
        return None if moment is None else moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    if re.fullmatch(r"\d{9,16}", text):
        return _counted(text)
    return _written(text) if 6 <= len(text) <= LONGEST else None


def _counted(digits: str) -> datetime | None:
    unit = UNITS.get(len(digits))
    return None if unit is None else EPOCH + timedelta(microseconds=int(digits) * 1_000_000 // unit)


def _written(text: str) -> datetime | None:
    with suppress(ValueError):
        return parse_date(text)
    words = text.replace(",", " ").replace("@", " ").replace("\u202f", " ").replace("\xa0", " ")
    words = re.sub(r"(?<=\d)(?=[AaPp][Mm]\b)", " ", " ".join(words.split())).removesuffix(" UTC").removesuffix(" GMT")
    words = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b| at(?= \d)", "", words)
    with suppress(ValueError):
        return parse_date(words.replace(" +", "+"))
    if slashes := SLASHES.fullmatch(words):
        return _with_slashes(*slashes.groups())
    for day in DAYS:
        for clock in CLOCKS:
            with suppress(ValueError):
                return datetime.strptime(words, day + clock)
    return parsedate_to_datetime(text) if re.match(r"[A-Za-z]{3}, \d", text) else None


def _with_slashes(first: str, second: str, year: str, rest: str) -> datetime | None:
    """1/31/2026 and 31/1/2026 are unambiguous; 1/2/2026 only with AM or PM, which tells that the month comes first."""
    month_first = int(second) > 12 or first == second or (int(first) <= 12 and rest.upper().endswith("M"))
    if not month_first and int(first) <= 12:
        return None
    day, month = (second, first) if month_first else (first, second)
    return _written(f"{day}.{month}.{year}{rest}")
