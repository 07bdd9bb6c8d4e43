"""Dates and times that come in as text."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

LEAP_SECOND = re.compile(r"([T ]\d\d:?\d\d:?)60(?!\d)")


def _moment(value: Any) -> Any:
    """A date in UTC, of RFC 3339 text or of a datetime; without a zone it is UTC already."""
    try:
        moment = parse_date(value) if isinstance(value, str) else value
        if isinstance(moment, datetime):
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    if value is None:
        return None
    raise ValueError("is not a date such as 2026-01-31T09:30:00Z")


def parse_date(text: str) -> datetime:
    """A date and time of RFC 3339 or ISO 8601, in UTC if it has a zone.

    Raises ValueError or OverflowError when the text is no date.
    A leap second is the first second of the next day, as in POSIX time.
    source   RFC 3339, 5.6 (t and z may be lower case) and 5.7 (leap seconds)
    """
    text = text.upper()
    leap = LEAP_SECOND.sub(r"\g<1>59", text)
    moment = datetime.fromisoformat(leap)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    if leap == text:
        return moment
    if (moment.hour, moment.minute) != (23, 59):
        raise ValueError("a leap second ends a day in UTC")
    return moment + timedelta(seconds=1)


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
