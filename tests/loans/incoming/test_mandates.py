"""The plan that executes itself: one debit a day, nothing lost when the bank says no or nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from borrowers.bank_accounts import BANK_ACCOUNTS
from borrowers.models import AccountState, BankAccount
from core.errors import DomainError
from loans.incoming.mandates import (
    MandateAccountRefused,
    MandateAccountUnverified,
    MandateNotPossible,
    loans_to_debit,
    order_due,
    revoke_mandate,
    run_due,
    sign_mandate,
)
from loans.models import Loan, LoanPosition, Mandate, MandateAttempt, Repayment
from loans.servicing.settling import settle_early
from tests.borrowers.factories import BankAccountFactory, BorrowerFactory
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, MandateFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
NOTHING_TO_CHECK = {"debits_to_check": 0, "debits_withheld": 0}


def a_mandated_loan(account_number: str = "6222020000000001") -> Loan:
    loan = LoanFactory(active=True)
    MandateFactory(loan=loan, bank_account__account_number=account_number)
    close_until(date(2026, 2, 14))
    return loan


def test_the_due_amount_is_debited_on_the_due_date_and_only_once() -> None:
    loan = a_mandated_loan()

    assert run_due(loan.pk, loan.pk, date(2026, 2, 14)) == {"debits_paid": 0, "debits_failed": 0, **NOTHING_TO_CHECK}
    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 1, "debits_failed": 0, **NOTHING_TO_CHECK}
    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 0, "debits_failed": 0, **NOTHING_TO_CHECK}
    assert Repayment.objects.get().amount == Decimal("1100.15")


def test_a_debit_without_funds_is_kept_and_tried_again_on_another_day() -> None:
    loan = a_mandated_loan("6222020000001010")

    run_due(loan.pk, loan.pk, DUE)
    close_until(DUE)
    run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert list(MandateAttempt.objects.values_list("outcome", "code")) == [("failed", "AM04"), ("failed", "AM04")]
    assert not Repayment.objects.exists()


def test_silence_of_the_bank_is_asked_about_under_the_same_reference() -> None:
    loan = a_mandated_loan("6222020000001012")

    run_due(loan.pk, loan.pk, DUE)
    run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert MandateAttempt.objects.get().outcome == "unknown"


def test_what_was_ordered_is_what_the_bank_is_asked_for_whatever_came_meanwhile() -> None:
    loan = a_mandated_loan()
    for _time in range(2):
        order_due(loan.pk, loan.pk, DUE)
    ordered = MandateAttempt.objects.get()
    RepaymentFactory(loan=loan, amount=Decimal("100.00"), received_on=DUE)

    run_due(loan.pk, loan.pk, DUE)

    attempt = MandateAttempt.objects.get()
    assert (ordered.outcome, attempt.outcome) == ("sent", "paid")
    assert (attempt.reference, attempt.repayment.amount) == (ordered.reference, Decimal("1100.15"))
    order_due(loan.pk, loan.pk, DUE)
    assert MandateAttempt.objects.count() == 1


def test_a_revoked_mandate_is_not_used() -> None:
    loan = a_mandated_loan()
    revoke_mandate(mandate=loan.mandates.get(), on=DISBURSED)

    assert run_due(loan.pk, loan.pk, DUE) == {"debits_paid": 0, "debits_failed": 0, **NOTHING_TO_CHECK}


def test_an_unanswered_debit_of_a_revoked_mandate_is_asked_about_until_it_is_answered() -> None:
    loan = a_mandated_loan("6222020000001012")
    run_due(loan.pk, loan.pk, DUE)
    revoke_mandate(mandate=loan.mandates.get(), on=DUE)
    assert loans_to_debit() == (loan.pk, loan.pk)

    run_due(loan.pk, loan.pk, date(2026, 2, 16))
    assert MandateAttempt.objects.get().outcome == "unknown"

    Mandate.objects.update(bank_account=another_account(loan))  # the bank speaks again: the money was taken on the 15th
    counts = run_due(loan.pk, loan.pk, date(2026, 2, 17))

    assert counts == {"debits_paid": 1, "debits_failed": 0, **NOTHING_TO_CHECK}
    assert (MandateAttempt.objects.get().outcome, Repayment.objects.get().amount) == ("paid", Decimal("1100.15"))
    assert loans_to_debit() is None


def test_a_debit_that_was_ordered_under_a_mandate_revoked_meanwhile_is_withdrawn() -> None:
    loan = a_mandated_loan("6222020000001013")
    order_due(loan.pk, loan.pk, DUE)
    revoke_mandate(mandate=loan.mandates.get(), on=DUE)

    run_due(loan.pk, loan.pk, DUE)

    assert MandateAttempt.objects.get().outcome == "stopped"
    assert not Repayment.objects.exists()


def test_no_other_mandate_is_used_before_the_debit_under_the_old_one_is_answered() -> None:
    loan = a_mandated_loan("6222020000001012")
    run_due(loan.pk, loan.pk, DUE)
    sign_mandate(loan_id=loan.pk, bank_account=another_account(loan), signed_on=DUE)

    for day in (16, 17):
        order_due(loan.pk, loan.pk, date(2026, 2, day))
        run_due(loan.pk, loan.pk, date(2026, 2, day))
    assert [attempt.outcome for attempt in MandateAttempt.objects.all()] == ["unknown"], "it may have been debited"

    Mandate.objects.filter(status="revoked").update(bank_account=another_account(loan, "6222020000001013"))
    for day in (18, 19):
        order_due(loan.pk, loan.pk, date(2026, 2, day))
        run_due(loan.pk, loan.pk, date(2026, 2, day))
    assert [attempt.outcome for attempt in MandateAttempt.objects.order_by("id")] == ["stopped", "paid"]


def test_a_mandate_needs_an_account_of_the_borrower() -> None:
    loan, stranger = LoanFactory(active=True), BorrowerFactory()
    account = BankAccountFactory(borrower=stranger)

    with pytest.raises(MandateNotPossible):
        sign_mandate(loan_id=loan.pk, bank_account=account, signed_on=DISBURSED)


@pytest.mark.parametrize(
    ("account_number", "refusal", "code"),
    [
        ("6222020000001021", MandateAccountRefused, "mandate_account_refused"),
        ("6222020000001022", MandateAccountUnverified, "mandate_account_unverified"),
    ],
)
def test_a_mandate_needs_an_account_that_is_verified_as_the_borrowers(
    account_number: str, refusal: type[DomainError], code: str
) -> None:
    loan = LoanFactory(active=True)
    account = another_account(loan, account_number)

    with pytest.raises(refusal) as told:
        sign_mandate(loan_id=loan.pk, bank_account=account, signed_on=DISBURSED)

    assert (told.value.code, Mandate.objects.exists()) == (code, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.create(loan=loan, number="MN-1", bank_account=account, signed_on=DISBURSED)


def test_a_mandate_is_signed_by_what_the_account_is_now_and_not_by_what_was_read() -> None:
    loan = a_mandated_loan()
    account = loan.mandates.get().bank_account
    read_before = BankAccount.objects.get(pk=account.pk)
    refused_by_the_bank(account)

    with pytest.raises(MandateAccountRefused):
        sign_mandate(loan_id=loan.pk, bank_account=read_before, signed_on=DUE)


def test_an_account_refused_later_stops_the_next_debit_and_the_page_says_so(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    loan = a_mandated_loan()
    refused_by_the_bank(loan.mandates.get().bank_account)

    order_due(loan.pk, loan.pk, DUE)
    counts = run_due(loan.pk, loan.pk, DUE)

    assert counts == {"debits_paid": 0, "debits_failed": 0, "debits_to_check": 0, "debits_withheld": 1}
    assert not MandateAttempt.objects.exists() and not Repayment.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        MandateAttempt.objects.create(mandate=loan.mandates.get(), attempted_on=DUE, amount=1, reference="x")
    page = signed_in(client, "operations").get(reverse("desk:loan_tab", args=[loan.number, "transactions"]))
    assert "not verified as the borrower's, so nothing is debited" in page.content.decode()


def test_an_account_refused_after_a_failed_debit_is_not_tried_again() -> None:
    loan = a_mandated_loan("6222020000001010")
    run_due(loan.pk, loan.pk, DUE)
    close_until(DUE)
    refused_by_the_bank(loan.mandates.get().bank_account)

    for day in (16, 17, 18):
        run_due(loan.pk, loan.pk, date(2026, 2, day))

    assert [attempt.outcome for attempt in MandateAttempt.objects.all()] == ["failed"]


def test_a_debit_ordered_before_the_account_was_refused_is_withdrawn() -> None:
    loan = a_mandated_loan("6222020000001013")
    order_due(loan.pk, loan.pk, DUE)
    refused_by_the_bank(loan.mandates.get().bank_account)

    run_due(loan.pk, loan.pk, DUE)

    assert MandateAttempt.objects.get().outcome == "stopped"
    assert not Repayment.objects.exists()


def test_a_debit_answered_after_the_loan_was_paid_otherwise_is_owed_back_and_said(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    loan = a_mandated_loan("6222020000001012")
    run_due(loan.pk, loan.pk, DUE)
    settle_early(loan_id=loan.pk, on=DUE, channel="counter", idempotency_key="s")
    Mandate.objects.update(bank_account=another_account(loan))  # the bank speaks again

    counts = run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert counts == {"debits_paid": 1, "debits_failed": 0, "debits_to_check": 1, "debits_withheld": 0}
    attempt = MandateAttempt.objects.get()
    assert (attempt.outcome, attempt.code) == ("paid", "payment_above_owed")
    assert LoanPosition.objects.get(pk=loan.pk).overpaid == Decimal("1100.15")
    page = signed_in(client, "operations").get(reverse("desk:loan_tab", args=[loan.number, "transactions"]))
    assert "More was collected than the loan owed" in page.content.decode()


def test_a_debit_beside_a_receipt_of_that_day_and_amount_is_recorded_and_said() -> None:
    loan = a_mandated_loan("6222020000001012")
    run_due(loan.pk, loan.pk, DUE)
    RepaymentFactory(loan=loan, amount=Decimal("1100.15"), received_on=date(2026, 2, 16))  # by another way
    Mandate.objects.update(bank_account=another_account(loan))

    counts = run_due(loan.pk, loan.pk, date(2026, 2, 16))

    assert counts == {"debits_paid": 1, "debits_failed": 0, "debits_to_check": 1, "debits_withheld": 0}
    assert MandateAttempt.objects.get().code == "payment_looks_repeated"
    assert Repayment.objects.filter(loan=loan, amount=Decimal("1100.15")).count() == 2


def another_account(loan: Loan, account_number: str = "6222020000007777") -> BankAccount:
    return BankAccountFactory(borrower=loan.borrower, account_number=account_number)


def refused_by_the_bank(account: BankAccount) -> None:
    """The bank says by now that the account is somebody else's."""
    BANK_ACCOUNTS.advance(account, AccountState.REFUSED, bank_answer="no_match", is_primary=False)


def nights(loan: Loan, first: date, last: date) -> list[tuple[date, str, Decimal]]:
    """Run debits and close each day; the attempts made."""
    day = first
    while day <= last:
        run_due(loan.pk, loan.pk, day)
        close_until(day)
        day += timedelta(days=1)
    rows = MandateAttempt.objects.order_by("id")
    return [(row.attempted_on, row.outcome, row.share) for row in rows]


def test_retries_follow_the_rule_and_end_with_it() -> None:
    loan = a_mandated_loan("6222020000001010")

    made = nights(loan, DUE, date(2026, 3, 14))

    whole, half = Decimal(1), Decimal("0.5")
    assert made == [
        (DUE, "failed", whole),
        (date(2026, 2, 16), "failed", whole),
        (date(2026, 2, 18), "failed", whole),
        (date(2026, 2, 22), "failed", half),
    ]
    last = MandateAttempt.objects.latest("id")
    assert last.due_on == DUE and Decimal("550.07") <= last.amount < Decimal("560.00")


def test_the_next_instalment_is_tried_anew_with_all_that_is_owed() -> None:
    loan = a_mandated_loan("6222020000001010")

    made = nights(loan, DUE, date(2026, 3, 15))

    assert made[-1] == (date(2026, 3, 15), "failed", Decimal(1))
    assert MandateAttempt.objects.latest("id").amount > Decimal("2200.30")


def test_a_dated_rule_changes_the_plan() -> None:
    loan = a_mandated_loan("6222020000001010")
    rules = {"retries": [], "final_codes": []}
    RuleFactory(code="debit_retries", data=rules)

    assert nights(loan, DUE, date(2026, 3, 1)) == [(DUE, "failed", Decimal(1))]


def test_a_refusal_that_cannot_be_cured_is_not_repeated() -> None:
    loan = a_mandated_loan("6222020000001011")

    assert nights(loan, DUE, date(2026, 3, 1)) == [(DUE, "failed", Decimal(1))]


def test_a_late_debit_asks_for_all_that_makes_the_loan_late() -> None:
    loan = LoanFactory(active=True)
    close_until(date(2026, 2, 26))
    MandateFactory(loan=loan)

    made = nights(loan, date(2026, 2, 27), date(2026, 3, 1))

    assert made == [(date(2026, 2, 27), "paid", Decimal(1))], "with the late interest of that day"
    position = LoanPosition.objects.get(pk=loan.pk)
    assert (position.oldest_due_on, position.overdue_total) == (None, 0)


def test_what_was_paid_otherwise_is_not_debited() -> None:
    loan = a_mandated_loan("6222020000001010")
    nights(loan, DUE, DUE)
    Mandate.objects.update(bank_account=another_account(loan))

    RepaymentFactory(loan=loan, amount=Decimal("1100.15"), received_on=date(2026, 2, 16))
    late = LoanPosition.objects.get(pk=loan.pk).overdue_total

    assert late == 0 and len(nights(loan, date(2026, 2, 16), date(2026, 2, 20))) == 1
    assert Repayment.objects.count() == 1


def test_a_debit_without_an_answer_is_withdrawn_once_the_money_came_otherwise() -> None:
    loan = a_mandated_loan("6222020000001013")
    run_due(loan.pk, loan.pk, DUE)
    settle_early(loan_id=loan.pk, on=DUE, channel="counter", idempotency_key="s")

    assert run_due(loan.pk, loan.pk, date(2026, 2, 16)) == {"debits_paid": 0, "debits_failed": 1, **NOTHING_TO_CHECK}

    assert MandateAttempt.objects.get().outcome == "stopped"
    assert run_due(loan.pk, loan.pk, date(2026, 2, 17)) == {"debits_paid": 0, "debits_failed": 0, **NOTHING_TO_CHECK}
    assert LoanPosition.objects.get(pk=loan.pk).overpaid == 0


def test_the_loan_page_tells_each_try_its_reason_and_the_next_one(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    loan = a_mandated_loan("6222020000001010")
    nights(loan, DUE, DUE)

    page = signed_in(client, "operations").get(f"/app/loans/{loan.number}/transactions").content.decode()

    assert "Direct debits" in page and "insufficient funds" in page and "next debit 2026-02-16" in page
