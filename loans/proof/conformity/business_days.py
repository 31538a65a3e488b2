"""Published rolls to working days: ``calendar``, ``convention``, ``input``; ``expected`` and ``is_working_day``.

A calendar is one of the house. The year at the end of CN_2026 says only which notice the case was made from.
"""

import re
from datetime import date
from typing import Any

from core.working_calendars import CalendarMissing, working_calendar
from core.working_days import BusinessDayRoll
from loans.proof.conformity.cells import Mismatch

CONVENTIONS = {
    "NO_ADJUST": BusinessDayRoll.NONE,
    "FOLLOWING": BusinessDayRoll.FOLLOWING,
    "MODIFIED_FOLLOWING": BusinessDayRoll.MODIFIED_FOLLOWING,
    "PRECEDING": BusinessDayRoll.PRECEDING,
    "MODIFIED_PRECEDING": BusinessDayRoll.MODIFIED_PRECEDING,
    "NEAREST": BusinessDayRoll.NEAREST,
}
_YEAR = re.compile(r"_\d{4}$")


def mismatches(case: dict[str, Any]) -> list[Mismatch]:
    """What of the published figures the calendar of the house does not give."""
    convention = CONVENTIONS.get(case["convention"])
    if convention is None:
        return [Mismatch("convention", case["convention"], "not known")]
    try:
        calendar = working_calendar(_YEAR.sub("", case["calendar"]))
    except CalendarMissing as refusal:
        return [Mismatch("calendar", case["calendar"], f"refused: {refusal} [{refusal.code}]")]
    day = date.fromisoformat(case["input"])
    actual = {"expected": calendar.roll(day, convention).isoformat(), "is_working_day": calendar.is_working(day)}
    published = [cell for cell in case if (cell in actual or cell.startswith("expected")) and case[cell] is not None]
    if not published:
        return [Mismatch("expected", "a published figure", "none given")]
    return [
        Mismatch(cell, case[cell], actual.get(cell, "not checked"))
        for cell in published
        if case[cell] != actual.get(cell)
    ]
