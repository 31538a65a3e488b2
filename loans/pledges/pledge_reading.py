"""Reads about pledged policies: cover of one on a day, the list by cover, what lies ahead when nobody pays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DateField,
    DecimalField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf, Round

from core.calendars import add_months
from core.money import ZERO
from loans.account.account import Account, age
from loans.account.changes.capitalising import InterestCapitalised, NothingToCapitalise
from loans.account.policy_cover import CashValue, Cover, Growth, anniversary_after, cash_value_on, covers, exhausted_on
from loans.bookkeeping import positions
from loans.models import CURABLE_PLEDGES, LIVE_PLEDGES, Loan, LoanPosition, LoanStatus, PolicyCashValue, PolicyPledge

AHEAD = 36  # months
_MONEY = DecimalField(max_digits=20, decimal_places=2)
_EXACT = DecimalField(max_digits=30, decimal_places=12)


def debt_of(account: Account, on: date) -> Decimal:
    """Principal with all interest, late interest and fees accrued by the end of ``on`` and not paid."""
    account = age(account, on)
    rows = account.instalments
    interest = account.interest_accrued(on) - sum((row.interest_paid for row in rows), ZERO)
    fees = account.fee_accrued(on) - sum((row.fee_paid for row in rows), ZERO)
    return account.principal_outstanding + interest + fees + sum((row.late_interest_owed for row in rows), ZERO)


def table_of(pledge: PolicyPledge) -> list[CashValue]:
    """The cash values of the policy, earliest first."""
    return [CashValue(row.on, row.amount) for row in pledge.cash_values.all()]


def cover_of(pledge: PolicyPledge, on: date, account: Account | None = None) -> Cover:
    """Cash value against debt at the end of ``on``, or of the later day the account is reckoned to."""
    account = account or _account(pledge.loan)
    on = max(on, account.as_of) if account else on
    debt = debt_of(account, on) if account else pledge.loan.principal
    return Cover(on, cash_value_on(table_of(pledge), on, Growth(pledge.growth)), debt)


def _account(loan: Loan) -> Account | None:
    position = LoanPosition.objects.filter(pk=loan.pk).first()
    return positions.load(loan, position) if position and loan.status == LoanStatus.ACTIVE else None


def debt_ahead(pledge: PolicyPledge, account: Account) -> Callable[[date], Decimal]:
    """What will be owed on a day to come when nobody pays; ask for days in rising order. Unpaid interest becomes principal
    on each anniversary of the policy."""
    terms, state = pledge.loan.terms(), account
    next_on = pledge.next_anniversary_on

    def debt(on: date) -> Decimal:
        nonlocal state, next_on
        while next_on <= on:
            state = _capitalised(state, InterestCapitalised(on=next_on, terms=terms))
            next_on = anniversary_after(pledge.policy_since, next_on)
        state = age(state, on)
        return debt_of(state, on)

    return debt


def _capitalised(account: Account, change: InterestCapitalised) -> Account:
    try:
        return change.apply(account).account if change.on >= account.as_of else account
    except NothingToCapitalise:
        return age(account, change.on)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes when nobody pays: the day debt reaches cash value, and both month by month."""

    exhausted_on: date | None
    points: Sequence[Cover]
    last: date


def outlook(pledge: PolicyPledge, on: date) -> Outlook | None:
    """The next three years of an active loan; None for any other."""
    account = _account(pledge.loan)
    if account is None:
        return None
    on = max(on, account.as_of)
    table, growth, last = table_of(pledge), Growth(pledge.growth), add_months(on, AHEAD)
    months = [add_months(on, n) for n in range(AHEAD + 1)]
    points = list(covers(table, growth, debt_ahead(pledge, account), months))
    first = exhausted_on(table, growth, debt_ahead(pledge, account), on, last)
    return Outlook(first, points, last)


class _Days(Func):
    """Days between two dates, as PostgreSQL counts them."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


def with_cover(rows: QuerySet[PolicyPledge], on: date) -> QuerySet[PolicyPledge]:
    """The pledges with ``worth`` (cash value at the end of ``on``), ``owed`` (debt as the position tells it) and ``used``
    (debt in percent of cash value), all in SQL: ``loans.account.policy_cover`` once more."""
    values = PolicyCashValue.objects.filter(pledge=OuterRef("pk"))
    begin, end = values.filter(on__lte=on).order_by("-on"), values.filter(on__gt=on).order_by("on")
    day = Cast(Value(on), DateField())
    share = Cast(_Days(day, F("from_on")), _EXACT) / Cast(_Days(F("to_on"), F("from_on")), _EXACT)
    grown = Round(F("from_amount") + (F("to_amount") - F("from_amount")) * share, 2, output_field=_MONEY)
    position = "loan__position__"
    parts = [("interest_accrued", "interest_paid"), ("fee_accrued", "fee_paid")]
    parts += [("late_interest_accrued", "late_interest_paid")]
    owed: Any = F(f"{position}principal_outstanding")
    for accrued, paid in parts:
        owed = owed + F(position + accrued) - F(position + paid)
    return rows.annotate(
        from_on=Subquery(begin.values("on")[:1]),
        from_amount=Subquery(begin.values("amount")[:1]),
        to_on=Subquery(end.values("on")[:1]),
        to_amount=Subquery(end.values("amount")[:1]),
        worth=Coalesce(
            Case(When(growth=Growth.LINEAR.value, to_on__isnull=False, then=grown), default=F("from_amount")),
            Value(ZERO),
            output_field=_MONEY,
        ),
        owed=Coalesce(owed, F("loan__principal"), output_field=_MONEY),
    ).annotate(
        used=Coalesce(
            Round(F("owed") * 100 / NullIf(F("worth"), Value(ZERO)), 2, output_field=_MONEY),
            Value(Decimal(999999)),
            output_field=_MONEY,
        )
    )


def live_pledges() -> QuerySet[PolicyPledge]:
    return PolicyPledge.objects.filter(status__in=LIVE_PLEDGES)


def curable_pledges() -> QuerySet[PolicyPledge]:
    """Pledges whose borrower was warned or has a notice running: money may cure them."""
    return PolicyPledge.objects.filter(status__in=CURABLE_PLEDGES)


def due_for_review(lo: int, hi: int, on: date) -> QuerySet[PolicyPledge]:
    """Live pledges of loans ``lo`` to ``hi`` that run, where two people agreed to the policy, or have ended, in order of
    their loans."""
    ended = Q(loan__status__in=[LoanStatus.SETTLED, LoanStatus.CANCELLED])
    runs = Q(loan__status=LoanStatus.ACTIVE, agreed_by__isnull=False)
    rows = live_pledges().filter(ended | runs, loan_id__gte=lo, loan_id__lte=hi)
    return with_cover(rows, on).select_related("loan").order_by("loan_id")


def levels(market: Mapping[str, Any]) -> list[Decimal]:
    """The warning levels of the rule ``policy_loan`` as shares of cash value."""
    return sorted(Decimal(level) for level in market["warning_levels"])


def reinstatable_until(pledge: PolicyPledge, market: Mapping[str, Any]) -> date | None:
    """The last day on which a lapsed policy may be reinstated."""
    return pledge.lapsed_on + timedelta(days=market["reinstatement_days"]) if pledge.lapsed_on else None
