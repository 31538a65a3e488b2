"""Lives in which engine, oracle and books once disagreed, told again: dates moved while interest was deferred."""

from decimal import Decimal

import pytest

from tests.borrowers.factories import BorrowerFactory
from tests.loans.factories import LoanFactory, ProductVersionFactory
from tests.loans.proof.lives import COUNT, PRINCIPAL, Settings, Step
from tests.loans.proof.test_lives import live_through

pytestmark = pytest.mark.django_db

RATE, LOW_RATE = {"annual_rate": Decimal("0.18")}, {"annual_rate": Decimal("0.0725")}
MONTHS, DAYS = {"frequency": "month"}, {"frequency": "day", "every": 20}
TOLD: dict[str, tuple[Settings, list[Step]]] = {
    "the price of more time paid ahead": (
        {"method": "equal_instalments", "interest_by": "day", "day_count": "act_365f", **MONTHS, **RATE},
        [(0, "extension", 0, 1), (1, "pay", 1, 1)],
    ),
    "more than that paid ahead": (
        {"method": "equal_instalments", "interest_by": "even", "day_count": "act_act_afb", **DAYS, **RATE},
        [(0, "extension", 8, 42), (5, "pay", 16, 159)],
    ),
    "first and last day moved differently by days off": (
        {
            "method": "custom",
            "amounts": ["350.00", "350.00", "350.00"],
            "interest_by": "day",
            "day_count": "30e_360",
            "business_day_roll": "modified_preceding",
            "business_calendar": "CN",
            **DAYS,
            **RATE,
        },
        [(0, "extension", 11, 192), (36, "pay", 0, 57)],
    ),
    "an earlier due day": (
        {"method": "equal_principal", "frequency": "month", "every": 2, **RATE},
        [(0, "due_day_changed", 28, 108), (30, "pay", 14, 83), (29, "pay", 25, 46)],
    ),
    "an instalment in which nothing falls due": (
        {"method": "interest_only", "fee_total": Decimal("24.00"), "fee_due": "first", **MONTHS, **RATE},
        [
            (0, "due_day_changed", 26, 184),
            (0, "rate_changed", 27, 34),
            (12, "due_day_changed", 18, 54),
            (1, "pay", 12, 153),
        ],
    ),
    "more time, half gone, at a new rate": (
        {"method": "equal_instalments", "frequency": "week", "every": 2, "interest_by": "day", **RATE},
        [(0, "extension", 13, 133), (26, "rate_changed", 11, 125), (22, "rate_changed", 8, 24), (39, "pay", 13, 106)],
    ),
    "months and more time at a new rate": (
        {"method": "equal_principal", **MONTHS, **RATE},
        [(0, "extension", 27, 215), (3, "rate_changed", 10, 147), (17, "extension", 29, 158), (32, "pay", 18, 199)],
    ),
    "more time that ends with a month": (
        {
            "method": "custom",
            "amounts": ["350.00", "350.00", "350.00"],
            "frequency": "month",
            "every": 2,
            "interest_by": "thirty",
            "day_count": "30u_360",
            **LOW_RATE,
        },
        [(0, "extension", 15, 124), (29, "rate_changed", 11, 109), (18, "pay", 5, 11), (8, "rate_changed", 18, 83)],
    ),
    "a free holiday at a new rate": (
        {"method": "equal_instalments", "fee_total": Decimal("24.00"), "fee_due": "spread", **MONTHS, **LOW_RATE},
        [(0, "payment_holiday", 15, 59), (5, "rate_changed", 26, 185), (1, "pay", 23, 97)],
    ),
    "no interest until a new rate": (
        {
            "method": "balloon",
            "balloon_rate": Decimal("0.30"),
            "frequency": "month",
            "every": 2,
            "annual_rate": Decimal(0),
        },
        [(0, "extension", 22, 66), (29, "rate_changed", 7, 147), (39, "pay", 8, 158)],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_was_moved_while_interest_was_deferred_is_earned_by_its_days(name: str) -> None:
    terms, told = TOLD[name]
    world = {
        "product_version": ProductVersionFactory(product__code="lives"),
        "borrower": BorrowerFactory(),
        "principal": PRINCIPAL,
        "instalment_count": COUNT,
        "late_rate_multiplier": Decimal("1.50"),
        "grace_on_interest_payment": 2,
    }
    if not terms["annual_rate"]:
        world |= {"late_annual_rate": Decimal("0.12"), "late_rate_multiplier": None}

    live_through(LoanFactory(active=True, **{**world, **terms}), told)
