"""Every kind of act through its page: previewed before it is done, refused beside the field, done once, undone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from loans.events.act_kinds import act_kinds
from loans.models import Instalment, Loan, LoanAct, LoanStatus
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import account_of, vouched
from tests.loans.servicing.test_repayments import assert_books_agree, pay

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(date(2026, 2, 14))
    return made


@pytest.fixture
def lead(client: Client, staff_member: Callable[..., Any]) -> Client:
    client.force_login(staff_member(superuser=True), backend="staff.backends.StaffBackend")
    return client


def at(name: str, *args: object) -> str:
    return reverse(f"loans:{name}", args=args)


def filled(client: Client, loan: Loan, code: str, **values: str) -> dict[str, str]:
    """The form as it was drawn, filled in."""
    drawn = client.get(at("loan_act", loan.number, code)).context["form"]
    return {"key": drawn["key"].value(), "effective_on": DUE.isoformat(), "reason": "asked for by letter", **values}


@pytest.mark.parametrize("code", [kind.code for kind in act_kinds()])
def test_every_kind_has_a_page_with_a_field_for_each_parameter(lead: Client, loan: Loan, code: str) -> None:
    kind = next(kind for kind in act_kinds() if kind.code == code)

    page = lead.get(at("loan_act", loan.number, code))

    assert page.status_code == 200
    for parameter in kind.parameters:
        drawn = f'name="{parameter.name}"' in page.content.decode()
        assert drawn is not bool(parameter.answers)  # an answer is asked for once there is a question


def test_the_menu_offers_each_kind_or_says_why_not(lead: Client, loan: Loan) -> None:
    page = lead.get(at("loan_acts", loan.number)).content.decode()

    assert at("loan_act", loan.number, "fee_added") in page
    assert at("loan_act", loan.number, "write_off_undone") not in page
    assert "Only for a loan that is written off; this one is active." in page


def test_the_preview_shows_schedule_and_journal_and_stores_nothing(lead: Client, loan: Loan) -> None:
    page = lead.get(
        at("loan_act_preview", loan.number, "goodwill_credit"), {"amount": "200.00", "effective_on": DUE.isoformat()}
    ).content.decode()

    assert "Goodwill expense" in page
    assert "Principal outstanding" in page
    assert not LoanAct.objects.exists()


def test_the_preview_names_the_refusal(lead: Client, loan: Loan) -> None:
    page = lead.get(
        at("loan_act_preview", loan.number, "merchant_refund"), {"amount": "10", "effective_on": DUE.isoformat()}
    ).content.decode()

    assert "a merchant can refund purchase loans only" in page


def test_an_act_is_done_once_however_often_the_form_is_sent(lead: Client, loan: Loan) -> None:
    form = filled(lead, loan, "fee_added", amount="25.00")

    first = lead.post(at("loan_act", loan.number, "fee_added"), form)
    second = lead.post(at("loan_act", loan.number, "fee_added"), form)

    assert (first.status_code, second.status_code) == (302, 302)
    assert LoanAct.objects.count() == 1
    assert_books_agree(loan)


def test_a_rate_is_typed_in_per_cent(lead: Client, loan: Loan) -> None:
    lead.post(at("loan_act", loan.number, "rate_changed"), filled(lead, loan, "rate_changed", annual_rate="9"))

    assert LoanAct.objects.get().parameters == {"annual_rate": "0.09"}


def test_a_refusal_stands_beside_its_field(lead: Client, loan: Loan) -> None:
    form = filled(lead, loan, "charge_back", amount="5.00", receipt="RP-0")

    answer = lead.post(at("loan_act", loan.number, "charge_back"), form)

    assert answer.status_code == 422
    assert "receipt" in answer.context["form"].errors


def test_beyond_authority_a_second_person_is_asked(lead: Client, loan: Loan) -> None:
    lead.post(at("loan_act", loan.number, "goodwill_credit"), filled(lead, loan, "goodwill_credit", amount="900"))

    assert not LoanAct.objects.exists()
    assert Approval.objects.filter(kind="loan.goodwill_credit").count() == 1


def test_an_act_is_undone_from_the_list_of_what_was_done(lead: Client, loan: Loan) -> None:
    lead.post(at("loan_act", loan.number, "fee_added"), filled(lead, loan, "fee_added", amount="25.00"))
    act = LoanAct.objects.get()
    assert at("loan_act_undo", loan.number, act.public_id) in lead.get(at("loan_acts", loan.number)).content.decode()

    lead.post(at("loan_act_undo", loan.number, act.public_id), {"reason": "wrong loan"})

    act.refresh_from_db()
    assert act.status == "undone"
    assert sum(row.fee for row in Instalment.objects.filter(loan=loan, superseded_on__isnull=True)) == 0
    assert_books_agree(loan)


def test_a_settled_loan_is_told_what_it_is(lead: Client, loan: Loan) -> None:
    rows = Instalment.objects.filter(loan=loan)
    pay(loan, str(sum(row.principal + row.interest for row in rows)), DUE)

    answer = lead.post(at("loan_act", loan.number, "fee_added"), filled(lead, loan, "fee_added", amount="25.00"))

    loan.refresh_from_db()
    assert loan.status == LoanStatus.SETTLED
    assert answer.status_code == 422


def test_an_unknown_kind_is_not_found(lead: Client, loan: Loan) -> None:
    assert lead.get(at("loan_act", loan.number, "nonsense")).status_code == 404


@pytest.mark.parametrize("rate", ["1e5000000", "NaN", "-1e5000000"])
def test_a_rate_that_cannot_be_reckoned_with_is_refused_beside_its_field(lead: Client, loan: Loan, rate: str) -> None:
    given = {"annual_rate": rate, "effective_on": DUE.isoformat()}

    assert lead.get(at("loan_act_preview", loan.number, "rate_changed"), given).status_code == 200
    page = lead.post(at("loan_act", loan.number, "rate_changed"), {**given, "key": "k", "reason": "agreed"})
    assert page.status_code == 422 and page.context["form"].errors.keys() == {"annual_rate"}


def test_a_refund_beyond_ones_authority_is_asked_for_on_its_page(lead: Client, loan: Loan) -> None:
    pay(loan, "30000.00", DUE)

    vouched(loan, DUE)
    asked = filled(lead, loan, "refund", amount="6000.00", to_account=account_of(loan))
    sent = lead.post(at("loan_act", loan.number, "refund"), asked, follow=True)

    assert sent.status_code == 200
    assert Approval.objects.get(status="pending").amount == 6000 and not LoanAct.objects.exists()
