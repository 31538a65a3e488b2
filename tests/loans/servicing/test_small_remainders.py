"""A remainder too small to be collected: closed under its own name, in the same transaction, and gone with its payment."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.models import JournalLine
from loans.api.reading import movements_of
from loans.events.act_kinds import ActUnknown
from loans.models import ActStatus, Loan, LoanAct, LoanStatus
from loans.notices.rereading import receipts_today
from loans.pages.loan_page import loan_page, transactions
from loans.proof import oracle
from loans.servicing.repayments import reverse_repayment
from messaging.models import Message, Since
from messaging.rereading import Read
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.doing import do
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)


def a_tolerant_loan(**terms: Any) -> Loan:
    """1,000.00 due once, on 15 February, with 18 % / 12 = 15.00 interest; up to 0.50 is not collected."""
    agreed = {"principal": Decimal("1000.00"), "instalment_count": 1, "remainder_tolerance": Decimal("0.50")}
    loan = a_running_loan(**(agreed | terms))
    close_until(date(2026, 2, 14))
    return loan


def the_act(loan: Loan) -> LoanAct:
    return loan.acts.get(kind="small_remainder", status=ActStatus.STANDING)


def lines_of(act: LoanAct) -> list[tuple[Any, ...]]:
    assert act.entry is not None
    return list(act.entry.lines.order_by("id").values_list("account_id", "debit", "credit"))


def test_a_remainder_up_to_the_tolerance_is_closed_by_its_own_name_with_the_payment() -> None:
    """1,015.00 owed, 1,014.60 paid: 0.40 of principal is given up, as an expense of its own and no interest lost."""
    loan = a_tolerant_loan()

    pay(loan, "1014.60", DUE)

    loan.refresh_from_db()
    act = the_act(loan)
    assert (loan.status, loan.settled_on, act.effective_on) == (LoanStatus.SETTLED, DUE, DUE)
    assert (act.figures["closed"], act.figures["not_earned"]) == ("0.40", "0.00")
    assert lines_of(act) == [
        ("5005", Decimal("0.40"), Decimal("0.00")),
        ("1201", Decimal("0.00"), Decimal("0.40")),
    ]
    assert position(loan).interest_accrued == Decimal("15.00")
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


@pytest.mark.parametrize(("paid", "closed"), [("1014.50", True), ("1014.49", False)])
def test_the_tolerance_itself_is_closed_and_a_cent_more_is_owed(paid: str, closed: bool) -> None:
    loan = a_tolerant_loan()

    pay(loan, paid, DUE)

    loan.refresh_from_db()
    assert loan.acts.exists() is closed
    assert (loan.status == LoanStatus.SETTLED) is closed
    assert_books_agree(loan)


def test_what_is_still_to_come_counts_and_days_to_come_are_not_charged() -> None:
    """Two instalments: after the first, 0.40 of principal and 0.01 of interest to come are owed; the second due 15 March."""
    loan = a_tolerant_loan(instalment_count=2)
    owed = sum((row.still_owed for row in loan.instalments.all()), Decimal(0))

    pay(loan, str(owed - Decimal("0.41")), DUE)

    loan.refresh_from_db()
    act = the_act(loan)
    assert loan.status == LoanStatus.SETTLED
    assert Decimal(act.figures["closed"]) + Decimal(act.figures["not_earned"]) == Decimal("0.41")
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


def test_what_was_paid_too_much_is_the_borrowers() -> None:
    loan = a_tolerant_loan()

    pay(loan, "1015.30", DUE)

    assert not loan.acts.exists()
    assert position(loan).overpaid == Decimal("0.30")


def test_the_payment_behind_it_is_reversed_and_all_is_owed_again() -> None:
    loan = a_tolerant_loan()
    receipt = pay(loan, "1014.60", DUE)

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=DUE)

    loan.refresh_from_db()
    act = loan.acts.get()
    assert (loan.status, act.status, act.undone_on) == (LoanStatus.ACTIVE, ActStatus.UNDONE, DUE)
    assert act.undo_reason == "What was owed is no small remainder any more."
    assert position(loan).principal_outstanding == Decimal("1000.00")
    assert JournalLine.objects.filter(account_id="5005").count() == 2
    assert_books_agree(loan)

    pay(loan, "1014.70", DUE, key="again")

    loan.refresh_from_db()
    assert (loan.status, the_act(loan).figures["closed"]) == (LoanStatus.SETTLED, "0.30")
    assert_books_agree(loan)


def test_money_told_of_late_pays_what_was_closed_and_it_vanishes() -> None:
    loan = a_tolerant_loan()
    pay(loan, "1014.60", DUE)

    pay(loan, "5.00", date(2026, 2, 10), recorded_on=DUE)

    loan.refresh_from_db()
    assert (loan.status, loan.acts.get().status) == (LoanStatus.SETTLED, ActStatus.UNDONE)
    assert position(loan).overpaid == Decimal("4.60")
    assert_books_agree(loan)


def test_more_than_the_tolerance_is_never_given_up_by_repetition() -> None:
    """The payer's bank takes 0.45 back once 0.40 was closed: one stands already, so the 0.45 is owed."""
    loan = a_tolerant_loan()
    receipt = pay(loan, "1014.60", DUE)

    do("charge_back", loan_id=loan.pk, on=DUE, receipt=receipt.number, amount=Decimal("0.45"))

    loan.refresh_from_db()
    assert (loan.status, position(loan).principal_outstanding) == (LoanStatus.ACTIVE, Decimal("0.45"))
    assert loan.acts.filter(kind="small_remainder").count() == 1
    assert oracle.not_followed(loan) == "a small remainder closed before something was owed again"
    assert_books_agree(loan)


def test_an_act_that_leaves_little_closes_it_and_the_borrower_hears_that_the_loan_is_settled() -> None:
    loan = a_tolerant_loan()
    pay(loan, "1010.60", DUE)

    do("goodwill_credit", loan_id=loan.pk, on=DUE, amount=Decimal("4.00"))

    loan.refresh_from_db()
    [message] = Message.objects.filter(template_code="loan_settled")
    assert (loan.status, message.context["settled_on"]) == (LoanStatus.SETTLED, "2026-02-15")
    assert receipts_today([message], timezone.now()) == {}
    assert_books_agree(loan)


def test_a_payment_that_closes_it_is_told_as_a_settlement_once() -> None:
    loan = a_tolerant_loan()

    receipt = pay(loan, "1014.60", DUE)

    [message] = Message.objects.filter(template_code__in=["loan_settled", "repayment_received"])
    assert (message.template_code, message.dedupe_key) == ("loan_settled", f"loan_settled:{receipt.public_id}")


def test_the_message_is_dropped_once_the_remainder_is_owed_again() -> None:
    loan = a_tolerant_loan()
    receipt = pay(loan, "1010.60", DUE)
    do("goodwill_credit", loan_id=loan.pk, on=DUE, amount=Decimal("4.00"))
    [message] = Message.objects.filter(template_code="loan_settled")

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=DUE)

    assert receipts_today([message], timezone.now()) == {message.pk: Read(Since.UNDONE)}


def test_it_is_closed_where_interest_follows_the_balance() -> None:
    loan = a_tolerant_loan(instalment_count=3, recalculates=True)

    owed = Decimal("1015.00")  # 1,000.00 for a month of 18 % / 12
    pay(loan, str(owed - Decimal("0.40")), DUE)

    loan.refresh_from_db()
    assert (loan.status, the_act(loan).figures["closed"]) == (LoanStatus.SETTLED, "0.40")
    assert position(loan).interest_accrued == Decimal("15.00")
    assert_books_agree(loan)
    assert oracle.differences(loan) == []


def test_a_loan_charged_off_before_books_nothing_for_it() -> None:
    loan = a_tolerant_loan()
    do("charged_off", loan_id=loan.pk, on=DUE, cause="death")

    pay(loan, "1014.60", DUE)

    loan.refresh_from_db()
    assert (loan.status, the_act(loan).entry) == (LoanStatus.SETTLED, None)
    assert_books_agree(loan)


def test_history_transactions_and_the_api_name_it() -> None:
    loan = a_tolerant_loan()
    pay(loan, "1014.60", DUE)
    loan.refresh_from_db()

    [row] = [row for row in transactions(loan) if row.act is not None]
    assert (row.kind, row.amount, row.is_undoable) == ("Small remainder closed", Decimal("0.40"), False)
    assert "Small remainder closed" in [event.title for event in loan_page(loan, on=DUE).read().events]
    assert movements_of(loan)[0].kind == "small_remainder"


def test_nobody_asks_for_it(client: Client, staff_member: Any) -> None:
    loan = a_tolerant_loan()
    client.force_login(staff_member(superuser=True), backend="staff.backends.StaffBackend")

    with pytest.raises(ActUnknown):
        do("small_remainder", loan_id=loan.pk, on=DUE)
    assert client.get(f"/app/loans/{loan.number}/acts/small_remainder").status_code == 404
    assert "small_remainder" not in client.get(f"/app/loans/{loan.number}/acts").content.decode()


def test_a_loan_without_a_tolerance_is_not_asked_about_it() -> None:
    """The same statements as for any loan: the setting stands in the row that is read anyway."""
    warm, strict, tolerant = a_running_loan(), a_running_loan(), a_running_loan(remainder_tolerance=Decimal("0.50"))
    pay(warm, "10.00", DUE)  # fills what the process keeps
    counts = []
    for loan in (strict, tolerant):
        with CaptureQueriesContext(connection) as found:
            pay(loan, "10.00", DUE)
        counts.append(len(found))

    assert counts[0] == counts[1]


def test_a_tolerance_is_at_most_one_percent_of_the_smallest_loan() -> None:
    version = a_product()  # from 100.00
    version.remainder_tolerance = Decimal("1.01")
    with pytest.raises(IntegrityError, match="remainder_small"), transaction.atomic():
        version.save()
    version.remainder_tolerance = Decimal("-0.01")
    with pytest.raises(IntegrityError, match="remainder_tolerance"), transaction.atomic():
        version.save()
