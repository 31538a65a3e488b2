"""The import pages: look, commit, match by hand."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core import business_date
from loans.models import BankFile, IncomingPayment, Loan, Repayment
from tests.loans.books import DISBURSED, a_running_loan, close_until
from tests.loans.doing import file_confirmed, second_person_agrees
from tests.loans.statements import statement, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan() -> Loan:
    made = a_running_loan()
    close_until(DISBURSED)
    return made


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def commit(client: Client, content: bytes) -> str:
    """Upload, look, press the button; the address it leads to."""
    preview = client.post(reverse("loans:payment_import"), {"file": upload(content)}).context["preview"]
    return client.post(reverse("loans:payment_import_commit"), {"sha256": preview.sha256}).url


def taken_in(client: Client, content: bytes) -> None:
    """Uploaded by one person, confirmed by another."""
    commit(client, content)
    file_confirmed(business_date.current())


def test_a_gb18030_file_goes_in_by_two_steps(operator: Client, loan: Loan) -> None:
    content = statement(("2026-01-16", "B-1", "100.00", f"还款 {loan.number}"), encoding="gb18030")

    look = operator.post(reverse("loans:payment_import"), {"file": upload(content)})
    assert not BankFile.objects.exists()
    address = operator.post(reverse("loans:payment_import_commit"), {"sha256": look.context["preview"].sha256}).url
    assert loan.number in operator.get(address).content.decode()
    assert not Repayment.objects.exists()
    file_confirmed(business_date.current())

    page = operator.get(address).content.decode()
    assert loan.number in page
    assert Repayment.objects.get().amount == 100


def test_a_file_pressed_twice_goes_in_once(operator: Client, loan: Loan) -> None:
    content = statement(("2026-01-16", "B-1", "100.00", loan.number))
    taken_in(operator, content)

    address = commit(operator, content)

    assert address == reverse("loans:payment_import")
    assert (BankFile.objects.count(), Repayment.objects.count()) == (1, 1)


def test_looking_at_a_known_file_says_so_and_offers_no_import(operator: Client, loan: Loan) -> None:
    content = statement(("2026-01-16", "B-1", "100.00", loan.number))
    commit(operator, content)

    page = operator.post(reverse("loans:payment_import"), {"file": upload(content, "again.csv")}).content.decode()

    assert "Already imported" in page
    assert reverse("loans:payment_import_commit") not in page


def test_rows_that_cannot_be_read_are_shown_in_words_with_their_line(operator: Client, loan: Loan) -> None:
    content = statement(("2026-01-16", "B-1", "100.00", loan.number), ("soon", "B-2", "1.00", ""))

    page = operator.post(reverse("loans:payment_import"), {"file": upload(content)}).content.decode()

    assert "This is not a date" in page
    assert "Import 1 payment" in page


def test_a_file_another_person_uploaded_cannot_be_committed(
    operator: Client, loan: Loan, signed_in: Callable[..., Client]
) -> None:
    content = statement(("2026-01-16", "B-1", "100.00", loan.number))
    preview = operator.post(reverse("loans:payment_import"), {"file": upload(content)}).context["preview"]
    other = signed_in(Client(), "operations", username="other")

    other.post(reverse("loans:payment_import_commit"), {"sha256": preview.sha256})

    assert not BankFile.objects.exists()


def test_a_waiting_payment_is_credited_by_hand(operator: Client, loan: Loan) -> None:
    taken_in(operator, statement(("2026-01-16", "B-1", "100.00", f"from {loan.borrower.number}")))
    payment = IncomingPayment.objects.get()
    waiting = operator.get(reverse("loans:payments_unmatched")).content.decode()
    assert "B-1" in waiting

    operator.post(
        reverse("loans:incoming_payment", args=[payment.pk]), {"loan_1": loan.number.lower(), "amount_1": "100.00"}
    )

    assert Repayment.objects.get().loan == loan
    assert operator.get(reverse("loans:payments_unmatched")).context["page"].items == []


def test_parts_that_do_not_add_up_are_refused_in_words(operator: Client, loan: Loan) -> None:
    taken_in(operator, statement(("2026-01-16", "B-1", "100.00", "no idea")))
    payment = IncomingPayment.objects.get()

    response = operator.post(
        reverse("loans:incoming_payment", args=[payment.pk]), {"loan_1": loan.number, "amount_1": "99.00"}
    )

    assert response.status_code == 422
    assert "99.00" in response.content.decode()


def test_a_payment_that_is_not_ours_goes_back_with_a_reason(operator: Client, loan: Loan) -> None:
    taken_in(operator, statement(("2026-01-16", "B-1", "100.00", "no idea")))
    payment = IncomingPayment.objects.get()

    operator.post(reverse("loans:incoming_payment_return", args=[payment.pk]), {"reason": "sent by mistake"})
    second_person_agrees(business_date.current())

    payment.refresh_from_db()
    assert payment.status == "returned"
