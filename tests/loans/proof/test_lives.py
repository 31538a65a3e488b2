"""Whatever happens to whatever loan, engine, oracle, events and books say the same of it.

After every step: nothing is refused but by name, arithmetic finds no figure wrong (``loans.proof.oracle``), the position is
what events make of it, the trial balance is even. In the end all of it is taken back, and the loan is as it was signed.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, reject

from core.day_counts import DayCountRefused
from core.errors import DomainError
from core.money import CENT, ZERO
from ledger.queries import difference
from loans.bookkeeping import positions
from loans.models import Instalment, Loan, LoanPosition
from loans.proof import oracle
from loans.proof.oracle_reading import read
from loans.proof.oracle_rests import NotFollowed
from loans.proof.verifying import compare
from loans.schedules.terms import TermsRefused
from loans.servicing.payoffs import quote_of
from tests.borrowers.factories import BorrowerFactory
from tests.examples import lives
from tests.loans.factories import LoanFactory, MerchantFactory, ProductVersionFactory
from tests.loans.proof.lives import COUNT, PRINCIPAL, Life, Settings, Step, products, steps

pytestmark = [pytest.mark.django_db, pytest.mark.long]

OF_A_PAY_OFF = 6 * 2 * CENT  # two cents an instalment, as in the oracle


@pytest.fixture
def world() -> Settings:
    """What all these loans share, made once."""
    return {
        "product_version": ProductVersionFactory(product__code="lives", is_purchase=True),
        "borrower": BorrowerFactory(),
        "merchant": MerchantFactory(),
        "principal": PRINCIPAL,
        "instalment_count": COUNT,
        "late_rate_multiplier": Decimal("1.50"),
    }


@lives(200)
@given(terms=products(), told=steps)
def test_engine_oracle_and_books_agree_after_every_step_of_a_life(
    world: Settings, terms: Settings, told: list[Step]
) -> None:
    with transaction.atomic():
        try:
            loan = LoanFactory(active=True, **{**world, **terms})
        except (DomainError, TermsRefused, DayCountRefused):
            reject()  # no schedule can be made of such terms: nothing is lent on them
        live_through(loan, told)
        transaction.set_rollback(True)


def live_through(loan: Loan, told: list[Step]) -> None:
    life, signed = Life(loan), agreed(loan)
    assert_agreed_by_all(life)
    for step in told:
        before = earned(loan)
        life.sleep(step[0])
        assert earned(loan) >= before, life.told
        assert_agreed_by_all(life)
        if done(lambda step=step: life.do(step)):
            assert_agreed_by_all(life)
    if done(life.take_everything_back):
        assert_agreed_by_all(life)
        rows = Instalment.objects.filter(loan=loan, superseded_on=None)
        assert not any(row.paid for row in rows)
        assert loan.recalculates or agreed(loan) == signed


def done(deed: Any) -> bool:
    """Whether it was done; a refusal by name is an answer too, and leaves nothing behind."""
    refusal: DomainError | None = None
    try:
        with transaction.atomic():
            deed()
    except DomainError as told:
        refusal = told
    assert refusal is None or (refusal.code and refusal.detail)
    return refusal is None


def earned(loan: Loan) -> Decimal:
    """Interest in the books; a night, on which nothing else happens, never lessens it."""
    return LoanPosition.objects.values_list("interest_accrued", flat=True).get(pk=loan.pk)


def agreed(loan: Loan) -> list[tuple[Any, ...]]:
    """Dates and amounts of the instalments in force."""
    rows = Instalment.objects.filter(loan=loan, superseded_on=None).order_by("number")
    return [(row.number, row.starts_on, row.due_on, row.principal, row.interest, row.fee) for row in rows]


def assert_agreed_by_all(life: Life) -> None:
    loan = Loan.objects.select_related("position").get(pk=life.loan.pk)
    assert difference() == ZERO, life.told
    assert compare(loan) == [], life.told
    facts = read(loan)
    assert oracle.differences_of(loan, facts) == [], life.told
    if loan.status == "active" and not oracle.not_followed_of(facts):
        account = positions.load(loan, loan.position)
        quote = quote_of(account, max(life.today, account.as_of))
        try:
            right = oracle.pay_off_of(facts, quote.on)
        except NotFollowed:
            return
        more = max(quote.total, ZERO) - max(right, ZERO)
        assert -OF_A_PAY_OFF <= more <= OF_A_PAY_OFF + oracle.kept_of(facts, quote.on), life.told
