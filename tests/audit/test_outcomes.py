"""What is approved is what happens: a request is carried out as it was shown, or comes back with both; and it ends."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.models import Approval, ApprovalStatus, AuditEvent
from core.rules import forget_cached_rules
from loans.acts.asking import perform_or_ask, undo_or_ask
from loans.models import Loan, LoanAct
from loans.proof.verifying import compare
from staff.models import User
from tests.core.factories import rule_says
from tests.loans.acts.test_acts import wish
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import pay, position

pytestmark = pytest.mark.django_db
ASKED = date(2026, 5, 20)
WEEKS_LATER = date(2026, 6, 2)


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(ASKED - timedelta(days=1))
    return made


@pytest.fixture
def lead(staff_member: Callable[..., User]) -> User:
    return staff_member("team_lead")


@pytest.fixture
def second_lead(staff_member: Callable[..., User]) -> User:
    return staff_member("team_lead", username="second-lead")


@pytest.fixture
def checker(staff_member: Callable[..., User]) -> User:
    return staff_member("checker")


def asked(loan: Loan, by: User, kind: str = "write_off", on: date = ASKED, **values: Any) -> Approval:
    told = wish(loan, kind, on, key=f"{kind}:{on}:{values}", **values)
    request = perform_or_ask(type(told)(**{name: getattr(told, name) for name in told.__slots__} | {"by": by}))
    assert isinstance(request, Approval)
    return request


def approve(request: Approval, by: User, on: date) -> Approval:
    return approvals.approve(approval_id=request.pk, decided_by=by, on=on)


def written_off(loan: Loan) -> Decimal:
    return Decimal(loan.acts.get(kind="write_off").figures["written_off"])


def test_approved_on_its_day_it_does_what_it_showed(loan: Loan, lead: User, checker: User) -> None:
    request = asked(loan, lead)

    approve(request, checker, ASKED)

    assert request.amount == written_off(loan) == position(loan).written_off_amount
    assert dict(request.outcome)["Written off"] == str(request.amount)
    assert dict(request.outcome)["Status of the loan"] == "written off"
    assert loan.acts.get().agreed_by == checker


def test_approved_weeks_later_it_first_comes_back_with_both_figures(loan: Loan, lead: User, checker: User) -> None:
    request = asked(loan, lead)
    shown = request.amount
    close_until(WEEKS_LATER - timedelta(days=1))

    with pytest.raises(approvals.OutcomeChanged):
        approve(request, checker, WEEKS_LATER)

    request.refresh_from_db()
    loan.refresh_from_db()
    assert (request.status, loan.status) == (ApprovalStatus.PENDING, "active")
    assert not LoanAct.objects.exists()
    assert dict(request.outcome_before)["Written off"] == str(shown)
    assert request.amount == Decimal(dict(request.outcome)["Written off"]) > shown
    assert AuditEvent.objects.filter(action="outcome_changed", object_id=str(request.pk)).count() == 1

    approve(request, checker, WEEKS_LATER)

    assert written_off(loan) == request.amount == position(loan).written_off_amount
    assert compare(Loan.objects.select_related("position").get(pk=loan.pk)) == []


def test_the_page_shows_both_beside_each_other(
    loan: Loan, lead: User, client: Client, signed_in: Callable[..., Client]
) -> None:
    request = asked(loan, lead)
    close_until(WEEKS_LATER - timedelta(days=1))
    checker = signed_in(client, "checker")

    refused = checker.post(reverse("audit:approve", args=[request.pk]), {"reason": ""})

    request.refresh_from_db()
    page = " ".join(refused.content.decode().split())
    assert refused.status_code == 409
    for figures in (dict(request.outcome_before), dict(request.outcome)):
        assert f"{Decimal(figures['Written off']):,.2f}" in page
    assert "Shown before" in page

    done = checker.post(reverse("audit:approve", args=[request.pk]), {"reason": ""})

    assert done.status_code == 302
    assert f"{written_off(loan)}" == dict(request.outcome)["Written off"]


def test_money_that_came_in_between_brings_an_extension_back(loan: Loan, lead: User, second_lead: User) -> None:
    request = asked(loan, lead, "extension", days=120)
    pay(loan, "1100.15", ASKED)

    with pytest.raises(approvals.OutcomeChanged):
        approve(request, second_lead, ASKED)

    request.refresh_from_db()
    assert dict(request.outcome_before)["Interest added"] != dict(request.outcome)["Interest added"]


def test_nights_alone_do_not_bring_back_what_counts_from_the_day_it_was_asked_for(
    loan: Loan, lead: User, checker: User
) -> None:
    request = asked(loan, lead, "goodwill_credit", amount=Decimal("900.00"))
    close_until(ASKED + timedelta(days=2))

    approve(request, checker, ASKED + timedelta(days=3))

    act = loan.acts.get()
    assert (act.effective_on, act.recorded_on, act.figures["credited"]) == (ASKED, ASKED + timedelta(days=3), "900.00")


def test_what_two_agreed_to_takes_two_to_undo_and_that_is_shown_too(loan: Loan, lead: User, second_lead: User) -> None:
    approve(asked(loan, lead, "extension", days=120), second_lead, ASKED)
    granted = loan.acts.get()

    request = undo_or_ask(act_id=granted.pk, reason="well again", on=ASKED, by=lead)

    assert isinstance(request, Approval)
    granted.refresh_from_db()
    assert not granted.is_undone
    assert any(label.startswith("#1 2026-02-15") for label in dict(request.outcome))
    with pytest.raises(approvals.SecondPersonNeeded):
        approve(request, lead, ASKED)
    approve(request, second_lead, ASKED)
    granted.refresh_from_db()
    assert (granted.is_undone, granted.undo_reason) == (True, "well again")


def test_a_request_to_undo_shows_what_the_undo_books(loan: Loan, lead: User, second_lead: User) -> None:
    approve(asked(loan, lead, "goodwill_credit", amount=Decimal("900.00")), second_lead, ASKED)
    done = loan.acts.get()
    booked = {(line.account_id, line.debit, line.credit) for line in done.entry.lines.all()}

    request = undo_or_ask(act_id=done.pk, reason="wrong loan", on=ASKED, by=lead)

    assert isinstance(request, Approval)
    shown = {tuple(label.split(" · ")[:2]): Decimal(value) for label, value in request.outcome if " · " in label}
    mirrored = {("Credit" if debit else "Debit", account): debit or credit for account, debit, credit in booked}
    assert shown == mirrored and len(shown) >= 2


def test_a_request_to_undo_told_again_is_the_same_request(loan: Loan, lead: User, second_lead: User) -> None:
    approve(asked(loan, lead, "extension", days=120), second_lead, ASKED)
    granted = loan.acts.get()
    first = undo_or_ask(act_id=granted.pk, reason="well again", on=ASKED, by=lead)

    assert undo_or_ask(act_id=granted.pk, reason="well again", on=ASKED, by=lead) == first
    with pytest.raises(approvals.ApprovalAlreadyPending):
        undo_or_ask(act_id=granted.pk, reason="well again", on=ASKED, by=second_lead)


def test_a_request_shows_by_how_much_less_late_the_loan_would_be(loan: Loan, lead: User) -> None:
    request = asked(loan, lead, "extension", days=120)

    assert (request.before["days_past_due"], request.after["days_past_due"]) == ("93", "0")


def test_the_same_key_asks_once(loan: Loan, lead: User) -> None:
    first = asked(loan, lead)

    assert asked(loan, lead).pk == first.pk
    assert Approval.objects.count() == 1


# --- the end of a request ---------------------------------------------------------------------------------------------


def a_rule(**data: Any) -> None:
    rule_says("approval_expiry", data)
    forget_cached_rules()


@pytest.mark.parametrize(
    ("data", "last_day"),
    [({"days": 14}, 14), ({"days": 3}, 3), ({"days": 14, "by_kind": {"loan.write_off": 1}}, 1)],
)
def test_a_request_is_good_as_long_as_the_rule_says(
    loan: Loan, lead: User, checker: User, data: dict[str, Any], last_day: int
) -> None:
    a_rule(**data)
    request = asked(loan, lead)
    assert request.expires_on == ASKED + timedelta(days=last_day)

    with pytest.raises(approvals.ApprovalExpired):
        approve(request, checker, request.expires_on + timedelta(days=1))
    assert approvals.expire_old(request.expires_on) == 0
    assert approvals.expire_old(request.expires_on + timedelta(days=1)) == 1

    request.refresh_from_db()
    assert (request.status, request.decided_by) == (ApprovalStatus.EXPIRED, None)
    with pytest.raises(approvals.ApprovalAlreadyDecided):
        approve(request, checker, ASKED)


def test_after_its_end_it_can_be_asked_for_again(loan: Loan, lead: User) -> None:
    a_rule(days=1)
    first = asked(loan, lead)

    again = asked(loan, lead, on=ASKED + timedelta(days=2))

    first.refresh_from_db()
    assert (first.status, again.status) == (ApprovalStatus.EXPIRED, ApprovalStatus.PENDING)


def test_the_outcome_reads_in_the_order_in_which_it_was_worked_out(loan: Loan, lead: User) -> None:
    request = asked(loan, lead)

    labels = [label for label, _value in request.outcome]
    debits = [place for place, label in enumerate(labels) if label.startswith("Debit · ")]
    assert labels[0] == "Written off" and debits and min(debits) > labels.index("Status of the loan")


def test_an_approver_reads_the_accounts_in_the_own_language(
    loan: Loan, lead: User, client: Client, signed_in: Callable[..., Client]
) -> None:
    asked(loan, lead)
    checker = signed_in(client, "checker")
    checker.cookies["django_language"] = "zh-hans"

    page = checker.get(reverse("audit:approvals")).content.decode()

    assert "贷方 · 1202 · 应收利息" in page
