"""Who looks again once a loan's position has changed: what the night does for all, at once for one borrower."""

import logging
from collections.abc import Callable, Mapping
from datetime import date

from debt_collections import cases
from risk import limits

LOG = logging.getLogger(__name__)

Look = Callable[[int, date], Mapping[str, int]]


def _case(borrower_id: int, on: date) -> Mapping[str, int]:
    return cases.review_borrower(borrower_id=borrower_id, on=on)


def _limit(borrower_id: int, on: date) -> Mapping[str, int]:
    return limits.rescore(borrower_id, borrower_id + 1, on)


LOOKS: Mapping[str, Look] = {"case": _case, "limit": _limit}


def look_again(borrower_id: int, on: date) -> dict[str, dict[str, int]]:
    """Bring case, promises and limit of a borrower in line with the loans. Safe to repeat.

    Each look is a transaction of its own: one that fails is logged, left to the night, and keeps no other from its
    work.
    """
    found: dict[str, dict[str, int]] = {}
    for name, look in LOOKS.items():
        try:
            found[name] = dict(look(borrower_id, on))
        except Exception:
            LOG.exception("The look at the %s of borrower %s failed; the night does it again", name, borrower_id)
    return found
