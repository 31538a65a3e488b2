"""The orders of the queue follow the figures it shows, though indexes know steps and due dates instead of these."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debt_collections import queries
from debt_collections.models import Case
from tests.debt_collections.factories import LATE, CaseFactory, LateLoanFactory, review
from tests.examples import lives
from tests.loans.books import DISBURSED, close_until

pytestmark = pytest.mark.django_db


def ordered(order: str, among: Sequence[Case]) -> list[Case]:
    keys = [case.pk for case in among]
    return list(Case.objects.open().filter(pk__in=keys).order_by(*queries.ORDERS[order]))


@lives(20)
@given(amounts=st.lists(st.decimals(0, 200_000, places=2), min_size=2, max_size=6))
def test_by_amount_the_greatest_is_first_to_the_cent(amounts: list[Decimal]) -> None:
    found = [CaseFactory() for _ in amounts]
    for case, amount in zip(found, amounts, strict=True):
        Case.objects.filter(pk=case.pk).update(overdue_amount=amount)

    assert [case.overdue_amount for case in ordered("amount", found)] == sorted(amounts, reverse=True)


def test_by_days_the_longest_late_is_first_and_a_night_moves_no_due_date() -> None:
    sooner, later = LateLoanFactory(), LateLoanFactory(disbursed_on=DISBURSED + timedelta(days=3), late_on=LATE)
    review()
    since = dict(Case.objects.values_list("borrower_id", "late_since"))

    close_until(LATE + timedelta(days=1))
    review(LATE + timedelta(days=1))

    cases = ordered("days", list(Case.objects.all()))
    assert [case.borrower_id for case in cases] == [sooner.borrower_id, later.borrower_id]
    assert cases[0].days_past_due > cases[1].days_past_due
    assert [case.days_past_due for case in cases] == [
        (LATE + timedelta(days=1) - case.late_since).days for case in cases
    ]
    assert dict(Case.objects.values_list("borrower_id", "late_since")) == since
