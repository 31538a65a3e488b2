"""Who looks again once a loan's position has changed: what the night does for all, at once for one loan's borrower.

A change is noted in a table by the transaction that makes it. Workers take notes away and look at each loan once, however
many notes there are of it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection

from core import sending
from debt_collections import cases
from loans.pledges import pledge_review
from risk import limits

LOG = logging.getLogger(__name__)
_NOTE = "INSERT INTO operations_changedloan (loan_id, borrower_id) VALUES (%s, %s)"
_TAKE = """
DELETE FROM operations_changedloan
 WHERE id IN (SELECT id FROM operations_changedloan ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING loan_id, borrower_id
"""


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


def note(*, loan_id: int, borrower_id: int) -> None:
    """Note that the loan changed; part of the transaction that changes it."""
    sending.later(_NOTE, [loan_id, borrower_id])


def look_at_changed(*, on: date, at_once: int = 500) -> int:
    """Look at every loan there are notes of; several workers may do so. Returns how many looks that were.

    Notes are taken away before the look, so that no payment ever waits for it. What a worker took that died is left to
    the night.
    """
    looked = 0
    while taken := _take(at_once):
        for loan_id, borrower_id in taken:
            look_again(loan_id=loan_id, borrower_id=borrower_id, on=on)
        looked += len(taken)
    return looked


def _take(most: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [most])
        return list(dict.fromkeys(cursor.fetchall()))


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
