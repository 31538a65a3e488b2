"""Whatever is priced on a day is priced at the contract rate of that day, however that rate came to be.

6,000 over 6 months at 18 %, the first instalment of 1,053.15 paid when due: 5,036.85 are left, at 12 % from 15 February.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform
from loans.models import Instalment, Loan
from loans.proof.verifying import compare
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.factories import ProductVersionFactory
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 15)
LEFT = Decimal("5036.85")
BY_RATE_CHANGE: tuple[str, dict[str, Any]] = ("rate_changed", {"annual_rate": Decimal("0.12")})
BY_RESCHEDULE: tuple[str, dict[str, Any]] = (
    "rescheduled",
    {"from_due_on": date(2026, 3, 15), "annual_rate": Decimal("0.12")},
)


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


@pytest.fixture(params=[BY_RATE_CHANGE, BY_RESCHEDULE], ids=["rate changed", "rescheduled"])
def loan(request: pytest.FixtureRequest) -> Loan:
    kind, values = request.param
    made = a_running_loan(principal=Decimal("6000.00"), instalment_count=6)
    close_until(date(2026, 2, 14))
    pay(made, "1053.15", ON)
    perform(wish(made, kind, ON, **values), approved=True)
    return made


def done(loan: Loan, kind: str, **values: Any) -> dict[str, str]:
    figures: dict[str, str] = perform(wish(loan, kind, ON, **values), approved=True).figures
    assert compare(Loan.objects.get(pk=loan.pk)) == []
    return figures


def test_an_extension(loan: Loan) -> None:
    """5,036.85 × 12 % × 10 ÷ 365."""
    assert done(loan, "extension", days=10)["interest_added"] == "16.56"


def test_another_due_day(loan: Loan) -> None:
    assert done(loan, "due_day_changed", day=25)["interest_added"] == "16.56"


def test_a_holiday_with_interest(loan: Loan) -> None:
    """A month of 50.37 for the instalment skipped, and one for its own period."""
    done(loan, "payment_holiday", count=1, interest="first")

    assert rows(loan)[1].interest == Decimal("100.74")


def test_a_new_plan(loan: Loan) -> None:
    done(loan, "reamortised", count=5)

    assert [row.interest for row in rows(loan) if row.due_on == date(2026, 3, 15)] == [Decimal("50.37")]


def test_a_second_change_in_the_same_period(loan: Loan) -> None:
    """18 days at 12 % and 10 at 24 %, of the 28 of the period: 50.37 × 18/28 + 100.74 × 10/28."""
    on = date(2026, 3, 5)
    perform(wish(loan, "rate_changed", on, annual_rate=Decimal("0.24")), approved=True)

    assert rows(loan)[1].interest == Decimal("68.36")
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_what_is_overdue_and_spread_with_interest() -> None:
    loan = a_running_loan(principal=Decimal("6000.00"), instalment_count=6)
    close_until(date(2026, 2, 15))
    perform(wish(loan, "rate_changed", date(2026, 2, 16), annual_rate=Decimal("0.12")), approved=True)
    late = rows(loan)[0]

    spread = perform(wish(loan, "overdue_spread", date(2026, 2, 16), priced=True), approved=True)

    days = [(row.due_on - date(2026, 2, 16)).days for row in rows(loan)[1:]]
    wanted = sum(late.principal / 5 * Decimal("0.12") * day / 365 for day in days)
    assert abs(Decimal(spread.figures["interest_added"]) - wanted) < Decimal("2.00")
    at_old_rate = wanted * Decimal("1.5")
    assert abs(Decimal(spread.figures["interest_added"]) - at_old_rate) > Decimal("5.00")


def test_a_further_drawdown() -> None:
    """1,000 lent at 18 %, at 12 % since the second due date; 9,000 more on it bear a month of 12 %: 100.00 of 10,000."""
    loan = a_running_loan(
        principal=Decimal("10000.00"), drawdowns=[["2026-01-15", "1000.00"]], method="interest_only", instalment_count=6
    )
    close_until(date(2026, 2, 14))
    perform(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.12")), approved=True)
    close_until(date(2026, 3, 14))
    perform(wish(loan, "drawn_down", date(2026, 3, 15), amount=Decimal("9000.00")))

    assert [row.interest for row in rows(loan)] == [Decimal(x) for x in ("15.00", "10.00", *["100.00"] * 4)]
    assert compare(Loan.objects.get(pk=loan.pk)) == []


def test_a_merchant_refund() -> None:
    """A purchase of 12,000 at 12 % since the first due date, half given back on it: 60 a month from then on."""
    purchases = ProductVersionFactory(product__code="purchase-12", is_purchase=True)
    loan = a_running_loan(product_version=purchases, method="interest_only")
    close_until(date(2026, 2, 14))
    perform(wish(loan, "rate_changed", ON, annual_rate=Decimal("0.12")), approved=True)
    perform(wish(loan, "merchant_refund", ON, amount=Decimal("6000.00")), approved=True)

    assert [row.interest for row in rows(loan)[:3]] == [Decimal("180.00"), Decimal("60.00"), Decimal("60.00")]
