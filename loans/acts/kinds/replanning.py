"""Drawing more of an approved amount, another rate, another calendar of due dates."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.money import CENT, ZERO
from core.writing import money
from ledger.posting import Line
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.changes.replanning import DrawnDown, RateChanged
from loans.account.changes.rescheduling import Rescheduled
from loans.acts import drawing
from loans.acts.authority import beyond
from loans.acts.kinds.terms import MOST_INSTALMENTS, needs_fixed_schedule
from loans.bookkeeping import bookings
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import (
    INTEREST_FORGONE,
    INTEREST_LOWERED,
    LATE_INTEREST_FREED,
    MEASURES,
    ActKind,
    Group,
    OnceChargedOff,
    register,
)
from loans.events.act_parameters import Parameter, Sort
from loans.events.of_acts import LATER, drawn
from loans.events.unproved import principal_by_word
from loans.models import Loan


class BeyondApproved(Invalid):
    code = "beyond_approved"
    field = "amount"
    message = _("%(left)s of the approved %(approved)s can still be drawn.")


class BeyondProved(BeyondApproved):
    """Of a line; what was repaid by word, or given up, by one person alone is not there yet."""

    code = "beyond_proved"
    message = _(
        "%(left)s of the approved %(approved)s can still be drawn: %(by_word)s was repaid by word, or given up by one "
        "person alone. Match the bank's line, or have a second person vouch for it under Payments, By word."
    )


def _terms(loan: Loan) -> Mapping[str, Any]:
    return {"terms": loan.terms()}


def _terms_of_drawing(loan: Loan) -> Mapping[str, Any]:
    return {"terms": loan.terms(), "draws_again": loan.line_open_months > 0}


def _within_approved(loan: Loan, account: Account, change: Change) -> None:
    assert isinstance(change, DrawnDown)
    if drawing.bank_has_paid(loan):
        return  # a fact: what was allowed was asked when it was ordered
    if loan.line_open_months:
        drawing.require_open_line(loan, change.on)
        by_word = principal_by_word(loan.pk)
        left = loan.principal - account.principal_outstanding - by_word
        if left < change.amount <= left + by_word:
            raise BeyondProved(
                left=money(max(left, ZERO), loan.currency),
                approved=money(loan.principal, loan.currency),
                by_word=money(by_word, loan.currency),
            )
    else:
        left = loan.principal - drawn(loan)
    if change.amount > left:
        raise BeyondApproved(left=money(left, loan.currency), approved=money(loan.principal, loan.currency))


def _paid_out(loan: Loan, effect: Effect) -> list[Line]:
    return bookings.disbursement(accounts_for(loan), loan.pk, effect.figures["drawn"])


_INTEREST_ADDED = ("interest_added", _("Interest added"))

DRAWN_DOWN = register(
    ActKind(
        code=LATER,
        label=_("Further drawdown"),
        hint=_(
            "Up to the approved amount. The bank is told; once it has paid, the instalments ahead are worked out anew. On a "
            "line what was repaid can be drawn again until its last day."
        ),
        permission="loans.disburse_loan",
        change=DrawnDown,
        agreed=_terms_of_drawing,
        refuse=_within_approved,
        lines=_paid_out,
        order=drawing.order,
        can_be_undone=False,  # the bank has paid it; what comes back is a payment
        once_charged_off=OnceChargedOff.REFUSED,
        group=Group.MONEY,
        is_grave=True,
        parameters=(Parameter(name="amount", sort=Sort.MONEY, label=_("Amount"), least=CENT),),
        figures=(("drawn", _("Paid out")), _INTEREST_ADDED),
    )
)

RATE_CHANGED = register(
    ActKind(
        code="rate_changed",
        label=_("Change the rate"),
        hint=_("From the day it counts from; the level instalment is worked out anew."),
        permission="loans.change_terms",
        change=RateChanged,
        agreed=_terms,
        beyond_authority=beyond("rate_changed"),
        measures=(LATE_INTEREST_FREED, INTEREST_LOWERED, INTEREST_FORGONE),
        parameters=(Parameter(name="annual_rate", sort=Sort.RATE, label=_("New annual rate"), least=0, most=10),),
        figures=(("new_rate", _("New annual rate")), _INTEREST_ADDED),
    )
)

RESCHEDULED = register(
    ActKind(
        code="rescheduled",
        label=_("Reschedule"),
        hint=_("From one instalment on: another due date, further instalments, some without principal, another rate."),
        permission="loans.change_terms",
        change=Rescheduled,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("rescheduled"),
        measures=tuple(MEASURES),
        parameters=(
            Parameter(name="from_due_on", sort=Sort.DATE, label=_("From the instalment due on")),
            Parameter(name="new_due_on", sort=Sort.DATE, label=_("New due date"), required=False),
            Parameter(
                name="extra_count",
                sort=Sort.COUNT,
                label=_("Further instalments"),
                required=False,
                least=0,
                most=MOST_INSTALMENTS,
            ),
            Parameter(
                name="principal_grace",
                sort=Sort.COUNT,
                label=_("Instalments without principal"),
                hint=_("They are put in: the plan grows by as many."),
                required=False,
                least=0,
                most=MOST_INSTALMENTS,
            ),
            Parameter(
                name="interest_grace",
                sort=Sort.COUNT,
                label=_("Instalments whose interest is deferred"),
                hint=_("It falls due with the first instalment after them."),
                required=False,
                least=0,
                most=MOST_INSTALMENTS,
            ),
            Parameter(name="annual_rate", sort=Sort.RATE, label=_("New annual rate"), required=False, least=0, most=10),
        ),
        figures=(("days_moved", _("Days moved at most")), _INTEREST_ADDED, ("new_rate", _("New annual rate"))),
    )
)
