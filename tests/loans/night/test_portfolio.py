"""The row of a day: as the night reads it, and as events tell it afterwards."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from benchmarks import book
from core import business_date
from loans.models import Loan, LoanPosition, PortfolioDay
from loans.night.portfolio import rebuild
from loans.pages import portfolio
from operations.end_of_day import close_day
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
TOLD = ("loans", "outstanding", "late_1", "late_30", "late_60", "late_90")


def told(row: PortfolioDay) -> dict[str, object]:
    return {name: getattr(row, name) for name in TOLD}


def test_the_night_writes_what_positions_say() -> None:
    business_date.move_to(book.DAY)
    book.write(300)

    assert close_day().finished

    row = PortfolioDay.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(principal_outstanding), sum(principal_outstanding) FILTER (WHERE days_past_due >= 1),"
            " sum(principal_outstanding) FILTER (WHERE days_past_due > 30),"
            " sum(principal_outstanding) FILTER (WHERE days_past_due > 60),"
            " sum(principal_outstanding) FILTER (WHERE days_past_due > 90)"
            " FROM loans_loanposition WHERE status = 'active'"
        )
        assert tuple(told(row).values()) == cursor.fetchone()
    assert row.on == book.DAY
    assert row.outstanding > row.late_1 > row.late_30 > row.late_60 > row.late_90 > 0
    assert sum(loans for *_group, loans, _principal in row.groups) == 300
    moved = LoanPosition.objects.filter(days_past_due__in=(1, 31, 61, 91)).count()
    assert sum(loans for _before, _after, loans, _amount in row.rolls) == moved > 0


def test_a_day_repeated_or_made_anew_is_the_same_row() -> None:
    late, good = LoanFactory(active=True), LoanFactory(active=True)
    for due in (date(2026, 2, 15), date(2026, 3, 15)):
        close_until(due.replace(day=14))
        RepaymentFactory(loan=good, amount=Decimal("1100.15"), received_on=due)
    close_until(date(2026, 3, 30))
    business_date.move_to(date(2026, 3, 31))
    assert close_day().finished
    written = told(PortfolioDay.objects.get())

    assert told(rebuild(date(2026, 3, 31))) == written
    assert PortfolioDay.objects.count() == 1
    assert written["late_30"] == late.principal  # 44 days late
    assert rebuild(date(2026, 2, 28)).late_30 == 0
    (february, march) = portfolio.at_risk(date(2026, 4, 1), 2).read()
    assert (february.on, march.on) == (date(2026, 2, 28), date(2026, 3, 31))
    assert march.shares[0] == (march.late[0] * 100 / march.outstanding).quantize(Decimal("0.01"))


def test_a_written_off_loan_leaves_the_portfolio() -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 1, 31))
    Loan.objects.filter(pk=loan.pk).update(status="written_off", written_off_on=date(2026, 2, 3))

    assert rebuild(date(2026, 1, 31)).outstanding == loan.principal
    assert rebuild(date(2026, 2, 28)).outstanding == 0


def test_what_the_day_moved_is_told() -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 2, 14))
    paid = RepaymentFactory(loan=loan, amount=Decimal("1100.15"), received_on=date(2026, 2, 15))

    assert rebuild(paid.recorded_on).collected == Decimal("1100.15")
    assert rebuild(paid.recorded_on + timedelta(days=1)).collected == 0


def test_the_command_makes_every_day_anew_up_to_last_night() -> None:
    LoanFactory(active=True)
    close_until(date(2026, 1, 31))
    business_date.move_to(date(2026, 1, 24))

    call_command("rebuild_portfolio", "2026-01-20")

    days = [date(2026, 1, day) for day in range(20, 24)]
    assert list(PortfolioDay.objects.order_by("on").values_list("on", flat=True)) == days
