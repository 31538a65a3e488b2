"""Acts on a loan through its pages: one call each, refusals beside the field, and nothing twice."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.approvals import approve
from audit.models import Approval
from core import business_date
from ledger import queries as ledger
from loans.models import Loan, LoanAct, Repayment
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import account_of, vouched
from tests.loans.factories import RepaymentFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
LATE = date(2026, 3, 1)


@pytest.fixture
def loan() -> Loan:
    """Lin's loan on the first due day: 1,100.16 is due."""
    made = a_running_loan()
    close_until(date(2026, 2, 14))
    return made


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


@pytest.fixture
def lead(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "collector", "compliance")


def at(name: str, *args: object) -> str:
    return reverse(f"loans:{name}", args=args)


def payment(client: Client, loan: Loan, **changes: str) -> dict[str, str]:
    """The form as it was drawn, filled in."""
    drawn = client.get(at("loan_pay", loan.number)).context["form"]
    return {"key": drawn["key"].value(), "amount": "1100.16", "effective_on": DUE.isoformat(), **changes}


def test_a_payment_is_recorded_and_the_loan_is_shown_again(operator: Client, loan: Loan) -> None:
    response = operator.post(at("loan_pay", loan.number), payment(operator, loan, payer_reference="slip 7"))

    repayment = Repayment.objects.get()
    assert response.url == reverse("desk:loan", args=[loan.number])
    assert (repayment.amount, repayment.payer_reference) == (Decimal("1100.16"), "slip 7")
    assert repayment.recorded_by is not None
    assert repayment.recorded_by.username == "operations"


def test_a_double_click_records_one_payment(operator: Client, loan: Loan) -> None:
    form = payment(operator, loan)

    first = operator.post(at("loan_pay", loan.number), form)
    second = operator.post(at("loan_pay", loan.number), form)

    assert first.status_code == second.status_code == 302
    assert Repayment.objects.count() == 1


def test_the_same_form_with_another_amount_is_refused(operator: Client, loan: Loan) -> None:
    form = payment(operator, loan)
    operator.post(at("loan_pay", loan.number), form)

    response = operator.post(at("loan_pay", loan.number), {**form, "amount": "5.00"})

    assert response.status_code == 422
    assert Repayment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "twelve"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"effective_on": "2026-03-01"}, "effective_on"),
        ({"effective_on": "2020-01-01"}, "effective_on"),
    ],
)
def test_a_refusal_stands_beside_the_field_it_concerns(
    operator: Client, loan: Loan, change: dict[str, str], field: str
) -> None:
    response = operator.post(at("loan_pay", loan.number), payment(operator, loan, **change))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Repayment.objects.exists()


def test_amounts_may_be_pasted_with_separators(operator: Client, loan: Loan) -> None:
    operator.post(at("loan_pay", loan.number), payment(operator, loan, amount="¥ 1,100.16"))

    assert Repayment.objects.get().amount == Decimal("1100.16")


def previewed(client: Client, loan: Loan, code: str, **typed: str) -> Any:
    return client.get(at("loan_act_preview", loan.number, code), typed).context["shown"]


def test_the_preview_shows_the_very_allocation_that_recording_makes(operator: Client, loan: Loan) -> None:
    shown = previewed(operator, loan, "repayment", amount="1100.15", effective_on=DUE.isoformat())

    operator.post(at("loan_pay", loan.number), payment(operator, loan, amount="1100.15"))

    made = Repayment.objects.get()
    assert [(line.principal, line.interest) for line in shown.lines] == [(made.principal, made.interest)]
    assert (made.principal, made.interest) == (Decimal("920.15"), Decimal("180.00"))


def test_a_back_dated_payment_is_previewed_by_its_replay(operator: Client, loan: Loan) -> None:
    close_until(date(2026, 2, 28))

    shown = previewed(operator, loan, "repayment", amount="1100.15", effective_on=DUE.isoformat())

    assert shown.receipt.late_interest == 0  # received on the due day, so nothing was ever late


def test_the_preview_changes_nothing(operator: Client, loan: Loan) -> None:
    before = ledger.balances()

    previewed(operator, loan, "repayment", amount="10", effective_on=DUE.isoformat())

    assert ledger.balances() == before


def settlement(client: Client, loan: Loan, **changes: str) -> dict[str, str]:
    form = client.get(at("loan_settle", loan.number)).context["form"]
    drawn = {name: str(form[name].value()) for name in ("key", "amount", "effective_on")}
    return {**drawn, **changes}


def test_settling_takes_exactly_the_quoted_amount(operator: Client, loan: Loan) -> None:
    quote = operator.get(at("loan_settle_quote", loan.number), {"effective_on": DUE.isoformat()}).context["quote"]

    operator.post(at("loan_settle", loan.number), settlement(operator, loan))

    loan.refresh_from_db()
    assert (loan.status, Repayment.objects.get().amount) == ("settled", quote.total)
    assert quote.saved > 0


def test_a_quote_that_no_longer_holds_settles_nothing(operator: Client, loan: Loan) -> None:
    drawn = settlement(operator, loan)
    operator.post(at("loan_pay", loan.number), payment(operator, loan, amount="100.00"))

    response = operator.post(at("loan_settle", loan.number), drawn)

    loan.refresh_from_db()
    assert (response.status_code, loan.status) == (422, "active")
    assert "amount" in response.context["form"].errors


def test_a_quote_for_a_day_to_come_is_a_quote_only(operator: Client, loan: Loan) -> None:
    page = operator.get(at("loan_settle_quote", loan.number), {"effective_on": "2026-03-01"})

    assert page.context["quote"].on == date(2026, 3, 1)
    assert 'data-settle-open="no"' in page.content.decode()


def test_a_reversal_needs_a_reason_and_keeps_the_receipt(operator: Client, loan: Loan) -> None:
    """Of money that a colleague took: who took cash does not say alone that none came."""
    RepaymentFactory(loan=loan, amount=Decimal("100.00"), received_on=DUE, recorded_on=DUE, recorded_by=UserFactory())
    number = Repayment.objects.get().number
    refused = operator.post(at("repayment_reverse", number), {"reason": ""})

    operator.post(at("repayment_reverse", number), {"reason": "bank called it back"})

    receipt = operator.get(at("receipt", number)).content.decode()
    assert refused.status_code == 422
    assert Repayment.objects.get().status == "reversed"
    assert "bank called it back" in receipt


def test_what_is_overpaid_is_given_back_once(operator: Client, loan: Loan) -> None:
    operator.post(at("loan_pay", loan.number), payment(operator, loan, amount="15000.00", allow_overpayment="on"))
    form = operator.get(at("loan_refund", loan.number)).context["form"]
    vouched(loan, DUE)
    asked = {"key": form["key"].value(), "amount": str(form["amount"].value()), "reason": "paid too much"}
    asked |= {"to_account": account_of(loan)}

    operator.post(at("loan_refund", loan.number), asked)
    operator.post(at("loan_refund", loan.number), asked)

    request = Approval.objects.get(status="pending")
    approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=DUE)
    loan.position.refresh_from_db()
    assert loan.acts.filter(kind="refund").count() == 1
    assert loan.position.overpaid == 0


def filled(client: Client, loan: Loan, name: str, **values: str) -> dict[str, str]:
    """The form of an act as it was drawn, filled in."""
    drawn = client.get(at(name, loan.number)).context["form"]
    return {"key": drawn["key"].value(), **values}


def test_an_extension_within_authority_is_granted_at_once(lead: Client, loan: Loan) -> None:
    shown = previewed(lead, loan, "extension", days="7")

    lead.post(at("loan_extend", loan.number), filled(lead, loan, "loan_extend", days="7", reason="salary day"))

    extension = LoanAct.objects.get()
    assert (extension.parameters, extension.reason) == ({"days": 7}, "salary day")
    assert extension.figures["interest_added"] == dict(shown.figures)["Interest added"]


def test_an_extension_beyond_authority_waits_for_a_second_person(
    lead: Client, loan: Loan, staff_member: Callable
) -> None:
    assert previewed(lead, loan, "extension", days="170").needs_second_person
    lead.post(at("loan_extend", loan.number), filled(lead, loan, "loan_extend", days="170", reason="long illness"))
    approval = Approval.objects.get()
    assert not LoanAct.objects.exists()

    second = staff_member("team_lead", username="second-lead")
    approvals.approve(approval_id=approval.pk, decided_by=second, on=business_date.current())

    granted = LoanAct.objects.get()
    assert (granted.parameters["days"], granted.agreed_by) == (170, second)


def test_a_waiver_above_what_is_owed_is_refused(lead: Client, loan: Loan) -> None:
    asked = filled(lead, loan, "loan_waive", component="late_interest", amount="1.00", reason="goodwill")

    response = lead.post(at("loan_waive", loan.number), asked)

    assert response.status_code == 422
    assert not LoanAct.objects.exists()


def test_a_write_off_is_asked_for_here_and_decided_by_another(lead: Client, loan: Loan, staff_member: Callable) -> None:
    lead.post(at("loan_write_off", loan.number), filled(lead, loan, "loan_write_off", reason="no way to reach her"))
    loan.refresh_from_db()
    approval = Approval.objects.get()
    assert loan.status == "active"

    approvals.approve(approval_id=approval.pk, decided_by=staff_member("checker"), on=business_date.current())

    loan.refresh_from_db()
    assert loan.status == "written_off"
    assert ledger.difference() == 0


def test_the_person_who_asked_cannot_decide(lead: Client, loan: Loan) -> None:
    lead.post(at("loan_write_off", loan.number), filled(lead, loan, "loan_write_off", reason="no way to reach her"))

    asked = Approval.objects.get()
    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=asked.requested_by, on=business_date.current())


def test_asking_twice_for_the_same_write_off_is_refused_in_words(lead: Client, loan: Loan) -> None:
    lead.post(at("loan_write_off", loan.number), filled(lead, loan, "loan_write_off", reason="first"))

    response = lead.post(at("loan_write_off", loan.number), filled(lead, loan, "loan_write_off", reason="second"))

    assert response.status_code == 422
    assert "already waits" in response.content.decode()


@pytest.mark.parametrize("what", ["outstanding", "overdue", "days-past-due", "late-interest"])
def test_every_why_adds_up_to_the_figure_it_explains(operator: Client, loan: Loan, what: str) -> None:
    close_until(LATE)

    why = operator.get(at("loan_why", loan.number, what)).context["why"]

    loan.position.refresh_from_db()
    figures = {
        "outstanding": loan.position.outstanding_total,
        "overdue": loan.position.overdue_total,
        "days-past-due": loan.position.days_past_due,
        "late-interest": loan.position.late_interest_receivable,
    }
    assert why.result == figures[what] != 0
    if why.unit == "money":
        assert sum((term.value for term in why.terms), Decimal(0)) == why.result


def test_a_receipt_says_the_amount_in_capitals(operator: Client, loan: Loan) -> None:
    operator.post(at("loan_pay", loan.number), payment(operator, loan, amount="1409.50"))

    page = operator.get(at("receipt", Repayment.objects.get().number)).content.decode()

    assert "壹仟肆佰零玖元伍角整" in page
