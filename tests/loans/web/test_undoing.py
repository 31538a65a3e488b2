"""Taking back a waiver, an extension or a refund on the loan's pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Approval
from ledger.models import JournalEntry
from loans.models import Loan, LoanAct
from tests.loans.acts.test_undoing import (
    TODAY,
    a_late_loan,
    a_refund,
    a_waiver,
    an_extension,
    an_overpaid_loan,
    take_back,
)
from tests.loans.doing import write_off

pytestmark = pytest.mark.django_db
GRANTS: dict[str, tuple[Callable[[], Loan], Callable[[Loan], Any]]] = {
    "waiver": (a_late_loan, a_waiver),
    "extension": (a_late_loan, an_extension),
    "refund": (an_overpaid_loan, a_refund),
}
each_kind = pytest.mark.parametrize("kind", GRANTS)


@pytest.fixture
def finance(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "finance")


def granted(kind: str) -> tuple[Loan, LoanAct, str]:
    begin, grant = GRANTS[kind]
    loan = begin()
    row = grant(loan)
    return loan, row, reverse("loans:loan_act_undo", args=[loan.number, row.public_id])


@each_kind
def test_the_page_shows_what_would_change_and_changes_nothing(finance: Client, kind: str) -> None:
    _loan, row, address = granted(kind)
    entries = JournalEntry.objects.count()

    page = finance.get(address)

    shown = page.context["shown"].preview
    assert shown.figures
    assert bool(shown.entries) is (kind != "extension")  # of the days added nothing was earned yet
    assert page.status_code == 200
    row.refresh_from_db()
    assert not row.is_undone and JournalEntry.objects.count() == entries


def test_a_refund_is_taken_back_when_a_second_person_agreed(finance: Client) -> None:
    """The money has left: who says that it came back must not be alone."""
    _loan, row, address = granted("refund")

    finance.post(address, {"reason": "the bank sent it back"})

    row.refresh_from_db()
    assert not row.is_undone
    assert Approval.objects.get(status="pending").kind == "loan.refund.undo"


@pytest.mark.parametrize("kind", ["waiver", "extension"])
def test_with_a_reason_it_is_taken_back_and_stays_in_the_list_struck_through(finance: Client, kind: str) -> None:
    loan, row, address = granted(kind)
    tab = reverse("desk:loan_tab", args=[loan.number, "transactions"])
    menu = reverse("loans:loan_acts", args=[loan.number])
    assert address in finance.get(tab).content.decode()

    refused = finance.post(address, {"reason": ""})
    done = finance.post(address, {"reason": "asked for by nobody"})

    assert (refused.status_code, done.status_code, done["Location"]) == (422, 302, menu)
    row.refresh_from_db()
    assert (row.status, row.undone_on, row.undo_reason) == ("undone", TODAY, "asked for by nobody")
    assert row.history.order_by("-history_id").first().history_user.username == "finance"
    page = finance.get(tab).content.decode()
    assert address not in page
    assert 'class="struck"' in page and "asked for by nobody" in page


@each_kind
def test_what_is_already_reversed_is_shown_as_that(finance: Client, kind: str) -> None:
    _loan, row, address = granted(kind)
    take_back(row, reason="seen before")

    page = finance.get(address)
    again = finance.post(address, {"reason": "another"})

    assert "seen before" in page.content.decode()
    assert "btn-danger" not in page.content.decode()
    assert again.status_code == 422


def test_a_refusal_is_told_before_anybody_types_a_reason(finance: Client) -> None:
    loan, _row, address = granted("waiver")
    write_off(loan_id=loan.pk, on=TODAY, reason="hopeless")

    page = finance.get(address)
    refused = finance.post(address, {"reason": "too late"})

    assert "written off since" in page.context["refusal"]
    assert refused.status_code == 422
    assert "written off since" in refused.content.decode()


def test_an_extension_taken_back_is_told_in_the_story_of_the_loan(finance: Client) -> None:
    loan, row, _address = granted("extension")
    take_back(row, reason="wrong borrower")

    page = finance.get(reverse("desk:loan", args=[loan.number])).content.decode()

    assert "Undone: Extended by" in page and "wrong borrower" in page


@each_kind
def test_of_another_loan_it_does_not_exist(finance: Client, kind: str) -> None:
    _loan, row, _address = granted(kind)
    other = a_late_loan()

    assert finance.get(reverse("loans:loan_act_undo", args=[other.number, row.public_id])).status_code == 404
