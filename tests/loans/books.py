"""Builders for loans in tests: a borrower, a product, and a loan already running."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from borrowers.models import Borrower
from borrowers.onboarding import register_borrower
from core import business_date
from core.identifiers import next_number
from loans.disbursement.activation import activate
from loans.merchants.merchant_numbers import check_character
from loans.merchants.merchants import add_merchant
from loans.models import Loan, Merchant, Product, ProductVersion
from loans.night.closing import accrue_and_age

_people = count(1)
_merchants = count(1)
DISBURSED = date(2026, 1, 15)


def a_borrower(**changes: Any) -> Borrower:
    """A registered borrower with a number nobody else has."""
    n = next(_people)
    facts = {
        "name": "林小雨",
        "identity_number": f"P{n:08d}",
        "identity_kind": "other",
        "phone": f"139{n:08d}",
        "on": date(2026, 1, 1),
    }
    return register_borrower(**{**facts, **changes})


def a_product(code: str = "phone-12", **changes: Any) -> ProductVersion:
    """A live version of a monthly product at 18 % with 5 grace days and late interest at 1.5 times the rate."""
    product, _ = Product.objects.get_or_create(code=code, defaults={"name": "Phone instalment"})
    facts = {
        "version": 1,
        "status": "live",
        "effective_from": date(2020, 1, 1),
        "method": "equal_instalments",
        "min_amount": Decimal("100"),
        "max_amount": Decimal("200000"),
        "annual_rate": Decimal("0.18"),
        "grace_days": 5,
    }
    version, _ = ProductVersion.objects.get_or_create(product=product, version=1, defaults={**facts, **changes})
    return version


def a_merchant(**changes: Any) -> Merchant:
    """A merchant with a registration number nobody else has; its account is paid at once by the simulated bank."""
    body = f"91310000MATEST{next(_merchants):03d}".replace("S", "5")
    facts = {
        "name": "Harbour Phones",
        "registration_number": body + check_character(body),
        "bank_name": "Example Bank",
        "account_number": "3100000000002345",
        "approved": True,
        "on": DISBURSED,
    }
    return add_merchant(**{**facts, **changes})


def a_purchase(merchant: Merchant | None = None, **changes: Any) -> dict[str, Any]:
    """What an application says of a purchase: a phone for 12,000.00, of which 2,000.00 are paid down."""
    return {"price": Decimal("12000.00"), "merchant_id": (merchant or a_merchant()).pk, "goods": "Phone", **changes}


def a_running_loan(*, disbursed_on: date = DISBURSED, borrower: Borrower | None = None, **changes: Any) -> Loan:
    """An active loan of 12,000.00 over 12 months at 18 %, disbursed on 15 January 2026; of a product for purchases it
    is for a phone that cost 15,000.00."""
    facts: dict[str, Any] = {
        "principal": Decimal("12000.00"),
        "annual_rate": Decimal("0.18"),
        "late_annual_rate": Decimal("0.27"),
        "method": "equal_instalments",
        "frequency": "month",
        "instalment_count": 12,
        "grace_days": 5,
    }
    facts |= {"product_version": changes.pop("product_version", None) or a_product(), **changes}
    if facts["product_version"].is_purchase and "price" not in facts:
        paid_down = Decimal("3000.00")
        facts |= a_purchase(price=facts["principal"] + paid_down, down_payment=paid_down)
    loan = Loan.objects.create(number=next_number("LN", disbursed_on), borrower=borrower or a_borrower(), **facts)
    return activate(loan_id=loan.pk, disbursed_on=disbursed_on)


def close_until(last: date) -> None:
    """Close all days until ``last`` in one go, as after days on which nobody did, and open the next one.

    Every loan stands where closing night by night leaves it (a property of closing that has its own tests); only the
    nights' entries and moves are fewer. A test that looks at those closes days.
    """
    accrue_and_age(0, 2**62, last)
    business_date.move_to(last + timedelta(days=1))


def close_days(first: date, last: date) -> None:
    """Close every day from ``first`` to ``last`` for all loans and open the next one."""
    day = first
    while day <= last:
        accrue_and_age(0, 2**62, day)
        day += timedelta(days=1)
    business_date.move_to(day)
