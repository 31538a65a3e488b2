"""Who looks again once a loan's position has changed: what the night does for all, at once for one loan's borrower."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from debt_collections import cases
from loans import pledge_review
from risk import limits

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """A loan that changed, and the business date on which it is looked at."""

    loan_id: int
    borrower_id: int
    on: date


def _case(changed: Changed) -> Mapping[str, int]:
    return cases.review_borrower(borrower_id=changed.borrower_id, on=changed.on)


def _limit(changed: Changed) -> Mapping[str, int]:
    return limits.rescore(changed.borrower_id, changed.borrower_id + 1, changed.on)


def _policy(changed: Changed) -> Mapping[str, int]:
    return {"policies_cured": int(pledge_review.cure(loan_id=changed.loan_id, on=changed.on))}


LOOKS: Mapping[str, Callable[[Changed], Mapping[str, int]]] = {"case": _case, "limit": _limit, "policy": _policy}


def look_again(*, loan_id: int, borrower_id: int, on: date) -> dict[str, dict[str, int]]:
    """Bring case, promises, limit and pledged policy in line with the loan. Safe to repeat.

    Each look is a transaction of its own: one that fails is logged, left to the night, and keeps no other from its
    work.
    """
    changed, found = Changed(loan_id, borrower_id, on), dict[str, dict[str, int]]()
    for name, look in LOOKS.items():
        try:
            found[name] = dict(look(changed))
        except Exception:
            LOG.exception("The look at the %s after loan %s changed failed; the night does it again", name, loan_id)
    return found
