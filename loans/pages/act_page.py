"""What the page of an act shows besides its form: what it would come to, and what helps to fill the form."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.money import ZERO
from core.writing import number
from loans.account.account import age
from loans.acts.previewing import Preview, RowPair
from loans.bookkeeping import positions
from loans.events.act_kinds import ActKind, act_kind
from loans.models import Loan, LoanAct, LoanStatus, Repayment, RepaymentLine
from loans.servicing.settling import pay_off

Words = str | Promise
_IN_CENTS = re.compile(r"-?\d+\.\d\d")


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as its page draws it."""

    preview: Preview
    changed: Sequence[RowPair]
    figures: Sequence[tuple[Words, str]]
    receipt: Repayment | None
    lines: Sequence[RepaymentLine]
    needs_second_person: bool


def own_figures(act: LoanAct) -> list[tuple[Words, str]]:
    """What the act came to, by the labels of its kind; sums as sums are written everywhere."""
    found = ((label, act.figures[name]) for name, label in act_kind(act.kind).told if name in act.figures)
    return [(label, number(Decimal(text)) if _IN_CENTS.fullmatch(text) else text) for label, text in found]


def shown(found: Preview) -> Shown:
    """``found`` with the act's own figures by their labels, or the division of the money it brought."""
    result = found.result
    act = result if isinstance(result, LoanAct) else None
    return Shown(
        preview=found,
        changed=[pair for pair in found.rows if pair.changed],
        figures=own_figures(act) if act is not None else (),
        receipt=result if isinstance(result, Repayment) else None,
        lines=found.lines,
        needs_second_person=act is not None and act.needs_second_person,
    )


def extra_context(kind: ActKind, loan: Loan, on: date) -> dict[str, Any]:
    """What only the page of this kind shows."""
    return _EXTRA[kind.code](loan, on) if kind.code in _EXTRA else {}


def _payment_offers(loan: Loan, on: date) -> dict[str, Any]:
    """Amounts a clerk is likely to be handed; and what settles the loan, which is another act: paid as an ordinary payment
    it would pay for days that are still to come."""
    if loan.status != LoanStatus.ACTIVE:
        return {"offers": []}
    overdue, due = _owed_now(loan, on)
    offers = [
        (_("overdue, late interest to today"), overdue),
        (_("with what is due today") if overdue else _("due today"), overdue + due if due else due),
    ]
    if not overdue and not due:
        offers.append((_("next instalment"), loan.position.next_due_amount))
    settles = pay_off(loan, loan.position, on) or ZERO
    return {
        "offers": [(label, amount) for label, amount in offers if amount],
        "settles": settles if settles > overdue + due else None,
    }


def _owed_now(loan: Loan, on: date) -> tuple[Decimal, Decimal]:
    """Overdue, and due today."""
    account = age(positions.load(loan, loan.position), on)
    overdue = sum((row.owed for row in account.instalments if row.due_on < on), ZERO)
    due = sum((row.owed for row in account.instalments if row.due_on == on), ZERO)
    return overdue, due


def _recovery_offers(loan: Loan, _on: date) -> dict[str, Any]:
    left = loan.position.recoverable
    return {"offers": [(_("still written off"), left)] if left > 0 else []}


_EXTRA: dict[str, Callable[[Loan, date], dict[str, Any]]] = {
    "repayment": _payment_offers,
    "recovery": _recovery_offers,
}
