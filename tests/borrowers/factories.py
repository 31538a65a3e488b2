"""The borrowers of the tests. Lin Xiaoyu pays, Wang Li changed her number, Chen Bo is somebody else each time."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from borrowers.identity import check_character
from borrowers.models import Borrower, ContactKind, ContactPoint, ContactState
from borrowers.onboarding import register_borrower

ON = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
LIN_ID = "11010519491231002X"
WANG_ID = "440524188001010014"

_people = count(1)


def resident_number(n: int, birth: str = "19900101", area: str = "990100") -> str:
    """A number that passes every check, in an area no real one uses."""
    first = f"{area}{birth}{n % 1000:03d}"
    return first + check_character(first)


def lin(**changes: Any) -> Borrower:
    """Lin Xiaoyu: a woman born on the last day of 1949, with a mobile and an e-mail address."""
    facts = {
        "name": "林小雨",
        "identity_number": LIN_ID,
        "phone": "13812341234",
        "email": "lin@example.com",
        "on": ON,
    }
    return register_borrower(**{**facts, **changes})


def wang(**changes: Any) -> Borrower:
    """Wang Li: a man by his number, with a mobile only, written to in English."""
    facts = {"name": "王丽", "identity_number": WANG_ID, "phone": "13900005678", "language": "en", "on": ON}
    return register_borrower(**{**facts, **changes})


def somebody(**changes: Any) -> Borrower:
    """Another person each time."""
    n = next(_people)
    facts = {
        "name": f"陈{n}",
        "identity_number": f"P{n:08d}",
        "identity_kind": "other",
        "phone": f"1371{n:07d}",
        "on": ON,
    }
    return register_borrower(**{**facts, **changes})


def mobile_of(borrower: Borrower) -> ContactPoint:
    return ContactPoint.objects.get(borrower=borrower, kind=ContactKind.MOBILE, is_primary=True)


def email_of(borrower: Borrower) -> ContactPoint:
    return ContactPoint.objects.get(borrower=borrower, kind=ContactKind.EMAIL, is_primary=True)


def in_state(point: ContactPoint, state: ContactState) -> ContactPoint:
    """The contact point put into a state directly, to start a test there."""
    ContactPoint.objects.filter(pk=point.pk).update(
        state=state,
        verified_at=AT if state == ContactState.VERIFIED else None,
        is_primary=point.is_primary and state != ContactState.RETIRED,
    )
    point.refresh_from_db()
    return point
