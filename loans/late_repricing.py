"""Loans whose contract follows the market's late multiplier: set anew on the day a new one holds from.

As with a rate tied to an index, the change is an act: it is told to the borrower, shown in the history, and counts from
its own day however late the rule was entered, because a back-dated act is replayed.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from loans.acts.kinds.late_rates import LATE_MULTIPLIER_CHANGED
from loans.acts.performing import Wish, perform
from loans.late_rules import multipliers_of_rule
from loans.models import Loan, LoanAct, Product
from loans.models.loan import LoanQuerySet


def follow_rule(lo: int, hi: int, on: date) -> dict[str, int]:
    """Give loans ``lo`` to ``hi`` every multiplier of their market's rule up to ``on`` that they do not have yet.

    Nothing is read of loans that follow no rule; a repeat changes nothing.
    """
    following = Loan.objects.active().filter(pk__gte=lo, pk__lte=hi, late_rate_follows_rule=True)
    changed = 0
    for product in Product.objects.filter(pk__in=following.values("product_version__product").distinct()):
        named = [(first, multiplier) for first, multiplier in multipliers_of_rule(product) if first <= on]
        of_product = following.filter(product_version__product=product)
        for first, multiplier in named:
            later = of_product.filter(disbursed_on__lt=first).exclude(pk__in=_changed_on(of_product, first))
            changed += sum(_set(loan, first, multiplier, on) for loan in later.order_by("pk"))
    return {"late_rates_changed": changed}


def _changed_on(loans: LoanQuerySet, first: date) -> QuerySet[Any, Any]:
    """Loans that had their change of ``first`` already, also one undone: what people took back is not done again."""
    acts = LoanAct.objects.filter(kind=LATE_MULTIPLIER_CHANGED.code, loan__in=loans, effective_on=first)
    return acts.values("loan")


def _set(loan: Loan, first: date, multiplier: Decimal, on: date) -> int:
    wish = Wish(
        loan_id=loan.pk,
        kind=LATE_MULTIPLIER_CHANGED.code,
        values={"multiplier": multiplier},
        effective_on=first,
        recorded_on=on,
        reason=_("A new late multiplier of the market holds from this day."),
        idempotency_key=f"late_multiplier:{loan.pk}:{first.isoformat()}",
    )
    perform(wish, approved=True)
    return 1
