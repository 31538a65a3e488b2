"""Loans whose contract follows the market's late multiplier: set anew on the day a new one holds from.

As with a rate tied to an index, the change is an act: it is told to the borrower, shown in the history, and counts from
its own day however late the rule was entered, because a back-dated act is replayed.
"""

from datetime import date
from decimal import Decimal

from django.db.models import Exists, Min, OuterRef, TextField, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext as _

from loans.acts.kinds.late_rates import LATE_MULTIPLIER_CHANGED
from loans.acts.performing import perform
from loans.events.act_kinds import Wish
from loans.models import Loan, LoanAct, Product
from loans.models.loan import LoanQuerySet
from loans.pricing.late_rules import multipliers_of_rule

_KEY = "late_multiplier:"


def follow_rule(lo: int, hi: int, on: date) -> dict[str, int]:
    """Give loans ``lo`` to ``hi`` every multiplier of their market's rule up to ``on`` that they do not have yet.

    Nothing is read of loans that follow no rule; a repeat changes nothing.
    """
    following = Loan.objects.active().filter(pk__gte=lo, pk__lte=hi, late_rate_follows_rule=True)
    due = [
        (loan_id, begins_on, first, multiplier)
        for product in Product.objects.filter(pk__in=following.values("product_version__product").distinct())
        for first, multiplier in _changes(product, on)
        for loan_id, begins_on in _without(following.filter(product_version__product=product), first)
    ]
    for loan_id, begins_on, first, multiplier in sorted(due):  # by loan id, as everyone locks them
        _set(loan_id, max(first, begins_on), first, multiplier, on)
    return {"late_rates_changed": len(due)}


def _changes(product: Product, on: date) -> list[tuple[date, Decimal]]:
    """The days up to ``on`` from which the rule names another multiplier for ``product`` than before."""
    named = [(first, multiplier) for first, multiplier in multipliers_of_rule(product) if first <= on]
    before = [None, *(multiplier for _first, multiplier in named)]
    return [change for change, earlier in zip(named, before, strict=False) if change[1] != earlier]


def _without(loans: LoanQuerySet, first: date) -> list[tuple[int, date]]:
    """Loans signed before ``first`` (their contract has the multiplier of that day) that did not have its change yet,
    with the day they began; one undone counts too: what people took back is not done again."""
    signed_on = Coalesce("application__offers__contract__signed_on", "disbursed_on")
    earlier = loans.annotate(signed_on=Min(signed_on)).filter(signed_on__lt=first)
    key = Concat(Value(_KEY), OuterRef("pk"), Value(f":{first.isoformat()}"), output_field=TextField())
    had = LoanAct.objects.filter(idempotency_key=key)
    waiting = earlier.exclude(Exists(had)).values_list("pk", "disbursed_on")
    return [(loan_id, disbursed_on) for loan_id, disbursed_on in waiting if disbursed_on is not None]


def _set(loan_id: int, effective_on: date, first: date, multiplier: Decimal, on: date) -> None:
    wish = Wish(
        loan_id=loan_id,
        kind=LATE_MULTIPLIER_CHANGED.code,
        values={"multiplier": multiplier},
        effective_on=effective_on,
        recorded_on=on,
        reason=_("A new late multiplier of the market holds from this day."),
        idempotency_key=f"{_KEY}{loan_id}:{first.isoformat()}",
    )
    perform(wish, approved=True)
