"""Statement files: once in, never twice, and every cent in the books from the first minute."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from ledger import queries as ledger
from loans.incoming import importing, reading, taking_in
from loans.incoming.importing import Share
from loans.models import IncomingPayment, Loan, Repayment
from loans.servicing import settling
from tests.borrowers.factories import BankAccountFactory
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory
from tests.loans.statements import statement
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 16)


@pytest.fixture
def lin() -> Loan:
    """Lin's loan, first instalment of 1,100.16 due on 15 February; the books are open for the 16th."""
    loan = LoanFactory(active=True)
    close_until(date(2026, 2, 15))
    return loan


def take_in(content: bytes) -> dict[str, int]:
    bank_file = taking_in.take_in(content=content, name="june.csv", on=ON)
    return importing.settle_file(bank_file_id=bank_file.pk, on=ON)


def test_looking_at_a_file_changes_nothing(lin: Loan) -> None:
    preview = reading.preview(
        content=statement(("2026-02-15", "B-1", "1100.16", f"repay {lin.number}")), name="june.csv"
    )

    assert (preview.matched_count, preview.unmatched_count, preview.total) == (1, 0, Decimal("1100.16"))
    assert not IncomingPayment.objects.exists()
    assert not Repayment.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_payment_that_names_its_loan_is_credited_from_the_day_it_was_paid(lin: Loan, encoding: str) -> None:
    counts = take_in(statement(("2026-02-15", "B-1", "1100.16", f"还款{lin.number}"), encoding=encoding))

    repayment = Repayment.objects.get()
    assert counts == {"matched": 1, "suspense": 0}
    assert (repayment.loan, repayment.received_on, repayment.recorded_on) == (lin, date(2026, 2, 15), ON)
    assert repayment.channel == "bank_file"
    assert ledger.difference() == 0


def test_the_same_file_is_refused_the_second_time(lin: Loan) -> None:
    content = statement(("2026-02-15", "B-1", "1100.16", lin.number))
    take_in(content)

    with pytest.raises(taking_in.FileAlreadyImported):
        take_in(content)

    assert Repayment.objects.count() == 1


def test_an_overlapping_file_brings_only_what_is_new(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "500.00", lin.number)))

    counts = take_in(
        statement(("2026-02-15", "B-1", "500.00", lin.number), ("2026-02-16", "B-2", "600.16", lin.number))
    )

    assert counts == {"matched": 1, "suspense": 0}
    assert sorted(Repayment.objects.values_list("amount", flat=True)) == [Decimal("500.00"), Decimal("600.16")]


@pytest.mark.parametrize("number", ["LN-2026-1234567", "LN-2026-12345678"])
def test_the_loan_beyond_the_millionth_is_paid_and_not_the_one_its_first_digits_name(lin: Loan, number: str) -> None:
    other = LoanFactory(active=True)
    Loan.objects.filter(pk=lin.pk).update(number=number)
    Loan.objects.filter(pk=other.pk).update(number=number[:14])

    counts = take_in(statement(("2026-02-15", "B-1", "500.00", f"repay {number} thanks")))

    assert counts == {"matched": 1, "suspense": 0}
    assert Repayment.objects.get().loan_id == lin.pk


def test_settling_a_file_again_changes_nothing(lin: Loan) -> None:
    bank_file = taking_in.take_in(
        content=statement(("2026-02-15", "B-1", "1.00", lin.number), ("2026-02-15", "B-2", "2.00", "who knows")),
        name="a.csv",
        on=ON,
    )
    first = importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    again = importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    assert first == {"matched": 1, "suspense": 1}
    assert again == {"matched": 0, "suspense": 0}


@pytest.mark.parametrize(("remark", "reason"), [("phone bill", "no_reference"), ("LN-1999-000001", "loan_unknown")])
def test_money_nobody_can_place_is_owed_to_whoever_it_belongs_to(lin: Loan, remark: str, reason: str) -> None:
    take_in(statement(("2026-02-15", "B-1", "88.00", remark)))

    payment = IncomingPayment.objects.get()
    assert (payment.status, payment.unmatched_reason) == ("suspense", reason)
    assert ledger.balances()["2202"] == Decimal("-88.00")


def test_a_payment_dated_after_the_business_date_waits_with_the_reason(lin: Loan) -> None:
    take_in(statement(("2026-03-01", "B-1", "88.00", lin.number)))

    assert IncomingPayment.objects.get().unmatched_reason == "received_in_future"


def test_a_waiting_payment_can_be_split_over_loans(lin: Loan) -> None:
    chen = LoanFactory(active=True, disbursed_on=ON)
    take_in(statement(("2026-02-16", "B-1", "1000.00", "both")))
    payment = IncomingPayment.objects.get()

    importing.match_payment(
        payment_id=payment.pk,
        shares=[Share(lin.number, Decimal("400.00")), Share(chen.number, Decimal("600.00"))],
        on=ON,
        by=None,
        agreed_by=UserFactory(),
    )

    assert dict(Repayment.objects.values_list("loan_id", "amount")) == {lin.pk: 400, chen.pk: 600}
    assert ledger.balances()["2202"] == 0
    assert ledger.difference() == 0


def test_parts_that_do_not_sum_to_the_payment_are_refused(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "1000.00", "?")))

    with pytest.raises(importing.SharesDoNotAddUp):
        importing.match_payment(
            payment_id=IncomingPayment.objects.get().pk, shares=[Share(lin.number, Decimal("999.99"))], on=ON, by=None
        )


def test_an_unknown_loan_number_is_refused_and_the_payment_keeps_waiting(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "10.00", "?")))
    payment = IncomingPayment.objects.get()

    with pytest.raises(importing.LoanNumberUnknown):
        importing.match_payment(
            payment_id=payment.pk, shares=[Share("LN-1999-000001", Decimal("10.00"))], on=ON, by=None
        )

    assert ledger.balances()["2202"] == Decimal("-10.00")


def test_a_payment_is_matched_only_once(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "10.00", "?")))
    payment = IncomingPayment.objects.get()
    shares = [Share(lin.number, Decimal("10.00"))]
    importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None, agreed_by=UserFactory())

    with pytest.raises(importing.PaymentAlreadySettled):
        importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None)


def test_a_payment_that_is_not_ours_goes_back(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "10.00", "?")))

    payment = importing.return_payment(payment_id=IncomingPayment.objects.get().pk, on=ON, reason="wrong account")

    assert payment.status == "returned"
    assert ledger.balances()["2202"] == 0


def test_the_payers_account_decides_when_no_loan_is_named(lin: Loan) -> None:
    BankAccountFactory(borrower=lin.borrower, account_number="6222 021234")

    take_in(statement(("2026-02-15", "B-1", "10.00", "thank you")))

    assert Repayment.objects.get().loan == lin
    assert IncomingPayment.objects.get().matched_how == "payer_account"


def test_an_account_behind_two_loans_decides_nothing(lin: Loan) -> None:
    BankAccountFactory(borrower=lin.borrower, account_number="6222021234")
    LoanFactory(active=True, borrower=lin.borrower, disbursed_on=date(2026, 2, 15))

    take_in(statement(("2026-02-15", "B-1", "10.00", "thank you")))

    assert IncomingPayment.objects.get().unmatched_reason == "several_loans"


def test_a_settled_loan_takes_no_more_money_by_itself(lin: Loan) -> None:
    settling.settle_early(loan_id=lin.pk, on=ON, channel="counter", idempotency_key="k")

    take_in(statement(("2026-02-16", "B-1", "10.00", lin.number)))

    assert IncomingPayment.objects.get().unmatched_reason == "loan_closed"


def test_two_workers_on_one_file_count_its_money_once(lin: Loan, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("2026-02-15", "B-1", "10.00", "?"), ("2026-02-15", "B-2", "1100.16", lin.number)]
    bank_file = taking_in.take_in(content=statement(*rows), name="june.csv", on=ON)
    alone = importing._park

    def after_the_other_worker(payment: IncomingPayment, on: date) -> bool:
        monkeypatch.setattr(importing, "_park", alone)
        importing.settle_file(bank_file_id=bank_file.pk, on=ON)
        return alone(payment, on)

    monkeypatch.setattr(importing, "_park", after_the_other_worker)
    counts = importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    assert counts == {"matched": 0, "suspense": 0}
    assert ledger.balances()["2202"] == Decimal("-10.00")
    assert Repayment.objects.get().amount == Decimal("1100.16")


def test_the_payers_words_are_sealed_at_rest(lin: Loan) -> None:
    take_in(statement(("2026-02-15", "B-1", "88.00", "from Li Na 13812341234")))

    assert IncomingPayment.objects.get().remark == "from Li Na 13812341234"
    with connection.cursor() as cursor:
        cursor.execute("SELECT remark FROM loans_incomingpayment")
        stored = str(cursor.fetchone()[0])
    assert stored and "Li Na" not in stored and "1381234" not in stored
