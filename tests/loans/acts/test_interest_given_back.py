"""What was paid for days that no longer bear interest is given back, by whatever act: worked by hand.

12,000 at 18 %, interest by days, principal at the end. 349.15 paid on 20 January: 183.45 for the 31 days to 15 February and
165.70 for the 28 days to 15 March.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Instalment, Loan, LoanAct
from loans.proof import oracle
from loans.proof.verifying import compare, verify
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.factories import MerchantFactory, ProductVersionFactory
from tests.loans.servicing.test_repayments import pay, position

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 25)  # ten days of the second period have passed


@pytest.fixture
def loan() -> Loan:
    version = ProductVersionFactory(product__code="ahead", is_purchase=True)
    made = a_running_loan(
        method="interest_only", interest_by="day", product_version=version, merchant=MerchantFactory()
    )
    pay(made, "349.15", date(2026, 1, 20))
    close_until(date(2026, 2, 24))
    return made


def done(loan: Loan, kind: str, on: date = ON, **values: Any) -> LoanAct:
    act = perform(wish(loan, kind, on, **values), approved=True)
    assert_agreed(loan)
    return act


def assert_agreed(loan: Loan) -> None:
    fresh = Loan.objects.get(pk=loan.pk)
    assert (compare(fresh), oracle.differences(fresh)) == ([], [])
    assert list(verify()) == []


def interest(loan: Loan, number: int) -> tuple[str, str]:
    """Of one instalment what it bears, and what was paid of it."""
    row = Instalment.objects.get(loan=loan, number=number, superseded_on__isnull=True)
    return str(row.interest), str(row.interest_paid)


@pytest.mark.parametrize(
    ("kind", "values", "back", "second"),
    [
        # 12,000 × 18 % × 10 ÷ 365 are free
        ("hold_placed", {"stops": "interest", "until": date(2026, 3, 6)}, "59.18", "106.52"),
        # 12,000 × (18 % × 10 + 12 % × 18) ÷ 365 = 130.19 are borne
        ("rate_changed", {"annual_rate": Decimal("0.12")}, "35.51", "130.19"),
        ("rescheduled", {"from_due_on": date(2026, 3, 15), "annual_rate": Decimal("0.12")}, "35.51", "130.19"),
        # half of the goods: 6,000 × 18 % × 18 ÷ 365 are not borne any more
        ("merchant_refund", {"amount": Decimal("6000.00")}, "53.26", "112.44"),
        # the old plan bore ten days
        ("reamortised", {"count": 10}, "106.52", "59.18"),
    ],
)
def test_interest_paid_for_days_that_bear_none_any_more_pays_what_is_owed(
    loan: Loan, kind: str, values: dict[str, Any], back: str, second: str
) -> None:
    act = done(loan, kind, **values)

    assert (act.figures["paid_ahead_given_back"], act.figures["credit_used"]) == (back, back)
    assert interest(loan, 2) == (second, second)
    assert position(loan).overpaid == 0


def test_what_nothing_is_owed_for_is_overpaid(loan: Loan) -> None:
    """All goods go back: 106.52 of days to come belong to the borrower."""
    act = done(loan, "merchant_refund", amount=Decimal("12000.00"))

    assert act.figures["paid_ahead_given_back"] == "106.52"
    assert "credit_used" not in act.figures
    assert position(loan).overpaid == Decimal("106.52")


def test_taken_back_it_is_paid_ahead_again(loan: Loan) -> None:
    act = done(loan, "rate_changed", annual_rate=Decimal("0.12"))

    undo(act_id=act.pk, reason="wrong loan", on=ON, approved=True)

    assert_agreed(loan)
    assert (interest(loan, 2), interest(loan, 3)) == (("165.70", "165.70"), ("183.45", "0.00"))
    assert position(loan).overpaid == 0


def test_of_claims_that_left_the_books_it_pays_what_is_owed_too(loan: Loan) -> None:
    perform(wish(loan, "charged_off", ON, cause="fraud"), approved=True)
    close_until(ON)

    act = done(loan, "hold_placed", date(2026, 2, 26), stops="interest", until=date(2026, 3, 7))

    assert (act.figures["paid_ahead_given_back"], act.figures["credit_used"]) == ("59.18", "59.18")
    assert interest(loan, 2) == ("106.52", "106.52")


def test_interest_capitalised_twice_gives_nothing_back() -> None:
    """Interest of three months falls due with the third instalment. Each time the running instalment is cut in two, so that
    later ones have other numbers: what was taken of the third one is no money that comes back."""
    loan = a_running_loan(grace_on_interest_payment=2)
    for day in (date(2026, 1, 26), date(2026, 2, 6)):
        close_until(day - timedelta(days=1))
        done(loan, "interest_capitalised", day)

    assert position(loan).overpaid == 0
