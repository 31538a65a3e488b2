"""Terms that no schedule can be made of are refused by name; what a product fixes reaches the loan."""

from datetime import date
from decimal import Decimal

import pytest

from loans.models.schedule_settings import SETTINGS
from loans.schedules import terms as t
from tests.loans.factories import LoanFactory, ProductVersionFactory

START = date(2026, 1, 31)
HALF = Decimal("0.5")


def terms(**changes: object) -> t.LoanTerms:
    facts = {"principal": Decimal(1000), "annual_rate": Decimal("0.12"), "count": 4, "start_on": START}
    return t.LoanTerms(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"principal": Decimal(0)}, t.PrincipalNotPositive),
        ({"annual_rate": Decimal(-1)}, t.NegativeTerms),
        ({"grace_on_principal": -1}, t.NegativeTerms),
        ({"count": 0}, t.CountTooSmall),
        ({"first_due_on": START}, t.DueDatesRefused),
        ({"schedule_start_on": date(2026, 2, 1)}, t.DueDatesRefused),
        ({"count": 2, "due_dates": (date(2026, 3, 1), date(2026, 3, 1))}, t.DueDatesRefused),
        ({"due_dates": (date(2026, 3, 1),)}, t.DueDatesRefused),
        ({"business_day_roll": t.BusinessDayRoll.FOLLOWING}, t.DueDatesRefused),
        ({"grace_on_principal": 4}, t.GraceTooLong),
        ({"grace_on_interest_payment": 4}, t.GraceTooLong),
        ({"grace_on_interest_charged": 5}, t.GraceTooLong),
        ({"down_payment_rate": Decimal(1)}, t.ShareOutOfRange),
        ({"balloon_rate": HALF}, t.ShareOutOfRange),
        ({"method": t.Method.BALLOON}, t.ShareOutOfRange),
        ({"method": t.Method.STAGES, "stages": (t.Stage(4, HALF),)}, t.StagesRefused),
        ({"method": t.Method.STAGES, "stages": (t.Stage(2, HALF), t.Stage(1, HALF))}, t.StagesRefused),
        ({"method": t.Method.CUSTOM, "amounts": (Decimal(1),)}, t.AmountsRefused),
        ({"method": t.Method.INTEREST_ONLY, "fixed_instalment": Decimal(1)}, t.AmountsRefused),
        ({"drawdowns": (t.Drawdown(date(2026, 2, 1), Decimal(1)),)}, t.DrawdownsRefused),
        ({"drawdowns": (t.Drawdown(START, Decimal(1001)),)}, t.DrawdownsRefused),
        ({"rate_steps": (t.RateStep(START, HALF), t.RateStep(START, HALF))}, t.RateStepsRefused),
    ],
)
def test_impossible_terms_are_refused_by_name(wrong: dict[str, object], refusal: type[t.TermsRefused]) -> None:
    with pytest.raises(refusal) as caught:
        terms(**wrong)

    assert isinstance(caught.value, ValueError)
    assert caught.value.code not in ("", "terms_refused")


@pytest.mark.parametrize("wrong", [{"step": Decimal("0.001")}, {"multiple": Decimal("0.015")}, {"step": Decimal(0)}])
def test_rounding_goes_by_whole_cents(wrong: dict[str, Decimal]) -> None:
    with pytest.raises(t.RoundingRefused):
        t.Rounding(**wrong)


NOT_ORDINARY = {
    "interest_by": "thirty",
    "month_end": "first_of_next",
    "grace_on_principal": 2,
    "grace_on_interest_payment": 1,
    "down_payment_rate": Decimal("0.25"),
    "rounding_mode": "half_even",
    "instalment_multiple": Decimal("1.00"),
    "multiple_for_principal": False,
    "emi_rounding": "iterate",
    "residue": "last",
    "recalculates": True,
    "rest": "same_as_repayment",
    "overdue_bears": "on_receipt",
    "compounding": "interest",
    "compounding_day": 20,
    "prepayment": "lessen_next",
}


@pytest.mark.django_db
def test_a_loan_takes_over_what_its_product_fixes() -> None:
    version = ProductVersionFactory(product__code="strange", **NOT_ORDINARY)
    loan = LoanFactory(
        product_version=version,
        principal=Decimal("1000.00"),
        annual_rate=Decimal("0.12"),
        instalment_count=4,
        drawdowns=[["2026-01-31", "600.00"], ["2026-02-10", "400.00"]],
        **version.settings_for_booking(),
    )
    loan.refresh_from_db()
    agreed = loan.terms(START)

    assert agreed.interest_by is t.InterestBy.THIRTY
    assert agreed.rest is t.Rest.SAME_AS_REPAYMENT
    assert agreed.month_end is t.MonthEnd.FIRST_OF_NEXT
    assert (agreed.grace_on_principal, agreed.grace_on_interest_payment) == (2, 1)
    assert agreed.down_payment_rate == Decimal("0.25")
    assert agreed.drawdowns == (
        t.Drawdown(START, Decimal("600.00")),
        t.Drawdown(date(2026, 2, 10), Decimal("400.00")),
    )
    assert agreed.rounding == t.Rounding(
        mode=t.RoundingMode.HALF_EVEN,
        multiple=Decimal(1),
        multiple_for_principal=False,
        emi=t.EmiRule.ITERATE,
        residue=t.Residue.LAST,
    )
    assert loan.servicing_terms() == t.ServicingTerms(
        recalculates=True,
        overdue_bears=t.OverdueBears.ON_RECEIPT,
        compounding=t.Compounding.INTEREST,
        compounding_day=20,
        prepayment=t.Prepayment.LESSEN_NEXT,
    )
    assert {name: getattr(loan, name) for name in SETTINGS} == version.settings_for_booking()
    flat = ProductVersionFactory(product__code="flat", interest_type="flat")  # which follows no balance
    assert (
        LoanFactory(product_version=flat, **flat.settings_for_booking()).terms(START).interest_type
        is t.InterestType.FLAT
    )


@pytest.mark.django_db
def test_the_defaults_are_the_ordinary_loan() -> None:
    version = ProductVersionFactory()
    settings = version.schedule_settings()

    ordinary = terms()
    assert {name: getattr(ordinary, name) for name in settings} == settings
    assert version.servicing_terms() == t.ServicingTerms()
