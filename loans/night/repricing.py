"""Loans whose rate follows an index: set anew on the days their contract names.

The rate of a day is the index as published by then plus the contract's spread. A change is the act ``rate_changed``, so
that preview, journal, message, history and undo are those of any act.
"""

from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from core.calendars import add_months
from loans.account.changes.plan_rows import NoInstalmentAhead
from loans.acts.kinds.replanning import RATE_CHANGED
from loans.acts.performing import perform
from loans.events.act_kinds import Wish
from loans.models import Loan, LoanStatus
from loans.pricing.index_rates import index_history, index_rate
from loans.schedules.terms import Repricing

_MONTHS = {Repricing.ANNIVERSARY: 12, Repricing.QUARTERLY: 3}


def reprice_due(lo: int, hi: int, on: date) -> dict[str, int]:
    """Set the rate of loans ``lo`` to ``hi`` anew that are due for it on ``on``; a repeat changes nothing."""
    counts = {"rates_changed": 0}
    running = Loan.objects.filter(~Q(repricing=Repricing.FIXED), pk__gte=lo, pk__lte=hi, status=LoanStatus.ACTIVE)
    if not running.exists():  # where no rate floats, the night need not ask for whole loans and their products
        return counts
    for loan in running.select_related("product_version__product", "position").order_by("pk"):
        if is_due(loan, on):
            counts["rates_changed"] += _reprice(loan, on)
    return counts


def is_due(loan: Loan, on: date) -> bool:
    """Whether the contract sets the rate anew on ``on``."""
    assert loan.disbursed_on is not None
    if on <= loan.disbursed_on:
        return False
    rule = Repricing(loan.repricing)
    if rule is Repricing.EVERY_QUOTE:
        return on in {published_on for published_on, _rate in index_history(loan.rate_index)}
    if rule is Repricing.FIRST_OF_JANUARY:
        return (on.month, on.day) == (1, 1)
    months = (on.year - loan.disbursed_on.year) * 12 + on.month - loan.disbursed_on.month
    return not months % _MONTHS[rule] and add_months(loan.disbursed_on, months) == on


def current_rate(loan: Loan) -> Decimal:
    """The contract rate in force: by the latest change, whatever act it came with, or the one agreed."""
    rate = loan.position.rate_in_force
    return loan.annual_rate if rate is None else rate


def _reprice(loan: Loan, on: date) -> int:
    market = loan.product_version.product.market
    rate = index_rate(loan.rate_index, on, market) + Decimal(loan.rate_spread)
    if rate == current_rate(loan):
        return 0
    wish = Wish(
        loan_id=loan.pk,
        kind=RATE_CHANGED.code,
        values={"annual_rate": rate},
        effective_on=on,
        recorded_on=on,
        reason=_("%(index)s as published, plus the agreed spread") % {"index": loan.rate_index},
        idempotency_key=f"repricing:{loan.pk}:{on.isoformat()}",
    )
    try:
        perform(wish, approved=True)
    except NoInstalmentAhead:
        return 0
    return 1
