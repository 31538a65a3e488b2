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
from loans.proof.verifying import compare
from loans.schedules.terms import TermsRefused
from loans.servicing.payoffs import quote_of
from tests.borrowers.factories import BorrowerFactory
from tests.examples import lives
from tests.loans.factories import LoanFactory, MerchantFactory, ProductVersionFactory
from tests.loans.proof.lives import COUNT, PRINCIPAL, Life, Settings, Step, met, products, steps

pytestmark = [pytest.mark.django_db, pytest.mark.long]

# Kinds of lives whose interest the engine does not reckon by the day yet, each with what it does instead. The oracle is not
# asked about a life that has met one of them; whoever mends the engine takes its line away.
KNOWN: dict[str, str] = {
    "follows the balance": "inside a period interest runs evenly, also where the balance changed",
    "deferred interest": "earned when it falls due",
    "odd first period": "earned with the instalments it is spread over, or added to",
    "rate of a day": "inside a period both rates run as one",
    "time added": "its price runs evenly over the whole period",
    "paid out in parts": "a part drawn inside a period bears interest from the first day of it",
    "merchant refund": "the refund lessens the interest of days before it",
    "hold of interest": "its free days are spread over the whole period",
    "interest waived": "what is given up lessens the interest of all days of the period",
    "paid ahead": "interest paid ahead is not given back in a pay-off",
    "charge-back": "owed beside what is overpaid, and late from a day long past",
    "new plan": "interest earned before is taken out of income and earned again with the first new instalment",
}
# The same for what no loan may show, whatever its interest, and for nights that lessen what was earned.
LAWS_BROKEN = {"charge-back": "owed beside what is overpaid"}
FALLING = {"rests on due dates": "a period that ends forgets what was overdue in it"}
# On loans that follow the balance, where even the rebuilt position differs.
NOT_REBUILT = {
    "odd first period": "a plan laid out anew forgets what its first period bears more",
    "deferred interest": "rounded otherwise than in the schedule as signed",
    "rests on due dates": "a night on a due date does not lay the plan out anew",
}
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
        assert earned(loan) >= before or met(loan) & FALLING.keys(), life.told
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
    found = met(loan)
    assert difference() == ZERO, life.told
    if not (loan.recalculates and found & NOT_REBUILT.keys()):
        assert compare(loan) == [], life.told
    if not found & LAWS_BROKEN.keys():
        assert oracle.laws_broken(read(loan)) == [], life.told
    if found & KNOWN.keys():
        return
    assert oracle.differences(loan) == [], life.told
    if loan.status == "active" and not oracle.not_followed(loan):
        account = positions.load(loan, loan.position)
        quote = quote_of(account, max(life.today, account.as_of))
        assert abs(max(quote.total, ZERO) - max(oracle.pay_off(loan, quote.on), ZERO)) <= OF_A_PAY_OFF, life.told
