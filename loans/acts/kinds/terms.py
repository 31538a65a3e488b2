"""Changes to when and in which instalments a running loan is repaid; for loans whose schedule is fixed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.rules import rule_of_house
from ledger.posting import Line, credit, debit
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.changes.due_dates import DueDayChanged, PaymentHoliday
from loans.account.changes.restructuring import OverdueReaged, OverdueSpread, Reamortised
from loans.acts.authority import beyond
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import MEASURES, ActKind, Group, Tried, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan

MOST_INSTALMENTS = 360


class FollowsBalance(DomainError):
    code = "schedule_follows_balance"
    message = _("The schedule of loan %(number)s follows what is outstanding; this act needs a fixed schedule.")


class DueDayTooFar(DomainError):
    code = "due_day_too_far"
    message = _("The new due day moves a due date by %(days)s days; at most %(most)s are allowed.")


def _terms(loan: Loan) -> Mapping[str, Any]:
    return {"terms": loan.terms()}


def needs_fixed_schedule(loan: Loan, _account: Account, _change: Change) -> None:
    if loan.recalculates:
        raise FollowsBalance(number=loan.number)


def _not_too_far(tried: Tried) -> None:
    days, most = tried.effect.figures["days_moved"], _most_days(tried)
    if days > most:
        raise DueDayTooFar(days=days, most=most)


def _most_days(tried: Tried) -> int:
    return int(rule_of_house("due_day_change", tried.effective_on, tried.loan.market)["most_days"])


def _capitalised(loan: Loan, effect: Effect) -> list[Line]:
    amount = effect.figures.get("interest_capitalised", Decimal(0))
    accounts = accounts_for(loan)
    return [debit(accounts.principal, amount, loan.pk), credit(accounts.interest, amount, loan.pk)]


_COUNT = Parameter(name="count", sort=Sort.COUNT, label=_("Instalments"), least=1, most=MOST_INSTALMENTS)
_PRICED = Parameter(
    name="priced",
    sort=Sort.FLAG,
    label=_("Charge interest for the extra time"),
    hint=_("At the contract rate, on the overdue principal."),
    required=False,
)
_INTEREST_ADDED = ("interest_added", _("Interest added"))

DUE_DAY_CHANGED = register(
    ActKind(
        code="due_day_changed",
        for_partners=True,
        label=_("Change the due day"),
        hint=_("All instalments ahead fall due on this day of the month; the days between are charged."),
        permission="loans.change_terms",
        change=DueDayChanged,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        refuse_outcome=_not_too_far,
        measures=tuple(MEASURES),
        parameters=(Parameter(name="day", sort=Sort.COUNT, label=_("Day of the month"), least=1, most=31),),
        figures=(("days_moved", _("Days moved at most")), _INTEREST_ADDED),
    )
)

PAYMENT_HOLIDAY = register(
    ActKind(
        code="payment_holiday",
        for_partners=True,
        label=_("Payment holiday"),
        hint=_("The next instalments are skipped and the plan ends later by as many."),
        permission="loans.change_terms",
        change=PaymentHoliday,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("payment_holiday"),
        group=Group.HELP,
        measures=tuple(MEASURES),
        parameters=(
            Parameter(name="count", sort=Sort.COUNT, label=_("Instalments skipped"), least=1, most=24),
            Parameter(
                name="interest",
                sort=Sort.CHOICE,
                label=_("Interest of the extra time"),
                choices=(
                    ("free", _("none")),
                    ("first", _("with the first instalment afterwards")),
                    ("spread", _("in equal parts with all instalments")),
                ),
                initial="spread",
            ),
        ),
        figures=(("instalments_skipped", _("Instalments skipped")), _INTEREST_ADDED),
    )
)

OVERDUE_SPREAD = register(
    ActKind(
        code="overdue_spread",
        for_partners=True,
        label=_("Spread what is overdue"),
        hint=_("What is overdue is added in equal parts to the instalments ahead."),
        permission="loans.change_terms",
        change=OverdueSpread,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("overdue_spread"),
        group=Group.HELP,
        measures=tuple(MEASURES),
        parameters=(_PRICED,),
        figures=(("overdue_moved", _("Overdue money moved")), _INTEREST_ADDED),
    )
)

OVERDUE_REAGED = register(
    ActKind(
        code="overdue_reaged",
        for_partners=True,
        label=_("Move what is overdue to the end"),
        hint=_("What is overdue becomes further instalments after the last one."),
        permission="loans.change_terms",
        change=OverdueReaged,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("overdue_reaged"),
        group=Group.HELP,
        measures=tuple(MEASURES),
        parameters=(_COUNT, _PRICED),
        figures=(
            ("overdue_moved", _("Overdue money moved")),
            _INTEREST_ADDED,
            ("instalments_added", _("Further instalments")),
        ),
    )
)

REAMORTISED = register(
    ActKind(
        code="reamortised",
        label=_("Make a new plan"),
        hint=_("All principal outstanding is repaid in new instalments at the contract rate."),
        permission="loans.change_terms",
        change=Reamortised,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        beyond_authority=beyond("reamortised"),
        lines=_capitalised,
        is_grave=True,
        measures=tuple(MEASURES),
        parameters=(
            _COUNT,
            Parameter(name="first_due_on", sort=Sort.DATE, label=_("First instalment due"), required=False),
            Parameter(name="capitalised", sort=Sort.FLAG, label=_("Unpaid interest becomes principal"), required=False),
        ),
        figures=(
            ("replanned_principal", _("Principal in the new plan")),
            ("interest_capitalised", _("Interest made principal")),
            ("instalments_planned", _("Instalments")),
        ),
    )
)
