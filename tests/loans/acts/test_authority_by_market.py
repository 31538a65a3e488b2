"""What one person may do alone to a loan is said by the rules of the market it was sold in, where that has its own."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from audit.models import Approval
from core import business_date
from core.rules import RuleMissing, forget_cached_rules, rule_of_house
from loans.acts.asking import perform_or_ask
from loans.models import Loan, LoanAct
from staff.models import User
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory

ON = date(2026, 2, 1)
LONG_AGO = date(2000, 1, 1)
StaffMember = Callable[..., User]
# What tells of the limits of the house on a page, with no loan at hand.
PAGES = {"loans/acts/authority_words.py", "loans/servicing/proving.py:said_alone"}
ROOMS = ("loans/acts", "loans/servicing", "loans/incoming")


@pytest.fixture
def loan(db: None) -> Loan:
    RuleFactory(code="cost_cap", market="GB", effective_from=LONG_AGO, data={"annual_rate": None}, source="test")
    forget_cached_rules()
    made = LoanFactory(
        active=True,
        principal=Decimal("30000.00"),
        product_version__product__code="gb",
        product_version__product__market="GB",
    )
    close_until(ON - timedelta(days=1))
    business_date.move_to(ON)
    return made


def test_its_own_rules_hold(loan: Loan, staff_member: StaffMember) -> None:
    """One collector credited 500 and receipted 20,000 where the market's rules said 10."""
    limits = {
        "act_authority": {"goodwill_credit": {"credited": "10"}, "waiver": {"waived": "10"}},
        "receipt_without_bank_line": {
            "alone": {"counter": "10"},
            "days": 7,
            "in_a_day": {"counter": "10"},
            "days_back": {"counter": 1},
        },
    }
    for code, data in limits.items():
        RuleFactory(code=code, market="GB", effective_from=LONG_AGO, data=data, source="test")
    forget_cached_rules()
    clerk = staff_member("collector")

    credited = perform_or_ask(replace(wish(loan, "goodwill_credit", ON, amount=Decimal("500")), by=clerk))
    said = perform_or_ask(replace(wish(loan, "repayment", ON, amount=Decimal("20000"), key="r"), by=clerk))

    assert isinstance(credited, Approval) and isinstance(said, Approval)


def test_a_market_without_rules_of_its_own_has_those_of_the_house(loan: Loan, staff_member: StaffMember) -> None:
    clerk = staff_member("collector")

    assert isinstance(
        perform_or_ask(replace(wish(loan, "goodwill_credit", ON, amount=Decimal("500")), by=clerk)), LoanAct
    )
    assert rule_of_house("act_authority", ON, "GB") == rule_of_house("act_authority", ON, settings.DEFAULT_MARKET)


@pytest.mark.django_db
def test_a_version_of_the_market_holds_from_its_day_on() -> None:
    RuleFactory(code="act_authority", market="GB", effective_from=ON, data={}, source="test")
    forget_cached_rules()

    assert rule_of_house("act_authority", ON, "GB") == {}
    assert rule_of_house("act_authority", ON - timedelta(days=1), "GB")
    with pytest.raises(RuleMissing):
        rule_of_house("no_such_rule", ON, "GB")


def calls_without_market() -> Iterator[str]:
    """Where a rule is read in rooms that always have a loan at hand, and its market is not handed on."""
    for path in (path for room in ROOMS for path in sorted(Path(settings.BASE_DIR, room).rglob("*.py"))):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "rule"
                if named and len(call.args) + len(call.keywords) < 3:
                    yield f"{path.relative_to(settings.BASE_DIR)}:{function.name}"


def test_no_limit_is_read_without_the_market_of_its_loan() -> None:
    assert {found for found in calls_without_market() if found.split(":")[0] not in PAGES} <= PAGES
