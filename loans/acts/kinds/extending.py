"""More time for a borrower who cannot pay on time."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.calendars import days_between
from core.errors import Invalid
from core.rules import rule_of_house
from loans.account.account import Account
from loans.account.changes.extending import Extended, first_open_due_on
from loans.events.act_kinds import DAYS_CURED, NEXT_DUE_MOVED, ActKind, Group, Tried, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import ActStatus, Loan, LoanAct
from loans.notices import notices

CODE = "extension"
MOST_DAYS = 180


class ExtensionLeavesOverdue(Invalid):
    """A loan that is still late afterwards would only look less late than it is, and cost the borrower interest."""

    code = "extension_leaves_overdue"
    field = "days"
    message = _(
        "With %(days)s more days the loan would still be overdue since %(due_on)s. %(needed)s days cure it; or the borrower "
        "pays what fell due by %(pay_by)s first."
    )


class ExtensionTooShort(ExtensionLeavesOverdue):
    """No extension that may be granted reaches beyond the business date."""

    message = _(
        "The loan is overdue since %(due_on)s: %(needed)s days would cure it, and at most %(most)s may be granted. Let the "
        "borrower pay what fell due by %(pay_by)s first, or spread what is overdue, or make a new plan."
    )


def _rate(loan: Loan) -> Mapping[str, Any]:
    return {"annual_rate": loan.annual_rate, "terms": loan.terms()}


def _cures(tried: Tried) -> None:
    """Raise ExtensionLeavesOverdue unless every open due date then lies after the business date."""
    first, then = first_open_due_on(tried.before), first_open_due_on(tried.after)
    if then is None or first is None or then > tried.recorded_on:
        return
    days = int(tried.effect.figures["days_moved"])
    needed = days + days_between(then, tried.recorded_on) + 1
    refusal = ExtensionLeavesOverdue if needed <= MOST_DAYS else ExtensionTooShort
    raise refusal(
        days=days,
        due_on=then.isoformat(),
        needed=needed,
        most=MOST_DAYS,
        pay_by=_last_uncured(tried, days).isoformat(),
    )


def _last_uncured(tried: Tried, days: int) -> date:
    """The last old due date that so many days do not bring beyond the business date; the first one where only moving to
    a working day keeps it before."""
    open_dues = [row.due_on for row in tried.before.instalments if row.agreed_owed]
    left = [due for due in open_dues if days_between(due, tried.recorded_on) >= days]
    return max(left, default=min(open_dues))


def days_that_cure(loan: Loan, account: Account, on: date) -> int | None:
    """The days to offer on ``on``: what one person may grant, or the days that cure it; None where too many."""
    first = first_open_due_on(account)
    if first is None:
        return None
    usual = int(rule_of_house("extension_authority", on, loan.market)["days"])
    days = max(usual, days_between(first, on) + 1)
    return days if days <= MOST_DAYS else None


def _beyond(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """The rule ``extension_authority``: how many days, and how many extensions of one loan, one person may grant."""
    limits = rule_of_house("extension_authority", tried.recorded_on, tried.loan.market)
    granted = tried.loan.acts.filter(kind=CODE, status=ActStatus.STANDING).count()
    days = int(figures["days_moved"])
    return days > limits["days"] or granted >= limits["times_per_loan"]


def _granted(loan: Loan, act: LoanAct, account: Account, on: date) -> None:
    due_on = first_open_due_on(account)
    assert due_on is not None
    notices.extension_granted(loan, act, next_due_on=due_on, on=on)


EXTENSION = register(
    ActKind(
        code=CODE,
        label=_("Extend"),
        hint=_("Every open due date moves by this many days; the extra time is charged at the contract rate."),
        permission="loans.grant_extension",
        counts_from_today=True,
        change=Extended,
        agreed=_rate,
        refuse_outcome=_cures,
        beyond_authority=_beyond,
        measures=(DAYS_CURED, NEXT_DUE_MOVED),
        group=Group.HELP,
        template="loans/extend.html",
        message=_granted,
        undo_message=notices.extension_reversed,
        id_prefix="ext",
        parameters=(Parameter(name="days", sort=Sort.COUNT, label=_("Days"), least=1, most=MOST_DAYS, initial=30),),
        figures=(("days_moved", _("Days moved")), ("interest_added", _("Interest added"))),
        size="interest_added",
    )
)
