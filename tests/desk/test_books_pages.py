"""The books for people: figures that prove themselves, links both ways, files, and the same price at any length."""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import approvals
from audit.models import Approval, AuditEvent
from core import business_date
from ledger.models import JournalEntry, PeriodClosing
from ledger.queries import closed_through
from loans.models import Loan, NightAccrual, Repayment
from loans.servicing.repayments import reverse_repayment
from operations.models import LongJob
from staff.models import User
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
PAID_ON = DISBURSED + timedelta(days=31)
TODAY = DISBURSED + timedelta(days=40)
PLACES = {
    "books": [],
    "books_file": [],
    "books_account": ["1201"],
    "books_account_file": ["1201"],
    "books_entry": ["entry"],
    "books_closing": [],
    "loan_books_file": ["loan"],
}


@pytest.fixture
def loan() -> Loan:
    """A loan with nights, a payment and a reversed one."""
    made = LoanFactory(active=True)
    close_until(TODAY - timedelta(days=1))
    for key, amount in (("kept", "1100.15"), ("bounced", "50.00")):
        RepaymentFactory(loan=made, amount=Decimal(amount), received_on=PAID_ON, recorded_on=TODAY, idempotency_key=key)
    bounced = Repayment.objects.get(idempotency_key="bounced")
    reverse_repayment(repayment_id=bounced.pk, reason="bounced", reversed_on=TODAY)
    return made


@pytest.fixture
def finance(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "finance")


def opened(client: Client, name: str, *arguments: object, **query: object) -> str:
    response = client.get(reverse(f"desk:{name}", args=arguments), query)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()


def table(client: Client, name: str, *arguments: object, **query: object) -> list[list[str]]:
    return list(csv.reader(opened(client, name, *arguments, **query).removeprefix("\ufeff").splitlines()))


def test_the_trial_balance_proves_itself_on_a_day_and_between_two(finance: Client, loan: Loan) -> None:
    whole = table(finance, "books_file")
    split = table(finance, "books_file", first=TODAY.isoformat(), last=TODAY.isoformat())

    page = opened(finance, "books")
    assert "In balance" in page and "1201 Loan principal receivable" in page
    assert sum(Decimal(row[4]) for row in whole[1:]) == sum(Decimal(row[5]) for row in whole[1:])
    assert {row[0]: row[6] for row in whole[1:]} == {row[0]: row[6] for row in split[1:]}
    principal = next(row for row in split if row[0] == "1201")
    assert principal[3] == "12000.00"
    assert Decimal(principal[3]) + Decimal(principal[4]) - Decimal(principal[5]) == Decimal(principal[6])


def test_before_the_first_entry_the_page_says_so(finance: Client) -> None:
    business_date.move_to(TODAY)

    assert "Nothing was booked up to that day" in opened(finance, "books")
    assert "Nothing was booked on this account yet" in opened(finance, "books_account", "5001")
    assert "The books are open from the beginning" in opened(finance, "books_closing")


def test_days_that_cannot_be_are_told_and_narrow_nothing(finance: Client, loan: Loan) -> None:
    page = opened(finance, "books", first="2026-03-01", last="2026-02-01")

    assert "This day lies before the first one." in page and "In balance" in page


def test_a_statement_ends_where_the_trial_balance_stands(finance: Client, loan: Loan) -> None:
    rows = table(finance, "books_account_file", "1201")
    balance = next(row for row in table(finance, "books_file") if row[0] == "1201")

    assert rows[1][:6] == [str(DISBURSED), str(DISBURSED), rows[1][2], "disbursement", loan.number, "12000.00"]
    running = Decimal(0)
    for row in rows[1:]:
        running += Decimal(row[5]) - Decimal(row[6])
        assert Decimal(row[7]) == running
    assert rows[-1][7] == balance[6]
    assert AuditEvent.objects.filter(action="exported", object_id="1201").count() == 1


def test_every_file_leaves_a_record_of_who_took_what(finance: Client, loan: Loan) -> None:
    day = TODAY.isoformat()

    table(finance, "books_file", first=day, last=day)
    table(finance, "books_file")
    table(finance, "books_account_file", "1201", event="repayment", first=day)
    table(finance, "loan_books_file", loan.number)
    opened(finance, "books", first=day)

    taken = AuditEvent.objects.filter(action="exported").order_by("id")
    business_day = business_date.current().isoformat()
    assert [(event.object_type, event.object_label, event.after) for event in taken] == [
        ("ledger.account", "trial_balance", {"first_day": day, "last_day": day}),
        ("ledger.account", "trial_balance", {"last_day": business_day}),
        ("ledger.account", "1201", {"first_day": day, "event": "repayment"}),
        ("loans.loan", loan.number, {}),
    ]
    assert {str(event.actor) for event in taken} == {str(User.objects.get(username="finance"))}
    assert all(event.request_id and event.channel == "web" for event in taken)


def test_a_statement_is_filtered_and_keeps_the_balance_of_the_account(finance: Client, loan: Loan) -> None:
    page = opened(finance, "books_account", "1201", event="repayment", first=TODAY.isoformat())
    row = next(row for row in table(finance, "books_account_file", "1201") if row[3] == "repayment")

    assert f"{Decimal(row[7]):,.2f}" in page
    assert page.count("data-href") == 1 and loan.number in page
    assert "No line fits" in opened(finance, "books_account", "1201", last="2020-01-01")


def test_pages_of_a_statement_join_without_a_gap(finance: Client, loan: Loan, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [LoanFactory(active=True) for _ in range(60)]

    first = opened(finance, "books_account", "1001")
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = finance.get(address).content.decode()

    assert (first.count("data-href"), second.count("data-href")) == (50, len(many) + 4 - 50)
    assert "Back to the start" in second


def test_an_entry_links_to_its_loan_and_to_what_takes_it_back(finance: Client, loan: Loan) -> None:
    taken_back = Repayment.objects.get(idempotency_key="bounced").entry
    mirror = JournalEntry.objects.get(reverses=taken_back)

    page, other = opened(finance, "books_entry", taken_back.pk), opened(finance, "books_entry", mirror.pk)

    assert reverse("desk:books_entry", args=[mirror.pk]) in page
    assert reverse("desk:books_entry", args=[taken_back.pk]) in other
    assert reverse("desk:loan_tab", args=[loan.number, "accounting"]) in page
    assert "Payment, reversed" in other


def test_an_accrual_names_the_loans_that_share_it(finance: Client, loan: Loan) -> None:
    accrual = JournalEntry.objects.filter(event="accrual").earliest("id")

    page = opened(finance, "books_entry", accrual.pk)

    assert "Booked for 1 loan; its share" in page and loan.number in page


def test_the_loan_shows_its_shares_and_ends_at_its_receivable(finance: Client, loan: Loan) -> None:
    page = opened(finance, "loan_tab", loan.number, "accounting")
    rows = table(finance, "loan_books_file", loan.number)

    loan.position.refresh_from_db()
    assert rows[-1][-1] == str(loan.position.outstanding_total)
    assert f"{loan.position.outstanding_total:,.2f}" in page
    assert {row[3] for row in rows[1:]} == {"disbursement", "accrual", "repayment", "repayment_reversal"}


def test_more_history_costs_no_more_queries(finance: Client, loan: Loan) -> None:
    def cost(name: str, *arguments: object) -> int:
        opened(finance, name, *arguments)  # warms what is cached for a while
        with CaptureQueriesContext(connection) as queries:
            opened(finance, name, *arguments)
        return len(queries)

    night = NightAccrual.objects.latest("id")
    places = [
        ("books",),
        ("books_account", "1202"),
        ("books_entry", night.entry_id),
        ("loan_tab", loan.number, "accounting"),
    ]
    before = [cost(*place) for place in places]
    for _ in range(5):
        LoanFactory(active=True)
    close_until(TODAY + timedelta(days=10))
    places[2] = ("books_entry", NightAccrual.objects.latest("id").entry_id)

    assert [cost(*place) for place in places] == before
    assert max(before) < 40


@pytest.mark.parametrize("name", PLACES)
def test_each_place_needs_the_right_to_see_the_books(client: Client, loan: Loan, name: str) -> None:
    known = {"entry": JournalEntry.objects.earliest("id").pk, "loan": loan.number}
    address = reverse(f"desk:{name}", args=[known.get(argument, argument) for argument in PLACES[name]])
    person = UserFactory(roles=["risk_analyst"])  # sees every loan, and no books

    assert client.get(address).status_code == 302
    client.force_login(person, backend="staff.backends.StaffBackend")
    refused = client.get(address)
    assert refused.status_code == 403 and "ledger.view_journalentry" in refused.content.decode()
    person.user_permissions.add(Permission.objects.get(codename="view_journalentry"))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["books_close", "books_reopen"])
def test_closing_and_opening_need_a_right_of_their_own(
    client: Client, signed_in: Callable[..., Client], name: str
) -> None:
    signed_in(client, "compliance")

    refused = client.post(reverse(f"desk:{name}"), {"through": "2026-01-31", "day": "2026-01-31", "reason": "x"})

    assert refused.status_code == 403 and "ledger.close_period" in refused.content.decode()
    assert client.get(reverse(f"desk:{name}")).status_code == 405


def test_the_books_are_the_places_of_those_who_may_see_them(client: Client, signed_in: Callable[..., Client]) -> None:
    assert 'href="/app/books/"' in signed_in(client, "finance").get("/app/").content.decode()
    assert 'href="/app/books/"' not in signed_in(client, "collector").get("/app/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_closed_by_one_opened_again_by_two(finance: Client, loan: Loan, staff_member: Callable[..., User]) -> None:
    eve = TODAY - timedelta(days=1)

    finance.post(reverse("desk:books_close"), {"through": eve.isoformat()})
    assert (LongJob.objects.get().status, closed_through()) == ("done", eve)
    assert "All days before the business date are closed." in opened(finance, "books_closing")

    finance.post(reverse("desk:books_reopen"), {"day": eve.isoformat(), "reason": "a bill came late"})
    asked = Approval.objects.get()
    assert "Waits for a second person: Closed books opened again" in opened(finance, "books_closing")
    with pytest.raises(approvals.SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=staff_member("finance"), on=TODAY)
    approvals.approve(approval_id=asked.pk, decided_by=staff_member("checker"), on=TODAY)

    assert closed_through() == eve - timedelta(days=1)
    assert PeriodClosing.objects.latest("id").reason == "a bill came late"
    assert "a bill came late" in opened(finance, "books_closing")


def test_a_day_that_is_not_over_is_refused_in_place(finance: Client, loan: Loan) -> None:
    business_date.move_to(TODAY)

    response = finance.post(reverse("desk:books_close"), {"through": TODAY.isoformat()})

    assert response.status_code == 422 and "is not over" in response.content.decode()
    assert closed_through() is None
