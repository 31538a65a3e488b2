"""The loan page: who, how much, how late, what next, at the same price however long the history."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from core import business_date
from desk.web.loans import TABS
from loans.models import Loan
from loans.pages import loan_page
from loans.pages.story import newest_first
from loans.servicing import repayments, settling
from tests.debt_collections.factories import CaseFactory
from tests.loans import doing
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)


@pytest.fixture
def loan() -> Loan:
    return LoanFactory(active=True, borrower__name="林小雨")


@pytest.fixture
def operator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations")


def pay(loan: Loan, amount: str, on: date, key: str) -> None:
    RepaymentFactory(
        loan=loan,
        amount=Decimal(amount),
        received_on=on,
        recorded_on=max(on, business_date.current()),
        idempotency_key=key,
    )


def shown(client: Client, loan: Loan, tab: str = "") -> str:
    address = reverse("desk:loan_tab", args=[loan.number, tab]) if tab else reverse("desk:loan", args=[loan.number])
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_head_names_the_person_masked_and_the_figures(operator: Client, loan: Loan) -> None:
    close_until(date(2026, 2, 24))

    page = shown(operator, loan)

    assert "林*雨" in page
    assert "林小雨" not in page
    assert "9 days past due · M1" in page
    assert "Record payment" in page


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "overview"])
def test_every_tab_opens_for_who_may_see_it(
    client: Client, signed_in: Callable[..., Client], loan: Loan, tab: str
) -> None:
    signed_in(client, "compliance")
    close_until(date(2026, 2, 24))
    pay(loan, "500.00", date(2026, 2, 25), "k")

    assert loan.number in shown(client, loan, tab)


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "overview"])
def test_every_tab_opens_while_the_loan_waits_for_its_money(
    client: Client, signed_in: Callable[..., Client], tab: str
) -> None:
    waiting = LoanFactory()
    signed_in(client, "compliance")

    assert waiting.number in shown(client, waiting, tab)
    assert client.get(reverse("desk:loan_books_file", args=[waiting.number])).status_code == 200


def test_a_tab_beyond_ones_rights_is_neither_offered_nor_opened(
    client: Client, signed_in: Callable[..., Client], loan: Loan
) -> None:
    signed_in(client, "officer")
    address = reverse("desk:loan_tab", args=[loan.number, "accounting"])

    page = shown(client, loan)

    assert address not in page
    assert client.get(address).status_code == 403


def test_an_unknown_loan_is_not_found(operator: Client) -> None:
    assert operator.get(reverse("desk:loan", args=["LN-1999-000001"])).status_code == 404


def test_who_may_not_act_is_told_which_right_is_missing(
    client: Client, signed_in: Callable[..., Client], loan: Loan
) -> None:
    signed_in(client, "officer")

    page = shown(client, loan)

    assert "loans.record_repayment" in page
    assert reverse("loans:loan_pay", args=[loan.number]) not in page


def test_a_written_off_loan_offers_recovery(operator: Client, loan: Loan) -> None:
    close_until(date(2026, 2, 24))
    doing.write_off(loan_id=loan.pk, on=date(2026, 2, 25), reason="lost")

    page = shown(operator, loan)

    assert "Record recovery" in page
    assert "written off" in page


def test_a_settled_loan_with_nothing_overpaid_offers_no_act(operator: Client, loan: Loan) -> None:
    settling.settle_early(loan_id=loan.pk, on=DISBURSED, channel="counter", idempotency_key="k")

    page = shown(operator, loan)

    assert "settled" in page
    assert reverse("loans:loan_pay", args=[loan.number]) not in page


def test_the_schedule_says_how_each_instalment_went(loan: Loan) -> None:
    close_until(DUE - timedelta(days=1))
    pay(loan, "1100.15", DUE, "on time")
    close_until(date(2026, 3, 20))
    pay(loan, "1105.00", date(2026, 3, 21), "late")
    close_until(date(2026, 4, 16))

    rows = loan_page.loan_page(loan_page.loan_by_number(loan.number), on=date(2026, 4, 17)).read().schedule.rows

    assert [(row.state.label, row.state.tone) for row in rows[:4]] == [
        ("Paid 2026-02-15", "good"),
        ("Paid 6 days late", "attention"),
        ("1 day late · 4.85 paid", "bad") if rows[2].paid == Decimal("4.85") else (rows[2].state.label, "bad"),
        ("", "neutral"),
    ]


def test_the_parts_of_the_bar_sum_to_everything_the_loan_asks_for(loan: Loan) -> None:
    close_until(DUE - timedelta(days=1))
    pay(loan, "700.00", DUE, "k")
    close_until(date(2026, 3, 14))

    page = loan_page.loan_page(loan_page.loan_by_number(loan.number), on=date(2026, 3, 15)).read()

    bar = page.progress
    assert bar.paid == Decimal("700.00")
    assert bar.overdue == page.position.overdue_total  # type: ignore[union-attr]
    assert bar.due == page.schedule.rows[1].total
    assert bar.total == page.schedule.totals.total


def test_an_extended_schedule_can_be_compared_with_the_original(operator: Client, loan: Loan) -> None:
    close_until(DISBURSED)
    doing.extend(loan_id=loan.pk, days=10, on=date(2026, 1, 16), reason="salary day")
    address = reverse("desk:loan_tab", args=[loan.number, "schedule"])

    plain = operator.get(address).content.decode()
    compared = operator.get(address + "?compare=1").content.decode()

    assert "2026-02-25" in plain
    assert "2026-02-15" not in plain
    assert "2026-02-25" in compared
    assert "2026-02-15" in compared


def test_a_reversed_payment_stays_in_the_list_struck_through(operator: Client, loan: Loan) -> None:
    pay(loan, "100.00", DISBURSED, "k")
    repayment = loan.repayments.get()
    repayments.reverse_repayment(repayment_id=repayment.pk, reason="bounced", reversed_on=DISBURSED)

    page = shown(operator, loan, "transactions")

    assert repayment.number in page
    assert 'class="struck"' in page
    assert "bounced" in page


def test_collections_news_stands_in_the_timeline_of_who_may_see_it(
    client: Client, signed_in: Callable[..., Client]
) -> None:
    case = CaseFactory()
    loan = case.borrower.loans.get()
    signed_in(client, "collector")

    page = shown(client, loan, "collections")

    assert case.public_id in page


def test_reading_the_page_takes_nine_queries_at_any_length_of_history(
    loan: Loan, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(40):
        pay(loan, "1.00", DISBURSED, f"k{n}")

    with django_assert_max_num_queries(9):
        page = loan_page.loan_page(loan_page.loan_by_number(loan.number), on=DISBURSED).read()

    assert len(page.repayments) == 40


@pytest.mark.parametrize("payments", [1, 30])
@pytest.mark.parametrize("tab", ["", "transactions", "accounting"])
def test_the_whole_answer_takes_a_bounded_number_of_queries(
    operator: Client, loan: Loan, django_assert_max_num_queries: DjangoAssertNumQueries, payments: int, tab: str
) -> None:
    for n in range(payments):
        pay(loan, "1.00", DISBURSED, f"k{n}")
    shown(operator, loan, tab)

    with django_assert_max_num_queries(25):
        shown(operator, loan, tab)


def test_the_change_log_speaks_of_fields_not_of_columns(operator: Client, loan: Loan) -> None:
    close_until(date(2026, 2, 24))
    doing.write_off(loan_id=loan.pk, on=date(2026, 2, 25), reason="lost")

    page = shown(operator, loan, "changes")

    assert "<ins>written off</ins>" in page
    assert "written_off" not in page
    assert "disbursed_on" not in page


def test_messages_in_a_row_are_folded_into_one_line() -> None:
    close = [loan_page.Event(at=loan_page._noon(DUE), title="SMS", kind="message")] * 3
    money = loan_page.Event(at=loan_page._noon(DUE + timedelta(days=1)), title="Payment")

    story = newest_first([*close, money])

    assert [event.title for event in story] == ["Payment", "3 messages"]
    assert len(story[1].folded) == 3
