"""What lists, sums and counts tell somebody who sees a portion: nothing of the rest, not even how much it is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import business_date
from debt_collections import queries
from debt_collections.models import Case, Promise, PromiseStatus
from desk import home
from desk.home import sees_portfolio
from loans.models import Application, LoanPosition
from staff.models import User
from tests.api.conftest import TODAY
from tests.debt_collections.factories import CaseFactory, ContactAttemptFactory, PromiseFactory
from tests.loans.factories import (
    ApplicantFactory,
    ApplicationFactory,
    BankFileFactory,
    LoanFactory,
    MerchantFactory,
    ProductVersionFactory,
)

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
# What a collector (and the lead) may be told of three cases: theirs, another's, nobody's.
MINE, THEIRS, NOBODYS = Decimal("100.00"), Decimal("20.00"), Decimal("3.00")


@pytest.fixture(autouse=True)
def _today(db: None) -> None:
    business_date.move_to(TODAY)


@pytest.fixture
def promised(staff_member: Any) -> dict[Decimal, Promise]:
    """A promise in a case of mine, of another's, of nobody's: due by today, by its amount."""
    owners = {MINE: staff_member("collector"), THEIRS: staff_member("collector", username="other"), NOBODYS: None}
    found = {}
    for amount, owner in owners.items():
        promise = PromiseFactory(amount=amount, on=TODAY, due_on=TODAY, case__on=TODAY)
        Case.objects.filter(pk=promise.case_id).update(assigned_to=owner)
        found[amount] = promise
    business_date.move_to(TODAY)
    return found


def told(client: Client, name: str, *args: object, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


@pytest.mark.parametrize(("role", "amounts"), [("collector", {MINE, NOBODYS}), ("team_lead", {MINE, THEIRS, NOBODYS})])
def test_promises_are_listed_and_summed_of_the_cases_one_sees(
    client: Client, signed_in: SignIn, promised: dict[Decimal, Promise], role: str, amounts: set[Decimal]
) -> None:
    signed_in(client, role)

    answer = client.get(reverse("collections:promises"))

    assert {promise.amount for promise in answer.context["page"].items} == amounts
    assert answer.context["totals"]["due"] == len(amounts)
    assert answer.context["totals"]["due_amount"] == {"CNY": sum(amounts)}


@pytest.mark.parametrize(("role", "judged"), [("collector", 2), ("team_lead", 3)])
def test_how_promises_turned_out_is_counted_of_the_cases_one_sees(
    staff_member: Any, promised: dict[Decimal, Promise], role: str, judged: int
) -> None:
    Promise.objects.update(status=PromiseStatus.KEPT, judged_on=TODAY)
    person = User.objects.filter(username=role).first() or staff_member(role)

    totals = queries.promise_totals(TODAY, seen_by=person)

    assert (totals["judged"], totals["kept"], totals["due"]) == (judged, judged, 0)


def test_nobody_without_collections_reads_a_promise(staff_member: Any, promised: dict[Decimal, Promise]) -> None:
    assert not queries.promise_list(seen_by=staff_member("officer")).exists()
    assert queries.promise_totals(TODAY, seen_by=staff_member("officer", username="second"))["due"] == 0


@pytest.mark.parametrize(("role", "amounts"), [("collector", {MINE, NOBODYS}), ("team_lead", {MINE, THEIRS, NOBODYS})])
def test_the_home_page_tells_of_the_promises_and_dues_one_sees(
    client: Client, signed_in: SignIn, promised: dict[Decimal, Promise], role: str, amounts: set[Decimal]
) -> None:
    LoanPosition.objects.filter(borrower__in=[p.case.borrower_id for p in promised.values()]).update(next_due_on=TODAY)
    signed_in(client, role)

    tiles = {tile.label: tile.value for tile in client.get(reverse("desk:home")).context["tiles"]}

    assert tiles["Promises due today"] == str(len(amounts))
    assert tiles["Due today"] == str(len(amounts))


@pytest.mark.parametrize(("role", "cases"), [("collector", "2"), ("team_lead", "3")])
def test_the_count_beside_the_workbench_is_of_the_cases_one_sees(
    client: Client, signed_in: SignIn, promised: dict[Decimal, Promise], role: str, cases: str
) -> None:
    signed_in(client, role)

    assert client.get(reverse("desk:home")).context["nav_counts"]["workbench"] == cases


@pytest.mark.parametrize(("role", "count"), [("officer", "1"), ("checker", "3")])
def test_applications_are_counted_as_far_as_they_are_seen(
    client: Client, signed_in: SignIn, staff_member: Any, role: str, count: str
) -> None:
    me, other = staff_member("officer"), staff_member("officer", username="other")
    for taken_by in (me, other, other):
        ApplicationFactory(borrower=ApplicantFactory(registered_by=taken_by), submitted_by=taken_by)
    signed_in(client, role)

    page = client.get(reverse("desk:home"))

    assert page.context["nav_counts"]["applications"] == count
    if role == "officer":
        assert {tile.label: tile.value for tile in page.context["tiles"]}["Applications under way"] == count
    assert Application.objects.count() == 3


@pytest.mark.parametrize(("role", "whole"), [("officer", False), ("collector", False), ("finance", True)])
def test_the_sum_of_the_house_is_told_to_those_who_see_it(staff_member: Any, role: str, whole: bool) -> None:
    person = staff_member(role)

    labels = {tile.label for tile in home.tiles(user=person, on=TODAY).read()}

    assert ("Principal outstanding" in labels) is whole
    assert sees_portfolio(person) is whole


@pytest.mark.parametrize(("role", "told_"), [("officer", ""), ("operations", "1")])
def test_payments_that_wait_are_counted_for_those_who_list_them(
    client: Client, signed_in: SignIn, role: str, told_: str
) -> None:
    BankFileFactory()
    signed_in(client, role)

    assert client.get(reverse("desk:home")).context["nav_counts"]["payments"] == told_


@pytest.mark.parametrize(("role", "all_of_them"), [("officer", False), ("checker", True)])
def test_the_loans_beside_a_product_and_a_merchant_are_those_one_sees(
    client: Client, signed_in: SignIn, staff_member: Any, role: str, all_of_them: bool
) -> None:
    me, other = staff_member("officer"), staff_member("officer", username="other")
    version, merchant = ProductVersionFactory(product__code="phone", is_purchase=True), MerchantFactory()
    mine, theirs = (
        LoanFactory(
            borrower=ApplicantFactory(registered_by=taken_by),
            product_version=version,
            merchant=merchant,
            active=True,
            disbursed_on=TODAY,
        )
        for taken_by in (me, other)
    )
    signed_in(client, role)

    for loan in (mine, theirs):
        for page in (
            told(client, "loans:product", loan.product_version.product.code),
            told(client, "loans:merchant", merchant.public_id),
        ):
            assert (loan.number in page) is (loan == mine or all_of_them)


def test_an_earlier_case_of_another_is_no_part_of_the_person(
    client: Client, signed_in: SignIn, staff_member: Any
) -> None:
    """Whoever took the person in sees the person, and not the case another collector has."""
    me, other = staff_member("officer", "collector", username="both"), staff_member("collector", username="other")
    attempt = ContactAttemptFactory(case=CaseFactory(on=TODAY), on=TODAY, note="said she is ill")
    case = attempt.case
    case.borrower.registered_by = me
    case.borrower.save()
    Case.objects.filter(pk=case.pk).update(assigned_to=other)
    client.force_login(me)

    page = told(client, "desk:borrower", case.borrower.number)
    loan = told(client, "desk:loan_tab", case.borrower.loans.get().number, "collections")

    assert case.public_id not in page + loan and "said she is ill" not in page + loan
    Case.objects.filter(pk=case.pk).update(assigned_to=me)
    assert "said she is ill" in told(client, "desk:borrower", case.borrower.number)
