"""A charge for repaying early: what it comes to by hand, where the law bounds it, and that it comes and goes with the
settlement.

The loan is the usual one: 12,000.00 over twelve months at 18 % from 15 January 2026, 180.00 of interest a month and
1,100.15 an instalment, or over 24 months where more than a year is to be left.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core.rules import forget_cached_rules
from loans.models import Loan, LoanStatus, RepaymentLine
from loans.origination.application_wish import ApplicationWish
from loans.origination.decisions import Decision
from loans.origination.origination import accept_offer, decide, submit_application
from loans.pages.early_words import words_of_contract
from loans.pages.loan_page import money_split
from loans.pricing.early_charges import (
    EarlyChargeNeedsFixedRate,
    EarlyChargeNotAllowed,
    EarlyChargeTooHigh,
    cost_cap_of_contract,
    require_early_charge_allowed,
)
from loans.proof import oracle
from loans.servicing.repayments import record_repayment, reverse_repayment
from loans.servicing.settling import settle_early, settlement_quote
from tests.core.factories import RuleFactory
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.factories import ON as APPLIED_ON
from tests.loans.factories import ApplicantFactory
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
DAY_10 = date(2026, 1, 25)
ONE_PERCENT: dict[str, Any] = {"early_charge_rate": Decimal("0.01")}


def settled(loan: Loan, on: date, **more: Any) -> Any:
    return settle_early(loan_id=loan.pk, on=on, channel="counter", idempotency_key=f"settle-{loan.pk}", **more)


def test_one_percent_of_the_principal_is_a_line_of_its_own() -> None:
    """Ten days: 180.00 × 10/31 = 58.06 of interest, and 120.00."""
    loan = a_running_loan(**ONE_PERCENT)

    quote = settlement_quote(loan, DAY_10)

    assert (quote.principal, quote.interest, quote.early_charge) == (
        Decimal("12000.00"),
        Decimal("58.06"),
        Decimal("120.00"),
    )
    assert (quote.other_fees, quote.total) == (Decimal("0.00"), Decimal("12178.06"))


@pytest.mark.parametrize("follows", [False, True], ids=["fixed", "follows the balance"])
def test_it_is_charged_with_the_settlement_earned_as_a_fee_and_gone_with_it(follows: bool) -> None:
    loan = a_running_loan(**ONE_PERCENT, recalculates=follows)
    quote = settlement_quote(loan, DAY_10)

    receipt = settled(loan, DAY_10, amount=quote.total)

    loan.refresh_from_db()
    assert (loan.status, receipt.early_charge, receipt.fee) == (
        LoanStatus.SETTLED,
        Decimal("120.00"),
        Decimal("120.00"),
    )
    line = RepaymentLine.objects.get(repayment=receipt, fee__gt=0)
    assert (line.instalment_number, line.principal) == (13, Decimal("0.00"))
    assert money_split(receipt).startswith("early-repayment charge 120.00")
    assert position(loan).fee_accrued == Decimal("120.00")
    assert_books_agree(loan)
    assert oracle.differences(loan) == []

    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=DAY_10)

    loan.refresh_from_db()
    assert loan.status == LoanStatus.ACTIVE
    assert (position(loan).fee_accrued, loan.instalments.filter(superseded_on=None).count()) == (Decimal("0.00"), 12)
    assert settlement_quote(loan, DAY_10).total == quote.total
    assert_books_agree(loan)


def test_after_an_instalment_only_what_is_repaid_early_bears_it() -> None:
    """11,079.85 left after the first instalment; on 1 March 14/28 of 166.20 and 110.79 (rounded down)."""
    loan = a_running_loan(**ONE_PERCENT)
    close_until(date(2026, 2, 14))
    pay(loan, "1100.15", date(2026, 2, 15))

    quote = settlement_quote(loan, date(2026, 3, 1))

    assert (quote.principal, quote.interest) == (Decimal("11079.85"), Decimal("83.10"))
    assert quote.early_charge == Decimal("110.79")


def test_what_is_due_or_overdue_is_not_repaid_early() -> None:
    """On 15 February 920.15 of principal is due that day."""
    loan = a_running_loan(**ONE_PERCENT)

    assert settlement_quote(loan, date(2026, 2, 15)).early_charge == Decimal("110.79")
    assert settlement_quote(loan, date(2027, 1, 15)).early_charge == 0


def test_in_the_last_year_another_rate_and_after_some_months_none() -> None:
    """Over 24 months from 15 January 2026: the last due date is 15 January 2028."""
    terms = {"instalment_count": 24, "early_charge_last_year_rate": Decimal("0.005")}
    loan, short = a_running_loan(**ONE_PERCENT, **terms), a_running_loan(**ONE_PERCENT, early_charge_months=3)

    assert settlement_quote(loan, DAY_10).early_charge == Decimal("120.00")
    before = settlement_quote(loan, date(2027, 1, 14)).early_charge
    left = sum(row.principal for row in loan.instalments.all() if row.due_on > date(2027, 1, 15))
    assert before > Decimal("60.00")
    assert settlement_quote(loan, date(2027, 1, 15)).early_charge == (left * Decimal("0.005")).quantize(
        Decimal("0.01"), "ROUND_DOWN"
    )
    assert settlement_quote(short, date(2026, 4, 14)).early_charge > 0
    assert settlement_quote(short, date(2026, 4, 15)).early_charge == 0


def test_it_is_never_more_than_the_interest_that_is_saved() -> None:
    """On the eve of the last due date a day of its interest is saved, far less than five per cent."""
    loan = a_running_loan(early_charge_rate=Decimal("0.05"))
    last = loan.instalments.get(number=12)
    close_until(date(2026, 12, 14))
    owed = sum(row.still_owed for row in loan.instalments.all() if row.number < 12)
    record_repayment(
        loan_id=loan.pk,
        amount=owed,
        received_on=date(2026, 12, 15),
        channel="counter",
        idempotency_key="eleven",
        recorded_by=None,
    )

    quote = settlement_quote(loan, date(2027, 1, 14))

    assert quote.early_charge == last.interest - quote.interest < Decimal("1.00")


def test_with_all_other_costs_it_keeps_the_cap_over_the_principal_in_use() -> None:
    """24 % of 12,000.00 for ten days of 365 are 78.90; 58.06 of interest leave 20.84."""
    loan = a_running_loan(**ONE_PERCENT, early_charge_cost_cap=Decimal("0.24"))

    assert settlement_quote(loan, DAY_10).early_charge == Decimal("20.84")
    # a fee agreed already uses up what is left
    dear = a_running_loan(**ONE_PERCENT, early_charge_cost_cap=Decimal("0.24"), fee_total=Decimal("30.00"))
    assert settlement_quote(dear, DAY_10).early_charge == 0


def test_what_was_paid_of_an_open_instalment_is_not_counted_as_in_use() -> None:
    """6,000.00 paid ahead on the fifth day pay five instalments and 499.25 of the sixth: of what is open for ten days 24 % a
    year leave less than the interest that was earned.
    """
    loan = a_running_loan(**ONE_PERCENT, early_charge_cost_cap=Decimal("0.24"))
    pay(loan, "6000.00", date(2026, 1, 20))

    in_use = sum(
        row.principal * 5 if row.settled_on else (row.principal - row.principal_paid) * 10
        for row in loan.instalments.filter(superseded_on=None)
    )
    room = in_use * Decimal("0.24") / 365 - Decimal("58.06")
    assert settlement_quote(loan, DAY_10).early_charge == max(room, Decimal(0)).quantize(Decimal("0.01"), "ROUND_DOWN")


def test_an_insurer_that_pays_is_not_charged() -> None:
    loan = a_running_loan(**ONE_PERCENT)

    receipt = record_repayment(
        loan_id=loan.pk,
        amount=Decimal("12058.06"),
        received_on=DAY_10,
        channel="insurer",
        idempotency_key="payout",
        recorded_by=None,
        approved=True,
        settles_early=True,
    )

    loan.refresh_from_db()
    assert (loan.status, receipt.early_charge) == (LoanStatus.SETTLED, Decimal("0.00"))
    assert_books_agree(loan)


def test_an_ordinary_payment_ahead_is_not_charged() -> None:
    loan = a_running_loan(**ONE_PERCENT)

    assert pay(loan, "6000.00", DAY_10).early_charge == 0
    assert_books_agree(loan)


def test_money_told_of_late_works_the_charge_out_anew() -> None:
    loan = a_running_loan(**ONE_PERCENT)
    close_until(date(2026, 2, 28))
    receipt = settled(loan, date(2026, 3, 1))
    charged = receipt.early_charge

    pay(loan, "1100.15", date(2026, 2, 15), recorded_on=date(2026, 3, 1))

    receipt.refresh_from_db()
    assert charged == receipt.early_charge == Decimal("110.79")
    assert position(loan).overpaid > 0
    assert_books_agree(loan)


# --- the market ------------------------------------------------------------------------------------------------------
def a_market_rule(market: str, **data: Any) -> None:
    RuleFactory(
        code="early_repayment_charge", market=market, effective_from=date(2010, 6, 11), data=data, source="Article 16"
    )
    forget_cached_rules()


EUROPE = {"most": "0.01", "most_last_year": "0.005", "fixed_rate_only": True}
ON = date(2026, 1, 15)


def test_a_market_bounds_it_by_name() -> None:
    a_market_rule("DE", **EUROPE)
    kept = {"product__market": "DE", "early_charge_last_year_rate": Decimal("0.005")}

    require_early_charge_allowed(a_product("one", **kept, **ONE_PERCENT), ON)
    with pytest.raises(EarlyChargeTooHigh, match=r"2.00%, 0.50% in the last year.*allows 1.00% and 0.50%"):
        require_early_charge_allowed(a_product("two", **kept, early_charge_rate=Decimal("0.02")), ON)
    with pytest.raises(EarlyChargeTooHigh):
        require_early_charge_allowed(a_product("three", product__market="DE", **ONE_PERCENT), ON)
    with pytest.raises(EarlyChargeNeedsFixedRate):
        floating = {"rate_index": "LPR1Y", "repricing": "every_quote"}
        require_early_charge_allowed(a_product("four", **kept, **ONE_PERCENT, **floating), ON)
    require_early_charge_allowed(a_product("none", product__market="DE"), ON)


def test_a_market_without_the_rule_allows_none() -> None:
    with pytest.raises(EarlyChargeNotAllowed, match="US"):
        require_early_charge_allowed(a_product("us", product__market="US", **ONE_PERCENT), ON)


def test_a_chinese_contract_keeps_the_line_of_its_lender() -> None:
    assert cost_cap_of_contract(a_product("cn", **ONE_PERCENT), ON) == Decimal("0.24")
    assert cost_cap_of_contract(a_product("free"), ON) is None


def test_the_database_knows_no_charge_beyond_the_sum() -> None:
    for settings in (
        {"early_charge_rate": Decimal("1.00")},
        {**ONE_PERCENT, "early_charge_last_year_rate": Decimal("0.02")},
        {**ONE_PERCENT, "allows_drawdowns": True},
    ):
        with pytest.raises(IntegrityError, match="early_charge"), transaction.atomic():
            a_product("beyond", **settings)


def test_the_contract_lists_it_among_what_may_be_charged() -> None:
    version = a_product("listed", **ONE_PERCENT, early_charge_months=12)
    wish = ApplicationWish(
        borrower_id=ApplicantFactory().pk,
        product_id=version.product_id,
        amount=Decimal("10000.00"),
        term_count=12,
        purpose="daily",
    )
    application = submit_application(wish, on=APPLIED_ON, channel="web")
    decision = Decision(outcome="approve", reasons=("meets_policy",), principal=Decimal("10000.00"), term_count=12)
    decide(application_id=application.pk, decision=decision, on=APPLIED_ON)

    loan = accept_offer(offer_id=application.offers.get().pk, on=APPLIED_ON, accepted_via="counter")

    late, early = application.offers.get().contract.snapshot["all_in_cost"]["contingent"]
    assert (late["item"], early["item"], early["rate"]) == ("late_interest", "early_repayment_charge", "0.01000000")
    assert (early["first_months"], early["highest_annual_cost"]) == (12, "0.24000000")
    assert (loan.early_charge_rate, loan.early_charge_cost_cap) == (Decimal("0.01"), Decimal("0.24"))
    assert words_of_contract(early) == [
        "1.00 % of the principal repaid early",
        "in the first 12 months",
        "at most the interest saved, and all costs within the cap",
    ]


def test_pages_show_it_before_it_is_paid(client: Client, staff_member: Any) -> None:
    client.force_login(staff_member(superuser=True), backend="staff.backends.StaffBackend")
    loan = a_running_loan(product_version=a_product(**ONE_PERCENT), **ONE_PERCENT)
    close_until(date(2026, 1, 24))

    quote = client.get(f"/app/loans/{loan.number}/settle/quote", {"effective_on": "2026-01-25"}).content.decode()
    product = client.get(f"/app/products/{loan.product_version.product.code}").content.decode()
    overview = client.get(f"/app/loans/{loan.number}").content.decode()

    assert "Early-repayment charge" in quote
    assert "120.00" in quote
    assert "1.00 % of the principal repaid early" in product
    assert "1.00 % of the principal repaid early" in overview
