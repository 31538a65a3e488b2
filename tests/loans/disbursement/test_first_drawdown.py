"""A loan drawn in parts: how much is drawn at first is chosen when it is applied for, the rest up to the approved amount."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core import business_date
from loans.acts.performing import perform
from loans.disbursement import disbursing
from loans.models import Application, Disbursement, Instalment, Loan, Offer, ProductVersion
from loans.night.portfolio import rebuild
from loans.origination.decisions import Decision
from loans.pricing.quotes import DrawdownsNotSold, FirstDrawdownOutOfRange, quote_for
from messaging.models import Message
from risk import underwriting
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import (
    ON,
    ApplicantFactory,
    ApplicationFactory,
    ContractFactory,
    DecisionFactory,
    DisbursementFactory,
    OfferFactory,
    ProductVersionFactory,
)
from tests.loans.money_stories.telling import the_journal, told
from tests.loans.servicing.test_repayments import assert_books_agree, position

pytestmark = pytest.mark.django_db
APPROVED, FIRST = Decimal("12000.00"), Decimal("5000.00")
FIRST_DUE = date(2026, 7, 15)


def a_line(**changes: Any) -> ProductVersion:
    """A product that is paid out in parts."""
    return ProductVersionFactory(product__code="line", allows_drawdowns=True, **changes)


def asked(**changes: Any) -> Application:
    business_date.move_to(ON)
    facts = {"version": a_line(), "amount": APPROVED, "first_drawdown": FIRST}
    return ApplicationFactory(
        borrower__banked=True, borrower__account__account_number="6222020000001000", **{**facts, **changes}
    )


def offered(application: Application | None = None) -> Offer:
    return OfferFactory(application=application or asked(), decision__first_drawdown=FIRST)


def signed() -> Disbursement:
    return DisbursementFactory(contract__offer=offered())


def raw(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


# --- applying -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["0.00", "-1.00", "12000.01"])
def test_no_more_is_drawn_than_is_approved(first: str) -> None:
    with pytest.raises(FirstDrawdownOutOfRange):
        asked(first_drawdown=Decimal(first))


def test_a_product_paid_out_in_one_sum_has_no_first_drawdown() -> None:
    with pytest.raises(DrawdownsNotSold):
        asked(version=ProductVersionFactory())
    with pytest.raises(DrawdownsNotSold):
        application = asked(version=ProductVersionFactory(), first_drawdown=None)
        OfferFactory(application=application, decision__first_drawdown=FIRST)


def test_the_cost_shown_is_that_of_the_sum_drawn() -> None:
    version = a_line(fee_rate=Decimal("0.01"))

    part = quote_for(version=version, principal=APPROVED, term_count=12, on=ON, first_drawdown=FIRST)
    alone = quote_for(version=version, principal=FIRST, term_count=12, on=ON)

    assert (part.terms.principal, part.first_drawdown) == (APPROVED, FIRST)
    assert part.schedule == alone.schedule
    assert (part.cost, part.rates, part.total_repayable) == (alone.cost, alone.rates, alone.total_repayable)


def test_a_counter_offer_of_less_is_drawn_at_most_whole() -> None:
    application = asked(first_drawdown=APPROVED)
    assessed = underwriting.assess(application_id=application.pk, on=ON)

    terms = underwriting._chosen_terms(application, assessed, "counter_offer", Decimal("3000.00"), 12)

    assert (terms["principal"], terms["first_drawdown"]) == (3000, 3000)


def test_the_rules_hand_the_first_drawdown_on() -> None:
    application = asked(amount=Decimal("6000.00"))

    underwriting.decide_automatically(application_id=application.pk, on=ON)

    offer = Offer.objects.get(application=application)
    assert (offer.principal, offer.first_drawdown) == (6000, FIRST)


def test_a_decision_that_waits_for_a_second_person_keeps_it() -> None:
    decision = DecisionFactory(application=asked(), first_drawdown=FIRST)

    assert Decision.from_payload(decision.as_payload()) == decision


# --- from offer to money ------------------------------------------------------------------------------------------------


def test_offer_and_contract_name_approved_amount_and_first_drawdown() -> None:
    offer = offered()

    snapshot = ContractFactory(offer=offer).snapshot

    assert (offer.principal, offer.first_drawdown) == (APPROVED, FIRST)
    assert offer.total_repayable == FIRST + offer.total_interest
    assert (snapshot["terms"]["principal"], snapshot["first_drawdown"]) == ("12000.00", "5000.00")
    assert sum(Decimal(row["principal"]) for row in snapshot["schedule"]) == FIRST


def test_the_first_part_is_paid_out_on_whatever_day_and_then_the_rest() -> None:
    order, later, due = signed(), ON + timedelta(days=2), date(2026, 7, 17)
    assert order.amount == FIRST

    with the_journal() as first:
        disbursing.confirm(disbursement_id=order.pk, outcome="paid", on=later)
    loan = Loan.objects.get()
    close_until(due)
    with the_journal() as second:
        perform(wish(loan, "drawn_down", due, amount=Decimal("7000.00")))

    assert loan.drawdowns == [[later.isoformat(), "5000.00"]]
    assert first.text == told("""
        2026-06-17 disbursement
          Loan principal receivable        5000.00
          Cash at bank                                5000.00
    """)
    assert second.text == told("""
        2026-07-17 drawn_down
          Loan principal receivable        7000.00
          Cash at bank                                7000.00
    """)
    assert position(loan).principal_outstanding == APPROVED
    assert_books_agree(loan)
    assert Message.objects.get(template_code="loan_disbursed").context["amount"] == "5000.00"


def a_line_drawn_once() -> Loan:
    order = signed()
    disbursing.send(disbursement_id=order.pk, on=ON)
    close_until(FIRST_DUE - timedelta(days=1))
    business_date.move_to(FIRST_DUE)
    return Loan.objects.get()


def test_a_fee_is_still_possible_after_a_further_drawdown() -> None:
    """Its cost is tested against everything drawn, not against the first part alone."""
    loan = a_line_drawn_once()
    perform(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("7000.00")))

    perform(wish(loan, "fee_added", FIRST_DUE, amount=Decimal("1.00")))

    assert_books_agree(loan)


def test_the_portfolio_counts_what_was_drawn() -> None:
    loan = a_line_drawn_once()
    assert rebuild(FIRST_DUE).outstanding == FIRST

    perform(wish(loan, "drawn_down", FIRST_DUE, amount=Decimal("1000.00")))

    assert rebuild(FIRST_DUE).outstanding == Decimal("6000.00")
    assert rebuild(FIRST_DUE - timedelta(days=1)).outstanding == FIRST


# --- pages --------------------------------------------------------------------------------------------------------------


def test_from_application_to_a_second_drawdown_on_the_pages(client: Client, signed_in: Callable[..., Any]) -> None:
    business_date.move_to(ON)
    lin, version = ApplicantFactory(banked=True, account__account_number="6222020000001000"), a_line()
    house = signed_in(client, superuser=True)
    wished = {"product": version.product_id, "amount": "6000", "term_count": "12", "first_drawdown": "5000"}
    wished["purpose"] = "renovation"
    quote = house.get("/app/applications/quote", wished).content.decode()
    assert "Approved amount" in quote and "those of the first drawdown" in quote
    too_much = house.post(
        f"/app/applications/new?borrower={lin.number}", {**wished, "first_drawdown": "6001", "key": "a"}
    )
    assert too_much.status_code == 422 and "at most the approved amount" in too_much.content.decode()

    house.post(f"/app/applications/new?borrower={lin.number}", {**wished, "key": "b"})
    application = Application.objects.get()
    underwriting.decide_automatically(application_id=application.pk, on=ON)
    page = house.get(f"/app/applications/{application.number}").content.decode()
    assert "first drawdown" in page and "5,000.00" in page
    house.post(f"/app/applications/{application.number}/accept")
    house.post(f"/app/applications/{application.number}/disburse")
    loan = Loan.objects.get()
    assert position(loan).principal_outstanding == FIRST

    address = f"/app/loans/{loan.number}/acts/drawn_down"
    key = house.get(address).context["form"]["key"].value()
    form = {"key": key, "effective_on": ON.isoformat(), "reason": "second part"}
    refused = house.post(address, {**form, "amount": "1000.01"})
    assert refused.status_code == 422 and "¥ 1,000.00 of the approved ¥ 6,000.00" in refused.content.decode()
    assert house.post(address, {**form, "amount": "1000.00"}).status_code == 302
    assert house.post(address, {**form, "amount": "1000.00"}).status_code == 302  # the same form once more
    assert position(loan).principal_outstanding == FIRST
    ordered = Disbursement.objects.get(is_drawdown=True)
    overview = house.get(f"/app/loans/{loan.number}").content.decode()
    assert ordered.number in overview and "The loan changes when the bank has paid." in overview
    house.post(f"/app/loans/{loan.number}/drawdowns/{ordered.public_id}/send")

    assert position(loan).principal_outstanding == Decimal("6000.00")
    overview = house.get(f"/app/loans/{loan.number}").content.decode()
    assert "Approved amount" in overview and "First drawdown" in overview
    assert_books_agree(loan)


# --- the law in PostgreSQL ----------------------------------------------------------------------------------------------


def refused(sql: str, *values: Any, match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        raw(sql, *values)


def test_postgresql_refuses_more_than_was_asked_for() -> None:
    application = asked()

    for wrong in ("0", "-1", "12000.01"):
        refused(
            "UPDATE loans_application SET first_drawdown = %s WHERE id = %s",
            wrong,
            application.pk,
            match="loans_application_first_drawdown",
        )


def test_postgresql_refuses_an_offer_its_product_does_not_make() -> None:
    offer = offered()
    copied = [field for field in Offer._meta.concrete_fields if field.name != "id"]

    def insert(match: str, **changes: Any) -> None:
        copy = Offer(**{field.attname: getattr(offer, field.attname) for field in copied})
        for name, value in {"status": "expired", "public_id": "off_copy", **changes}.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError, match=match), transaction.atomic():
            copy.save(force_insert=True)

    insert(
        "loans_offer_first_drawdown",
        first_drawdown=Decimal("12000.01"),
        total_repayable=offer.total_interest + Decimal("12000.01"),
    )
    insert("loans_offer_total_adds_up", first_drawdown=None)
    insert("paid out in one sum", product_version_id=ProductVersionFactory().pk)


@pytest.mark.parametrize("part", ["is_purchase = true", "interest_type = 'flat'"])
def test_postgresql_refuses_products_that_cannot_be_drawn_in_parts(part: str) -> None:
    version = a_line()

    refused(f"UPDATE loans_productversion SET {part} WHERE id = %s", version.pk, match="loans_productversion_drawdowns")


def test_a_schedule_drawn_whole_is_that_of_an_ordinary_loan() -> None:
    order = signed()
    disbursing.send(disbursement_id=order.pk, on=ON)
    loan = Loan.objects.get()

    perform(wish(loan, "drawn_down", ON, amount=APPROVED - FIRST))

    now = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    whole = quote_for(version=loan.product_version, principal=APPROVED, term_count=12, on=ON).schedule
    assert [(row.principal, row.interest) for row in now] == [
        (row.principal, row.interest) for row in whole.instalments
    ]
