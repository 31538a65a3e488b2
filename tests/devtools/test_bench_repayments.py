"""What the benchmark of repayments writes by hand is what the house writes, table for table and column for column.

It is run by command and rarely; without this a new column would stop it and nobody would know.
"""

import pytest
from django.contrib.auth import get_user_model

from benchmarks import repayments as bench
from core import business_date
from loans.models import Loan
from loans.proof.verifying import compare

pytestmark = pytest.mark.django_db


def test_both_ways_leave_the_same_rows_and_agreeing_books() -> None:
    business_date.move_to(bench.DUE)
    bench._write_loans(2)
    clerk = get_user_model().objects.create(username="bench")
    bench._partner(clerk.pk)  # what making the partner notes is no part of a repayment
    left = {}
    for way, loan_id in ((bench.RAW, 1), (bench.HOUSE, 2)):
        before = bench._row_counts()
        bench._repay(way, [loan_id], clerk.pk)
        left[way] = [after - was for after, was in zip(bench._row_counts(), before, strict=True)]

    assert left[bench.RAW] == left[bench.HOUSE]
    assert [compare(loan) for loan in Loan.objects.select_related("position").order_by("pk")] == [[], []]
