"""Money that payers' banks take back, and credit balances that pay what is owed again. The figures are worked out by hand.

A loan without interest: 1,000.00 in one instalment due on 15 February 2026.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.money import ZERO
from loans.account.changes.credits import SplitTooHigh
from loans.acts.kinds.credits import PartTooHigh
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Instalment, Loan, LoanStatus, Repayment
from loans.proof import oracle
from loans.servicing.settling import settlement_quote
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import do, refund_overpayment, take_back
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
EARLY, LONG_AFTER = date(2026, 2, 1), date(2026, 5, 4)
NO_INTEREST: dict[str, Any] = {"principal": Decimal("1000.00"), "annual_rate": ZERO, "instalment_count": 1}


def rows(loan: Loan) -> list[Instalment]:
    return list(Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number"))


def charged_back(loan: Loan, receipt: Repayment, amount: str, on: date, **split: str) -> Any:
    values: dict[str, Any] = {part: Decimal(sum_) for part, sum_ in split.items()}
    return perform(
        wish(loan, "charge_back", on, amount=Decimal(amount), receipt=receipt.number, **values), approved=True
    )


def test_what_was_overpaid_pays_what_a_charge_back_makes_owed_again() -> None:
    """1,000 lent, 1,300 paid, 1,300 charged back: 1,000 owed and nothing overpaid."""
    loan = a_running_loan(**NO_INTEREST)
    receipt = pay(loan, "1300.00", EARLY)
    assert position(loan).overpaid == Decimal("300.00")

    with the_journal() as journal:
        act = charged_back(loan, receipt, "1300.00", EARLY)

    assert (position(loan).principal_outstanding, position(loan).overpaid) == (Decimal("1000.00"), ZERO)
    assert act.figures["credit_used"] == "300.00"
    assert journal.text == told("""
        2026-02-01 charge_back
          Loan principal receivable        1300.00
          Cash at bank                                1300.00
          Borrower overpayments             300.00
          Loan principal receivable                    300.00
    """)
    assert_books_agree(loan)

    take_back(act, EARLY)
    assert (position(loan).principal_outstanding, position(loan).overpaid) == (ZERO, Decimal("300.00"))
    assert_books_agree(loan)


def test_after_maturity_the_loan_is_late_from_the_charge_back() -> None:
    """The due date was 15 February; the bank takes 400.00 back on 4 May: on the 10th it is six days late."""
    loan = a_running_loan(**NO_INTEREST)
    receipt = pay(loan, "1000.00", DUE)
    close_until(date(2026, 5, 3))

    charged_back(loan, receipt, "400.00", LONG_AFTER)
    close_until(date(2026, 5, 10))

    stands = position(loan)
    assert (stands.oldest_due_on, stands.days_past_due) == (LONG_AFTER, 6)
    assert (stands.overdue_principal, stands.bucket) == (Decimal("400.00"), "M1")
    # one day after the five of grace at 27 %: 400.00 × 0.27 / 365
    assert stands.late_interest_accrued == Decimal("0.30")
    assert_books_agree(loan)


def test_before_maturity_it_is_owed_with_the_next_instalment() -> None:
    loan = a_running_loan(**{**NO_INTEREST, "instalment_count": 2})
    receipt = pay(loan, "500.00", DUE)
    close_until(DUE)

    charged_back(loan, receipt, "500.00", date(2026, 2, 20))

    assert [(row.due_on, row.principal) for row in rows(loan)] == [
        (DUE, Decimal("500.00")),
        (date(2026, 3, 15), Decimal("1000.00")),
    ]
    assert position(loan).days_past_due == 0
    assert_books_agree(loan)


def test_a_charge_back_says_what_it_had_paid() -> None:
    """Of 1,100.15 paid on 15 February 180.00 were interest: all comes back, its interest at once, the rest next month."""
    loan = a_running_loan()
    receipt = pay(loan, "1100.15", DUE)
    close_until(date(2026, 2, 19))
    earned = position(loan).interest_accrued

    with the_journal() as journal:
        charged_back(loan, receipt, "1100.15", date(2026, 2, 20), interest="180.00")

    assert journal.text.startswith(
        told("""
        2026-02-20 charge_back
          Loan principal receivable         920.15
          Interest income                   180.00
          Cash at bank                                1100.15
        2026-02-20 accrual
    """)
    )
    stands = position(loan)
    assert stands.principal_outstanding == Decimal("12000.00")
    assert stands.interest_receivable == stands.interest_accrued - Decimal("180.00")
    assert stands.interest_accrued - earned > Decimal("180.00")  # and the day's own
    claim = rows(loan)[-1]
    assert (claim.due_on, claim.interest, claim.principal) == (date(2026, 2, 20), Decimal("180.00"), ZERO)
    assert_books_agree(loan)


def test_no_more_is_taken_of_a_part_than_it_paid() -> None:
    loan = a_running_loan()
    receipt = pay(loan, "1100.15", DUE)

    with pytest.raises(PartTooHigh):
        charged_back(loan, receipt, "500.00", DUE, interest="180.01")
    with pytest.raises(SplitTooHigh):
        charged_back(loan, receipt, "100.00", DUE, interest="180.00")
    charged_back(loan, receipt, "100.00", DUE, interest="100.00")
    with pytest.raises(PartTooHigh):
        charged_back(loan, receipt, "100.00", DUE, interest="80.01")
    assert_books_agree(loan)


def test_a_loan_that_follows_the_balance_takes_a_charge_back_too() -> None:
    loan = a_running_loan(recalculates=True)
    receipt = pay(loan, "1100.15", DUE)
    close_until(date(2026, 2, 20))

    act = charged_back(loan, receipt, "100.00", date(2026, 2, 21))

    assert position(loan).principal_outstanding == Decimal("11179.85")
    assert_books_agree(loan)
    close_until(date(2026, 4, 10))
    assert_books_agree(loan)
    pay(loan, "14000.00", date(2026, 4, 11))
    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert_books_agree(loan)
    undo(act_id=act.pk, reason="the bank was wrong", on=date(2026, 4, 11))
    assert_books_agree(loan)


def test_what_was_charged_back_bears_interest_where_all_that_is_outstanding_does() -> None:
    """1,200.00 for the 90 days to 15 April bear 54.00. 300.00 paid on 25 January and charged back on 10 February: ten days
    0.60, sixteen 0.45 and 28 days 0.60 again make 30.00 by 10 March. The late rate has 9 % above the contract rate: 300.00
    for the 23 days after five days of grace, 1.70."""
    loan = a_running_loan(
        principal=Decimal("1200.00"),
        instalment_count=3,
        method="bullet",
        recalculates=True,
        rest="daily",
        late_annual_rate=Decimal("0.09"),
        late_interest_on_top=True,
    )
    receipt = pay(loan, "300.00", date(2026, 1, 25))
    close_until(date(2026, 2, 9))
    charged_back(loan, receipt, "300.00", date(2026, 2, 10))
    close_until(date(2026, 3, 10))

    quote = settlement_quote(loan, date(2026, 3, 10))

    assert (quote.principal, quote.interest) == (Decimal("1200.00"), Decimal("30.00"))
    assert quote.late_interest == Decimal("1.70")
    assert oracle.differences(loan) == []
    assert oracle.pay_off(loan, date(2026, 3, 10)) == quote.total
    pay(loan, "301.78", date(2026, 3, 11))
    assert settlement_quote(loan, date(2026, 3, 11)).principal == Decimal("900.00")
    assert oracle.differences(loan) == []
    assert_books_agree(loan)


def test_money_drawn_after_all_was_paid_ahead_uses_the_credit() -> None:
    """4,000.00 of 12,000.00 were drawn and 5,000.00 came, told of after 7,000.00 more went out: 6,000.00 are owed."""
    loan = a_running_loan(**{**NO_INTEREST, "principal": Decimal("12000.00")}, drawdowns=[["2026-01-15", "4000.00"]])
    close_until(date(2026, 1, 31))
    drawn = do("drawn_down", loan_id=loan.pk, on=EARLY, amount=Decimal("7000.00"))

    pay(loan, "5000.00", date(2026, 1, 20), recorded_on=EARLY)

    assert (position(loan).principal_outstanding, position(loan).overpaid) == (Decimal("6000.00"), ZERO)
    drawn.refresh_from_db()
    assert drawn.figures["credit_used"] == "1000.00"
    assert_books_agree(loan)


def test_a_fee_raised_after_all_was_paid_is_paid_by_the_credit() -> None:
    """Paid on 20 January with 50.00 too much, told of after a fee of 10.00 was raised by 5.00: 45.00 are left over."""
    loan = a_running_loan(**NO_INTEREST, fee_total=Decimal("10.00"))
    close_until(date(2026, 1, 31))
    do("fee_raised", loan_id=loan.pk, on=EARLY, instalment=1, amount=Decimal("5.00"))

    pay(loan, "1060.00", date(2026, 1, 20), recorded_on=EARLY)

    loan.refresh_from_db()
    assert (loan.status, position(loan).overpaid) == (LoanStatus.SETTLED, Decimal("45.00"))
    assert_books_agree(loan)


def test_a_refund_the_bank_refuses_pays_what_was_charged_back_meanwhile() -> None:
    """300.00 overpaid were sent back, 1,300.00 charged back, then the refund returned: 1,000.00 are owed."""
    loan = a_running_loan(**NO_INTEREST)
    receipt = pay(loan, "1300.00", EARLY)
    refund = refund_overpayment(loan_id=loan.pk, amount=Decimal("300.00"), on=EARLY)
    charged_back(loan, receipt, "1300.00", EARLY)
    assert position(loan).principal_outstanding == Decimal("1300.00")

    take_back(refund, date(2026, 2, 3), "account closed")

    assert (position(loan).principal_outstanding, position(loan).overpaid) == (Decimal("1000.00"), ZERO)
    assert_books_agree(loan)


def test_late_interest_that_was_waived_is_paid_by_the_credit_when_the_waiver_is_undone() -> None:
    loan = a_running_loan(**NO_INTEREST)
    close_until(date(2026, 2, 25))
    owed = position(loan).late_interest_receivable
    waiver = do("waiver", loan_id=loan.pk, on=date(2026, 2, 25), component="late_interest", amount=owed)
    pay(loan, "1300.00", date(2026, 2, 25))

    take_back(waiver, date(2026, 2, 26))

    loan.refresh_from_db()
    assert (loan.status, position(loan).overpaid) == (LoanStatus.SETTLED, Decimal("300.00") - owed)
    assert_books_agree(loan)
