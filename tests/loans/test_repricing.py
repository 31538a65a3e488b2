"""Loans tied to an index: priced by it, and set anew on the days their contract names."""

from datetime import date
from decimal import Decimal

import pytest

from core.models import Rule
from core.rules import forget_cached_rules
from loans.index_rates import index_rate
from loans.models import Instalment, Loan, LoanAct
from loans.quotes import ScheduleNotPossible, quote_for
from loans.repricing import current_rate, reprice_due
from tests.loans.books import a_product, a_running_loan, close_until
from tests.loans.test_servicing import assert_books_agree

pytestmark = pytest.mark.django_db
NEW_QUOTE = date(2026, 3, 20)


@pytest.fixture
def quoted() -> None:
    """The index falls to 2.50 % on 20 March 2026."""
    Rule.objects.create(
        code="index_rates", market="CN", effective_from=NEW_QUOTE, data={"LPR1Y": "0.0250"}, source="a test"
    )
    forget_cached_rules()


def tied(repricing: str) -> Loan:
    spread = Decimal("0.15")
    rate = index_rate("LPR1Y", date(2026, 1, 15)) + spread
    return a_running_loan(rate_index="LPR1Y", rate_spread=spread, repricing=repricing, annual_rate=rate)


def interest(loan: Loan) -> list[Decimal]:
    return list(
        Instalment.objects.filter(loan=loan, superseded_on__isnull=True)
        .order_by("number")
        .values_list("interest", flat=True)
    )


def test_a_new_quote_counts_from_its_day(quoted: None) -> None:
    loan = tied("every_quote")
    before = interest(loan)
    close_until(date(2026, 3, 19))

    counts = reprice_due(loan.pk, loan.pk, NEW_QUOTE)

    assert counts == {"rates_changed": 1}
    assert current_rate(loan) == Decimal("0.1750")
    after = interest(loan)
    assert after[:2] == before[:2] and all(new < old for new, old in zip(after[3:], before[3:], strict=True))
    assert_books_agree(loan)


def test_a_repeated_night_sets_nothing_twice(quoted: None) -> None:
    loan = tied("every_quote")

    reprice_due(loan.pk, loan.pk, NEW_QUOTE)
    counts = reprice_due(loan.pk, loan.pk, NEW_QUOTE)

    assert counts == {"rates_changed": 0}
    assert LoanAct.objects.count() == 1


@pytest.mark.parametrize(
    ("repricing", "due"),
    [("quarterly", date(2026, 4, 15)), ("anniversary", date(2027, 1, 15)), ("first_of_january", date(2027, 1, 1))],
)
def test_the_rate_moves_on_the_contracts_day_only(quoted: None, repricing: str, due: date) -> None:
    loan = tied(repricing)

    assert reprice_due(loan.pk, loan.pk, NEW_QUOTE) == {"rates_changed": 0}
    reprice_due(loan.pk, loan.pk, due)

    expected = due < date(2027, 1, 15)  # by then the last instalment is due and nothing lies ahead
    assert LoanAct.objects.filter(loan=loan).exists() is expected


def test_a_product_tied_to_an_index_is_quoted_by_it(quoted: None) -> None:
    version = a_product("floating", rate_index="LPR1Y", rate_spread=Decimal("0.10"), repricing="quarterly")

    quote = quote_for(version=version, principal=Decimal("1000"), term_count=3, on=NEW_QUOTE)

    assert quote.terms.annual_rate == Decimal("0.1250")


def test_settings_no_schedule_can_be_made_of_are_refused_by_name() -> None:
    version = a_product("odd", grace_on_principal=9)

    with pytest.raises(ScheduleNotPossible, match="grace cannot reach it"):
        quote_for(version=version, principal=Decimal("1000"), term_count=3, on=NEW_QUOTE)
