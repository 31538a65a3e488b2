"""What counts as a good record: money that was paid. What was moved, given up or cured without a payment does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import business_date
from loans.acts.asking import perform_or_ask
from loans.gate import asking, subjects
from loans.gate.gate import BindingAct
from loans.models import Loan, LoanAct
from loans.pricing.quotes import quote_for, version_on_sale
from risk import limits
from risk.people import records_of
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.doing import do
from tests.loans.factories import DISBURSED, ApplicantFactory, LoanFactory, RepaymentFactory, an_application
from tests.loans.servicing.test_repayments import position
from tests.risk.factories import CreditLimitFactory

pytestmark = pytest.mark.django_db
StaffMember = Callable[..., User]


def a_loan(principal: str = "8000.00") -> Loan:
    return LoanFactory(active=True, principal=Decimal(principal), borrower=ApplicantFactory())


def at_work_on(on: date) -> None:
    close_until(on - timedelta(days=1))
    business_date.move_to(on)


def arrears_of(loan: Loan, on: date) -> tuple[bool, dict[str, Any]]:
    """Whether the check ``arrears`` passes for another loan of the borrower, and what it saw."""
    application = an_application(loan.borrower, amount=Decimal("2000"), on=on)
    version = version_on_sale(application.product_id, on)
    quote = quote_for(version=version, principal=application.amount, term_count=application.term_count, on=on)
    verdict = asking.ask(subjects.of_offer(application, quote, on), BindingAct.PERSON_DECISION, on).verdict
    (found,) = (finding for finding in verdict.findings if finding.code == "arrears")
    return str(found.result) == "passed", dict(found.facts)


def test_days_cured_without_a_payment_stay_arrears_for_the_months_of_the_rule(staff_member: StaffMember) -> None:
    loan, on = a_loan("3000.00"), date(2026, 4, 20)
    at_work_on(on)
    done = perform_or_ask(replace(wish(loan, "overdue_reaged", on, count=3, priced=True), by=staff_member("collector")))
    assert isinstance(done, LoanAct) and position(loan).days_past_due == 0
    late = int(done.figures["days_cured"])
    assert late > 60

    passed, facts = arrears_of(loan, on)

    assert (passed, facts["days_past_due"]) == (False, late)
    borrower = loan.borrower_id
    assert records_of([borrower], date(2027, 4, 19), "CN")[borrower].days_past_due == late
    assert records_of([borrower], date(2027, 4, 20), "CN")[borrower].days_past_due == 0


def test_a_loan_settled_for_less_is_a_loss_until_that_is_undone(staff_member: StaffMember) -> None:
    loan, on = a_loan(), date(2026, 7, 1)
    limit = CreditLimitFactory(borrower=loan.borrower, amount=Decimal("10000"), on=DISBURSED)
    at_work_on(on)
    owed = position(loan).outstanding_total
    RepaymentFactory(loan=loan, amount=owed - 1500, received_on=on, recorded_on=on, channel="bank_file")
    done = perform_or_ask(
        replace(wish(loan, "settled_for_less", on, at_most=Decimal("2000")), by=staff_member("operations"))
    )
    assert isinstance(done, LoanAct)

    passed, facts = arrears_of(loan, on)

    assert (passed, facts["written_off"]) == (False, 1)
    assert records_of([loan.borrower_id])[loan.borrower_id].loans_settled == 0
    assert limits.rescore(0, 2**62, on)["ended"] == 1
    limit.refresh_from_db()
    assert limit.amount == 0


@pytest.mark.parametrize(
    ("kind", "values"), [("overdue_spread", {}), ("overdue_reaged", {"count": 3}), ("reamortised", {"count": 12})]
)
def test_instalments_that_were_moved_away_are_not_paid(kind: str, values: dict[str, Any]) -> None:
    loan, on = a_loan(), date(2026, 4, 17)
    at_work_on(on)

    do(kind, loan_id=loan.pk, on=on, **values)

    assert records_of([loan.borrower_id])[loan.borrower_id].instalments_paid == 0


def test_nor_where_something_was_paid_of_them() -> None:
    loan, on = a_loan(), date(2026, 4, 17)
    at_work_on(on)
    RepaymentFactory(loan=loan, amount=Decimal("1.00"), received_on=on, recorded_on=on, channel="bank_file")

    do("overdue_spread", loan_id=loan.pk, on=on)

    assert records_of([loan.borrower_id])[loan.borrower_id].instalments_paid == 0


def test_they_raise_no_limit() -> None:
    """Three instalments spread on the day after each fell due looked paid on time."""
    loan = LoanFactory(active=True, borrower=ApplicantFactory(income__as_of=DISBURSED))
    limit = CreditLimitFactory(borrower=loan.borrower, amount=Decimal("10000"), on=DISBURSED)
    on = DISBURSED
    for _ in range(3):
        on = position(loan).next_due_on + timedelta(days=1)
        at_work_on(on)
        do("overdue_spread", loan_id=loan.pk, on=on)

    limits.rescore(0, 2**62, max(on, DISBURSED + timedelta(days=100)))

    limit.refresh_from_db()
    assert limit.amount == Decimal("10000")
