"""Unpaid interest made principal, as loans on a policy agree it for each anniversary of the policy."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from ledger.posting import Line, credit, debit
from loans.account.changes.base import Effect
from loans.account.changes.capitalising import InterestCapitalised
from loans.acts.authority import beyond
from loans.acts.kinds.terms import needs_fixed_schedule
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import DAYS_CURED, ActKind, Group, register
from loans.models import Loan


def _terms(loan: Loan) -> Mapping[str, Any]:
    return {"terms": loan.terms()}


def _lines(loan: Loan, effect: Effect) -> list[Line]:
    accounts, figures = accounts_for(loan), effect.figures
    if not figures:
        return []
    interest, late_interest = figures["interest_capitalised"], figures["late_interest_capitalised"]
    return [
        debit(accounts.principal, interest + late_interest, loan.pk),
        credit(accounts.interest, interest, loan.pk),
        credit(accounts.late_interest, late_interest, loan.pk),
    ]


INTEREST_CAPITALISED = register(
    ActKind(
        code="interest_capitalised",
        label=_("Capitalise unpaid interest"),
        hint=_("All interest accrued and unpaid by the chosen day becomes principal, repaid with the last instalment."),
        permission="loans.change_terms",
        change=InterestCapitalised,
        agreed=_terms,
        refuse=needs_fixed_schedule,
        lines=_lines,
        beyond_authority=beyond("interest_capitalised"),
        measures=(DAYS_CURED,),
        group=Group.TERMS,
        is_grave=True,
        parameters=(),
        figures=(
            ("interest_capitalised", _("Interest made principal")),
            ("late_interest_capitalised", _("Late interest made principal")),
        ),
    )
)
