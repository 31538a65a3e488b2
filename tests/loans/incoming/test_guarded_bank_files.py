"""What a bank file brings beyond what is owed, or brings again: what is owed is credited, the rest waits, nothing is lost.

Lin owes 12,058.06 in all on 25 January 2026: 12,000.00 and ten days of 180.00 for a period of 31.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import reduce

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO
from core.rules import forget_cached_rules
from ledger import queries as ledger
from loans.incoming import importing, taking_in
from loans.incoming.importing import Share
from loans.models import IncomingPayment, Loan, LoanPosition, LoanStatus, Repayment
from loans.proof.book_checks import CHECKS, broken
from loans.proof.verifying import compare
from loans.servicing.guarding import Excess, PaymentAboveOwed, PaymentLooksRepeated
from loans.servicing.repayments import reverse_repayment
from loans.servicing.settling import settle_early
from tests.core.factories import RuleFactory
from tests.examples import lives
from tests.loans.banking.test_bank_statement_files import CAMT
from tests.loans.books import close_until
from tests.loans.doing import write_off
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.loans.statements import statement

pytestmark = pytest.mark.django_db
PAID_OFF = Decimal("12058.06")
PAID, ON, LATER = date(2026, 1, 25), date(2026, 1, 26), date(2026, 2, 1)
Row = tuple[str, str, str, str]


@pytest.fixture
def lin() -> Loan:
    loan = LoanFactory(active=True)
    close_until(PAID)
    return loan


def take_in(*rows: Row, name: str = "january.csv") -> dict[str, int]:
    bank_file = taking_in.take_in(content=statement(*rows), name=name, on=ON)
    return importing.settle_file(bank_file_id=bank_file.pk, on=ON)


def line(loan: Loan, amount: str, reference: str = "B-1") -> Row:
    return (PAID.isoformat(), reference, amount, loan.number)


def waiting() -> Decimal:
    """What the books owe to payers nobody knows."""
    return -ledger.balances().get("2202", ZERO)


def assert_nothing_is_lost() -> None:
    """Every line is credited, waits, or went back; the books say the same as the lines."""
    for payment in IncomingPayment.objects.all():
        standing = payment.shares.filter(repayment__status="posted")
        assert payment.credited == sum((share.amount for share in standing), ZERO)
    assert waiting() == sum((payment.left for payment in IncomingPayment.objects.filter(status="suspense")), ZERO)
    assert [row for check in CHECKS for row in broken(check)] == []
    assert ledger.difference() == ZERO
    for loan in Loan.objects.select_related("position"):
        assert compare(loan) == []


def test_what_is_owed_is_credited_and_the_excess_waits(lin: Loan) -> None:
    counts = take_in(line(lin, "13000.00"))

    receipt, payment = Repayment.objects.get(), IncomingPayment.objects.get()
    lin.refresh_from_db()
    assert counts == {"matched": 0, "suspense": 1}
    assert (receipt.amount, receipt.settles_early, receipt.overpaid) == (PAID_OFF, True, ZERO)
    assert (lin.status, lin.settled_on) == (LoanStatus.SETTLED, PAID)
    assert (payment.status, payment.credited, payment.left) == ("suspense", PAID_OFF, Decimal("941.94"))
    assert (payment.unmatched_reason, payment.matched_how) == ("payment_above_owed", "loan_number")
    assert waiting() == Decimal("941.94")
    assert_nothing_is_lost()


def test_settling_the_file_again_and_the_same_lines_in_another_file_change_nothing(lin: Loan) -> None:
    bank_file = taking_in.take_in(content=statement(line(lin, "13000.00")), name="a", on=ON)
    importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    again = importing.settle_file(bank_file_id=bank_file.pk, on=ON)
    other = take_in(line(lin, "13000.00"), (PAID.isoformat(), "B-2", "1.00", "?"))

    assert (again, other) == ({"matched": 0, "suspense": 0}, {"matched": 0, "suspense": 1})
    assert (Repayment.objects.get().amount, waiting()) == (PAID_OFF, Decimal("942.94"))
    assert_nothing_is_lost()


@pytest.mark.parametrize(("amount", "excess"), [("12068.06", "10.00"), ("12058.07", "0.01")])
def test_a_small_excess_is_taken_as_a_credit_balance(lin: Loan, amount: str, excess: str) -> None:
    assert take_in(line(lin, amount)) == {"matched": 1, "suspense": 0}

    receipt = Repayment.objects.get()
    assert (receipt.amount, receipt.overpaid) == (Decimal(amount), Decimal(excess))
    assert LoanPosition.objects.get(pk=lin.pk).overpaid == Decimal(excess)
    assert_nothing_is_lost()


def test_a_cent_above_the_rule_waits_and_another_rule_draws_another_line(lin: Loan) -> None:
    take_in(line(lin, "12068.07"))
    assert waiting() == Decimal("10.01")
    other = LoanFactory(active=True)
    RuleFactory(code="overpayment_taken", effective_from=date(2026, 1, 20), data={"most": "500.00"})
    forget_cached_rules()

    assert take_in(line(other, "12500.00", "B-2"))["matched"] == 1
    assert waiting() == Decimal("10.01")


def test_of_a_loan_written_off_only_what_can_be_recovered_is_credited(lin: Loan) -> None:
    write_off(loan_id=lin.pk, on=ON, reason="no prospect")
    left = LoanPosition.objects.get(pk=lin.pk).recoverable

    take_in((ON.isoformat(), "B-1", str(left + 700), lin.number))

    assert (Repayment.objects.get().amount, waiting()) == (left, 700)
    assert_nothing_is_lost()


def test_the_excess_becomes_a_credit_balance_when_a_person_says_so(lin: Loan) -> None:
    take_in(line(lin, "13000.00"))
    payment, shares = IncomingPayment.objects.get(), [Share(lin.number, Decimal("941.94"))]

    with pytest.raises(PaymentAboveOwed):
        importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None)
    assert waiting() == Decimal("941.94")
    done = importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None, excess=Excess.CREDITED)

    assert (done.status, done.credited, waiting()) == ("matched", 13_000, 0)
    assert LoanPosition.objects.get(pk=lin.pk).overpaid == Decimal("941.94")
    assert_nothing_is_lost()


def test_the_excess_pays_another_loan(lin: Loan) -> None:
    other = LoanFactory(active=True, borrower=lin.borrower)
    take_in(line(lin, "13000.00"))
    payment = IncomingPayment.objects.get()

    importing.match_payment(payment_id=payment.pk, shares=[Share(other.number, Decimal("941.94"))], on=ON, by=None)

    assert dict(Repayment.objects.values_list("loan_id", "amount")) == {lin.pk: PAID_OFF, other.pk: Decimal("941.94")}
    assert_nothing_is_lost()


def test_the_excess_goes_back_to_the_payer_and_only_the_excess(lin: Loan) -> None:
    take_in(line(lin, "13000.00"))

    payment = importing.return_payment(payment_id=IncomingPayment.objects.get().pk, on=ON, reason="too much")

    assert (payment.status, payment.credited, payment.left) == ("returned", PAID_OFF, Decimal("941.94"))
    assert (waiting(), ledger.balances()["1001"]) == (0, PAID_OFF - 12_000)
    assert_nothing_is_lost()


def test_a_line_by_hand_is_held_against_what_is_owed_too(lin: Loan) -> None:
    take_in((PAID.isoformat(), "B-1", "13000.00", f"for {lin.borrower.number}"))
    payment, shares = IncomingPayment.objects.get(), [Share(lin.number, Decimal("13000.00"))]

    with pytest.raises(PaymentAboveOwed):
        importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None)

    assert (waiting(), Repayment.objects.exists()) == (13_000, False)
    importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None, excess=Excess.CREDITED)
    assert Repayment.objects.get().overpaid == Decimal("941.94")
    assert_nothing_is_lost()


def test_a_line_that_looks_like_a_receipt_waits_for_a_person(lin: Loan) -> None:
    """A receipt that proves itself; one by word the line would stand behind (``test_proving_by_line``)."""
    RepaymentFactory(loan=lin, amount=Decimal("500.00"), received_on=PAID, channel="direct_debit")

    assert take_in(line(lin, "500.00")) == {"matched": 0, "suspense": 1}

    payment, shares = IncomingPayment.objects.get(), [Share(lin.number, Decimal("500.00"))]
    assert (payment.unmatched_reason, payment.credited, waiting()) == ("payment_looks_repeated", 0, 500)
    with pytest.raises(PaymentLooksRepeated):
        importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None)
    importing.match_payment(payment_id=payment.pk, shares=shares, on=ON, by=None, allow_repeat=True)
    assert Repayment.objects.filter(amount=500).count() == 2
    assert_nothing_is_lost()


def test_two_lines_of_one_file_with_references_of_their_own_are_asked_about(lin: Loan) -> None:
    counts = take_in(line(lin, "500.00", "B-1"), line(lin, "500.00", "B-2"))

    assert counts == {"matched": 1, "suspense": 1}
    assert list(IncomingPayment.objects.order_by("line").values_list("unmatched_reason", flat=True)) == [
        "",
        "payment_looks_repeated",
    ]
    assert_nothing_is_lost()


def test_one_payment_split_over_loans_is_no_repeat_of_itself(lin: Loan) -> None:
    take_in((PAID.isoformat(), "B-1", "1000.00", f"for {lin.borrower.number}"))
    halves = [Share(lin.number, Decimal("500.00")), Share(lin.number, Decimal("500.00"))]

    importing.match_payment(payment_id=IncomingPayment.objects.get().pk, shares=halves, on=ON, by=None)

    assert Repayment.objects.filter(loan=lin, payer_reference="B-1").count() == 2
    assert_nothing_is_lost()


def test_a_loan_settled_since_the_dry_run_lets_the_whole_line_wait(lin: Loan) -> None:
    bank_file = taking_in.take_in(content=statement(line(lin, "1100.00")), name="a", on=ON)
    settle_early(loan_id=lin.pk, on=ON, channel="counter", idempotency_key="s")

    importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    payment = IncomingPayment.objects.get()
    assert (payment.unmatched_reason, payment.credited, waiting()) == ("payment_above_owed", 0, 1100)
    assert_nothing_is_lost()


def test_a_crash_between_the_two_parts_of_a_line_leaves_the_whole_line_to_be_settled(
    lin: Loan, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank_file = taking_in.take_in(content=statement(line(lin, "13000.00")), name="a", on=ON)

    def power_cut(payment: IncomingPayment, on: date) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken_off, pytest.raises(KeyboardInterrupt):
        broken_off.setattr(importing, "_park", power_cut)
        importing.settle_file(bank_file_id=bank_file.pk, on=ON)
    assert not Repayment.objects.exists()
    importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    assert (Repayment.objects.get().amount, waiting()) == (PAID_OFF, Decimal("941.94"))
    assert_nothing_is_lost()


def test_the_same_holds_for_a_notification_of_camt054(lin: Loan) -> None:
    told = (("936.67", "13000.00"), ("2026-06-15", PAID.isoformat()), ("LN-2026-000418", lin.number))
    content = reduce(lambda text, pair: text.replace(*pair), told, CAMT).encode()
    bank_file = taking_in.take_in(content=content, name="camt.xml", on=ON)

    importing.settle_file(bank_file_id=bank_file.pk, on=ON)

    assert "camt" in bank_file.profile
    assert (Repayment.objects.get().amount, waiting()) == (PAID_OFF, Decimal("941.94"))
    assert_nothing_is_lost()


def test_a_line_told_of_after_other_money_came_waits_as_a_whole(lin: Loan) -> None:
    close_until(date(2026, 1, 29))
    RepaymentFactory(loan=lin, amount=Decimal("5000.00"), received_on=date(2026, 1, 30))
    close_until(date(2026, 1, 31))
    bank_file = taking_in.take_in(content=statement(line(lin, "10000.00")), name="a", on=LATER)

    importing.settle_file(bank_file_id=bank_file.pk, on=LATER)

    assert (IncomingPayment.objects.get().unmatched_reason, waiting()) == ("payment_above_owed", 10_000)
    assert Repayment.objects.get().amount == 5000
    assert_nothing_is_lost()


def test_the_database_keeps_what_is_credited_within_the_payment(lin: Loan) -> None:
    take_in(line(lin, "13000.00"))

    for wrong in ({"credited": 13_001}, {"status": "matched"}, {"credited": -1}, {"credited": 13_000}):
        with pytest.raises(IntegrityError), transaction.atomic():
            IncomingPayment.objects.update(**wrong)


def test_the_check_of_the_books_finds_a_line_whose_parts_do_not_sum(lin: Loan) -> None:
    take_in(line(lin, "13000.00"))
    IncomingPayment.objects.update(credited=Decimal("1.00"))

    (check,) = (check for check in CHECKS if check.code == "incoming")

    assert {figure for _who, figure, _stored, _right in broken(check)} == {"credited to loans", "waits in the books"}


amounts = st.one_of(st.integers(1, 1_400_000), st.sampled_from([50_000, 1_205_806, 1_205_807, 1_206_806, 1_206_807]))
lines = st.lists(
    st.tuples(amounts, st.integers(0, 8), st.sampled_from(["lin", "other", "nobody"])), min_size=1, max_size=6
)


@lives(20)
@given(lines, st.integers(0, 3))
def test_whatever_a_bank_brings_is_credited_or_waits(rows: list[tuple[int, int, str]], bounced: int) -> None:
    with transaction.atomic():
        close_until(date(2026, 1, 14))
        loans = {"lin": LoanFactory(active=True), "other": LoanFactory(active=True)}
        close_until(PAID)
        offered = [Decimal(cents).scaleb(-2) for cents, _ago, _who in rows]
        told = [
            (
                (PAID - timedelta(days=ago)).isoformat(),
                f"B-{n}",
                str(offered[n]),
                loans[who].number if who in loans else "?",
            )
            for n, (_cents, ago, who) in enumerate(rows)
        ]

        take_in(*told[:2])
        take_in(*told, ("2026-01-20", "B-last", "0.01", "?"))
        receipts = list(Repayment.objects.order_by("id"))
        booked = sum((receipt.amount for receipt in receipts), ZERO)

        assert booked + waiting() == sum(offered, ZERO) + Decimal("0.01")
        for position in LoanPosition.objects.all():
            assert position.overpaid <= 10  # what nobody was asked about
        assert_nothing_is_lost()
        for receipt in receipts[:bounced]:
            reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=ON)
        kept = sum((receipt.amount for receipt in Repayment.objects.filter(status="posted")), ZERO)
        assert kept + waiting() == sum(offered, ZERO) + Decimal("0.01")  # what was taken back waits again
        assert_nothing_is_lost()
        assert all(compare(loan) == [] for loan in Loan.objects.select_related("position"))
        transaction.set_rollback(True)
