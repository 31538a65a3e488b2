"""What a running loan costs in a year with everything that fell and will fall due, and whether it may (the law's cap).

Penalties and late interest are part of it (民间借贷规定 29: rate, late rate and penalties together). While none are owed and
nothing is overdue it is the cost of the schedule, reckoned as it was at pricing. Otherwise the days count: what came in
on the day it came, what is overdue as if paid today, the rest when it falls due. Reckoned on the due dates instead, a
loan paid late would look dearer than it was: its money was used for longer.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.money import ZERO
from loans.account.account import Account, age
from loans.account.changes.paid_ahead import PAID_AHEAD_GIVEN_BACK
from loans.account.replay import CREDIT_USED
from loans.acts.forgone import highest_raised_rate
from loans.events.act_kinds import Tried
from loans.events.of_acts import drawdowns_of
from loans.events.stored import REFUND
from loans.models import ActStatus, Loan, RepaymentStatus
from loans.pricing.cost_caps import CostCap, cost_cap, percent
from loans.rates.apr import AllInCost, CapBasis, NoRate, cost_by_dates, cost_of
from loans.schedules.schedule import Schedule, ScheduledInstalment

Flow = tuple[date, Decimal]
_MONEY_OUT = ("drawn_down", "charge_back")
_MONEY_IN = ("merchant_refund",)
# After these the schedule alone no longer tells what was lent and what comes back.
_OFF_SCHEDULE = ("charge_back", "merchant_refund")
# Time charged at the contract rate by the days of its months is no dearer, though it may be measured so by this much a year.
_OF_DAYS = Decimal("0.001")


class FeeBreaksCap(Invalid):
    """The figure is the one the cap is compared with."""

    code = "fee_breaks_cap"
    field = "amount"
    message = _(
        "With this fee the all-in cost of the loan would be %(figure)s a year (%(basis)s); the cap is %(cap)s. "
        "Choose a smaller fee."
    )


class PenaltyBreaksCap(FeeBreaksCap):
    """The same for a penalty, which is counted together with late interest."""

    code = "penalty_breaks_cap"
    message = _(
        "With this penalty the all-in cost of the loan, late interest included, would be %(figure)s a year (%(basis)s); "
        "the cap is %(cap)s. Choose a smaller penalty."
    )


class LateInterestBreaksCap(Invalid):
    """Late interest and penalties in all, against the sum the contract allows."""

    code = "late_interest_breaks_cap"
    field = "amount"
    message = _(
        "With this penalty late interest and penalties would be %(figure)s in all; the contract allows %(cap)s. "
        "Choose a smaller penalty."
    )


class ActBreaksCap(Invalid):
    """The same for any other change of what the loan costs: a rate, a plan, a price of time."""

    code = "act_breaks_cap"
    message = _(
        "With this change the all-in cost of the loan would be %(figure)s a year (%(basis)s); the cap is %(cap)s, and "
        "nobody may make it dearer. Choose a lower rate or charge less."
    )


BASES = {CapBasis.SIMPLE: _("IRR, simple"), CapBasis.COMPOUND: _("IRR, compounded")}


def cost_of_account(loan: Loan, account: Account, on: date) -> AllInCost:
    """The all-in cost of ``loan`` if what is overdue is paid on ``on`` and the rest on its day. Raises NoRate."""
    overdue = any(row.due_on < on and row.agreed_owed for row in account.instalments)
    if overdue or account.late_interest_accrued or _acts(loan, _OFF_SCHEDULE):
        return _cost_by_days(loan, account, on)
    rows = (
        ScheduledInstalment(row.number, row.starts_on, row.due_on, row.principal, row.interest, row.fee)
        for row in account.instalments
    )
    terms = replace(loan.terms(), drawdowns=drawdowns_of(loan))
    return cost_of(terms, Schedule(tuple(rows)))


def _cost_by_days(loan: Loan, account: Account, on: date) -> AllInCost:
    return cost_by_dates([*_lent(loan), *_came_in(loan), *_comes_in(account, on)])


def _lent(loan: Loan) -> Iterator[Flow]:
    """Money that reached the borrower, without the fee that was taken out of it."""
    terms = loan.terms()
    yield from [(part.on, part.amount) for part in terms.drawdowns] or [(terms.start_on, terms.principal)]
    if terms.fee_deducted:
        yield terms.start_on, -terms.fee_deducted
    yield from _acts(loan, _MONEY_OUT)


def _acts(loan: Loan, kinds: tuple[str, ...]) -> list[Flow]:
    acts = loan.acts.filter(kind__in=kinds, status=ActStatus.STANDING)
    return [(act.effective_on, Decimal(act.parameters["amount"])) for act in acts]


def _came_in(loan: Loan) -> Iterator[Flow]:
    """Money that came for the borrower and was kept, also from the merchant; what the lender gave up is not among it."""
    yield from ((on, -amount) for on, amount in _acts(loan, _MONEY_IN))
    for receipt in loan.repayments.filter(status=RepaymentStatus.POSTED, is_recovery=False):
        yield receipt.received_on, receipt.overpaid - receipt.amount
    # What was overpaid counts on the day it paid something: interest given back, and money paid back beyond what was
    # overpaid, had counted before and was lent on that day.
    for act in loan.acts.filter(figures__has_key=CREDIT_USED, status=ActStatus.STANDING):
        yield act.effective_on, -Decimal(act.figures[CREDIT_USED])
    for act in loan.acts.filter(figures__has_key=PAID_AHEAD_GIVEN_BACK, status=ActStatus.STANDING):
        yield act.effective_on, Decimal(act.figures[PAID_AHEAD_GIVEN_BACK])
    for act in loan.acts.filter(kind=REFUND, figures__has_key="owed_again", status=ActStatus.STANDING):
        yield act.effective_on, Decimal(act.figures["owed_again"])


def _comes_in(account: Account, on: date) -> Iterator[Flow]:
    yield from ((max(row.due_on, on), -row.owed) for row in account.instalments if row.owed)


def cap_of_loan(loan: Loan) -> CostCap:
    """The cap that held when the loan began: the law looks at the day the contract was made."""
    began: date = loan.disbursed_on  # type: ignore[assignment]  # a running loan has one
    return cost_cap(began, loan.product_version.product.market)


def refuse_fee_over_cap(tried: Tried) -> None:
    """Raise FeeBreaksCap, naming figure and cap, when the loan would cost more than its cap afterwards."""
    _refuse_over_cap(tried.loan, tried.after, FeeBreaksCap)


def refuse_penalty_over_cap(tried: Tried) -> None:
    """The same for a penalty, and against the most late interest the contract allows.

    Raises PenaltyBreaksCap, LateInterestBreaksCap.
    """
    after, most = tried.after, tried.loan.late_interest_most
    if most is not None and after.late_interest_accrued > most:
        raise LateInterestBreaksCap(figure=after.late_interest_accrued, cap=most)
    _refuse_over_cap(tried.loan, after, PenaltyBreaksCap)


def refuse_dearer_over_cap(tried: Tried) -> None:
    """Raise ActBreaksCap when the loan would cost more than its cap, and more than it did before.

    A loan that is over its cap already keeps its price. Of a loan on which more can be drawn, or that is nearly repaid,
    what it cost so far says little of days to come: its contract rate may not rise above the cap either.
    """
    loan, cap = tried.loan, cap_of_loan(tried.loan)
    if cap.rate is None:
        return
    highest = highest_raised_rate(tried)
    if highest is not None and highest > cap.rate:
        raise ActBreaksCap(figure=percent(highest), basis=BASES[cap.basis], cap=percent(cap.rate))
    on = tried.after.as_of
    measured, slack = (_cost_by_days, _OF_DAYS) if highest is None else (cost_of_account, ZERO)
    try:
        cost, before = measured(loan, tried.after, on), measured(loan, age(tried.before, on), on)
    except NoRate:  # less comes back than was lent: nothing that a cap could bound
        return
    if not cap.allows(cost) and cost.figure(cap.basis) > before.figure(cap.basis) + slack:
        raise ActBreaksCap(figure=percent(cost.figure(cap.basis)), basis=BASES[cap.basis], cap=percent(cap.rate))


def _refuse_over_cap(loan: Loan, after: Account, refusal: type[FeeBreaksCap]) -> None:
    cap = cap_of_loan(loan)
    if cap.rate is None:
        return
    try:
        cost = cost_of_account(loan, after, after.as_of)
    except NoRate:  # less comes back than was lent: nothing that a cap could bound
        return
    if not cap.allows(cost):
        raise refusal(figure=percent(cost.figure(cap.basis)), basis=BASES[cap.basis], cap=percent(cap.rate))
