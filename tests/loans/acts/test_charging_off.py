"""Charging a loan off: by two people, once, with what can and cannot be done with it afterwards."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.models import Approval
from core import business_date
from loans.account.changes.losses import AlreadyChargedOff
from loans.acts.performing import BeyondAuthority, perform
from loans.acts.undoing import ActNotUndoable, undo
from loans.events.act_kinds import LoanChargedOff
from loans.models import Loan, LoanAct, LoanPosition
from loans.night.portfolio import rebuild
from loans.proof.book_checks import CHECKS, broken
from loans.proof.verifying import compare
from messaging.models import Message
from risk import limits
from risk.models import CreditLimit
from risk.people import records_of
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.doing import take_back, write_off
from tests.loans.money_stories.test_charge_off_stories import charge_off
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
LATER = date(2026, 6, 1)
FIGURES = ("principal_outstanding", "interest_accrued", "late_interest_accrued", "overdue_principal", "bucket",
           "risk_class", "days_past_due", "as_of", "next_due_on", "recovered", "memo_interest", "memo_late_interest",
           "charged_off_on", "charged_off_amount")  # fmt: skip


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 2, 14))
    return made


def at(name: str, *args: object) -> str:
    return reverse(f"loans:{name}", args=args)


def form_of(client: Client, loan: Loan) -> dict[str, str]:
    drawn = client.get(at("loan_act", loan.number, "charged_off")).context["form"]
    return {
        "key": drawn["key"].value(),
        "effective_on": DUE.isoformat(),
        "reason": "the borrower is bankrupt",
        "cause": "insolvency",
    }


def test_one_asks_on_the_page_and_another_decides(
    client: Client, loan: Loan, staff_member: Callable[..., Any], signed_in: Callable[..., Client]
) -> None:
    collector = signed_in(client, "collector", "compliance")
    shown = collector.get(
        at("loan_act_preview", loan.number, "charged_off"), {"cause": "insolvency", "effective_on": DUE.isoformat()}
    ).content.decode()
    collector.post(at("loan_act", loan.number, "charged_off"), form_of(collector, loan))
    approval = Approval.objects.get()

    assert "Charge-off expense" in shown and "12,180.00" in shown
    assert position(loan).charged_off_on is None
    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=approval.pk, decided_by=approval.requested_by, on=business_date.current())
    approvals.approve(approval_id=approval.pk, decided_by=staff_member("checker"), on=business_date.current())

    act = LoanAct.objects.get()
    assert (act.reason, act.parameters) == ("the borrower is bankrupt", {"cause": "insolvency"})
    assert (position(loan).charged_off_on, position(loan).charged_off_amount) == (DUE, Decimal("12180.00"))
    page = collector.get(reverse("desk:loan", args=[loan.number])).content.decode()
    assert "Charged off" in page and "charged off" in page
    assert "nothing more is booked" in collector.get(at("loan_write_off", loan.number)).content.decode()
    assert not Message.objects.filter(template_code="loan_changed").exists()
    assert_books_agree(loan)


def test_what_two_people_agreed_to_takes_two_to_undo(
    client: Client, loan: Loan, staff_member: Callable[..., Any], signed_in: Callable[..., Client]
) -> None:
    collector = signed_in(client, "collector", "compliance")
    collector.post(at("loan_act", loan.number, "charged_off"), form_of(collector, loan))
    checker, on = staff_member("checker"), business_date.current()
    approvals.approve(approval_id=Approval.objects.get().pk, decided_by=checker, on=on)
    act = LoanAct.objects.get()
    finance = signed_in(client, "finance")
    page = at("loan_act_undo", loan.number, act.public_id)

    assert "A second person must agree" in finance.get(page).content.decode()
    with pytest.raises(BeyondAuthority):
        undo(act_id=act.pk, reason="paid after all", on=on)
    said = finance.post(page, {"reason": "paid after all"}, follow=True).content.decode()
    assert "Sent for approval" in said
    assert position(loan).charged_off_on is not None
    asked = Approval.objects.get(status="pending")
    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=asked.requested_by, on=on)
    approvals.approve(approval_id=asked.pk, decided_by=checker, on=on)

    act.refresh_from_db()
    assert (act.status, act.undo_reason, position(loan).charged_off_on) == ("undone", "paid after all", None)
    assert_books_agree(loan)


def test_who_may_not_ask_for_write_offs_may_not_ask_for_this(
    client: Client, loan: Loan, signed_in: Callable[..., Client]
) -> None:
    officer = signed_in(client, "officer")

    assert officer.get(at("loan_act", loan.number, "charged_off")).status_code == 403
    assert "loans.request_write_off" in officer.get(at("loan_acts", loan.number)).content.decode()


def test_nobody_does_it_alone_and_nobody_does_it_twice(loan: Loan) -> None:
    with pytest.raises(BeyondAuthority):
        perform(wish(loan, "charged_off", DUE, cause="fraud"))
    charge_off(loan, DUE)

    with pytest.raises(AlreadyChargedOff):
        perform(wish(loan, "charged_off", DUE, cause="other"), approved=True)


def test_undone_the_loan_stands_as_if_it_had_always_run(loan: Loan) -> None:
    ran = a_running_loan()
    close_until(date(2026, 2, 14))
    act = charge_off(loan, DUE)
    for each in (loan, ran):
        pay(each, "500.00", date(2026, 3, 3))
    close_until(LATER)

    undo(act_id=act.pk, reason="charged off by mistake", on=date(2026, 6, 2))

    assert {name: getattr(position(loan), name) for name in FIGURES} == {
        name: getattr(position(ran), name) for name in FIGURES
    }
    assert_books_agree(loan)


def test_a_night_in_sql_is_the_night_of_the_single_loan(loan: Loan) -> None:
    """Read to a day by the closing of all loans, or by an event on one: the same memo, and the books know of neither."""
    by_event = a_running_loan()
    close_until(date(2026, 2, 14))
    for each in (loan, by_event):
        charge_off(each, DUE)
    perform(wish(by_event, "fee_added", LATER, amount=Decimal("1.00"), recorded_on=LATER))
    perform(wish(loan, "fee_added", DUE, amount=Decimal("1.00"), key="early"))
    close_until(LATER)

    assert position(loan).memo_interest == position(by_event).memo_interest > 0
    assert position(loan).memo_late_interest == position(by_event).memo_late_interest > 0
    assert position(loan).memo_fee == Decimal("1.00")
    assert_books_agree(loan)
    assert_books_agree(by_event)


def test_money_cannot_move_against_claims_that_left_the_books() -> None:
    loan = a_running_loan(product_version=a_product("phone-purchase", is_purchase=True))
    close_until(date(2026, 2, 14))
    receipt = pay(loan, "300.00", DUE)
    act = charge_off(loan, DUE)

    with pytest.raises(LoanChargedOff):
        perform(wish(loan, "merchant_refund", DUE, amount=Decimal("100.00")))
    with pytest.raises(LoanChargedOff):
        perform(wish(loan, "charge_back", DUE, amount=Decimal("10.00"), receipt=receipt.number))
    assert_books_agree(loan)

    undo(act_id=act.pk, reason="the merchant pays", on=DUE)
    perform(wish(loan, "merchant_refund", DUE, amount=Decimal("100.00")))
    with pytest.raises(LoanChargedOff):  # nor can it be charged off from before such money
        charge_off(loan, date(2026, 2, 14), recorded_on=DUE)
    assert_books_agree(loan)


def test_goodwill_for_a_loan_charged_off_lessens_the_debt_and_books_nothing(loan: Loan) -> None:
    charge_off(loan, DUE)

    act = perform(wish(loan, "goodwill_credit", DUE, amount=Decimal("50.00")), approved=True)

    assert act.entry is None
    assert position(loan).outstanding_total == Decimal("12130.00")
    assert position(loan).recovered == 0
    assert_books_agree(loan)


def test_it_is_not_undone_under_a_write_off(loan: Loan) -> None:
    act = charge_off(loan, DUE)
    write_off(loan_id=loan.pk, on=DUE, reason="no prospect")

    with pytest.raises(ActNotUndoable):
        undo(act_id=act.pk, reason="wrong loan", on=DUE)
    assert_books_agree(loan)

    take_back(loan.acts.get(kind="write_off", status="standing"), DUE)
    undo(act_id=act.pk, reason="wrong loan", on=DUE)
    write_off(loan_id=loan.pk, on=DUE, reason="after all")
    assert position(loan).written_off_amount == Decimal("12180.00")
    assert_books_agree(loan)


def test_it_is_no_longer_part_of_the_portfolio(loan: Loan) -> None:
    a_running_loan()
    charge_off(loan, DUE)

    assert rebuild(DUE).outstanding == Decimal("12000.00")
    assert rebuild(date(2026, 2, 14)).outstanding == Decimal("24000.00")


def test_whoever_has_one_gets_no_new_loan_and_no_limit(loan: Loan) -> None:
    limit = CreditLimit.objects.create(
        borrower=loan.borrower, amount=Decimal("9000.00"), grade="B", as_of=DUE, changed_on=DUE
    )
    charge_off(loan, DUE)

    (record,) = records_of([loan.borrower_id]).values()
    limits.rescore(loan.borrower_id, loan.borrower_id + 1, DUE + timedelta(days=1))

    assert (record.days_past_due, record.loans_written_off) == (0, 1)
    limit.refresh_from_db()
    assert limit.amount == 0


@pytest.mark.parametrize(
    ("figure", "wrong"), [("charged_off_amount", "1.00"), ("memo_interest", "1.00"), ("recovered", "1.00")]
)
def test_verifying_names_a_figure_that_was_tampered_with(loan: Loan, figure: str, wrong: str) -> None:
    charge_off(loan, DUE)
    LoanPosition.objects.filter(pk=loan.pk).update(**{figure: Decimal(wrong)})

    fresh = Loan.objects.select_related("position").get(pk=loan.pk)
    assert figure in {difference.figure for difference in compare(fresh)}


def test_the_books_are_asked_whether_the_loss_was_booked(loan: Loan) -> None:
    charge_off(loan, DUE)
    LoanPosition.objects.filter(pk=loan.pk).update(charged_off_amount=Decimal("1.00"))
    (losses,) = (check for check in CHECKS if check.code == "losses")

    assert list(broken(losses)) == [
        (loan.number, "charged_off_amount in the books", Decimal("1.00"), Decimal("12180.00"))
    ]
