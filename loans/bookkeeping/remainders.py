"""A remainder too small to be collected is closed where a product says so, by an act of its own that nobody asks for.

It is looked for whenever an account was changed, by money, an act, or something taken back: time alone never makes a loan
owe less. One stands a loan at the most, so that no more than the tolerance is ever given up of it.
"""

from datetime import date

from django.utils.translation import gettext as _

from core.identifiers import new_id
from ledger.posting import post, reverse
from loans.account.account import Account
from loans.account.changes.losses import is_small_remainder
from loans.account.replay import apply
from loans.bookkeeping.act_entries import lines_of
from loans.events.act_kinds import act_kind
from loans.models import ActStatus, Loan, LoanAct

CODE = "small_remainder"


def closed(loan: Loan, account: Account, *, on: date) -> tuple[Account, LoanAct | None]:
    """``account`` with its small remainder given up, and the act that did it on the business date ``on``; else as it is."""
    if not loan.remainder_tolerance or not is_small_remainder(account, loan.remainder_tolerance):
        return account, None
    if LoanAct.objects.filter(loan=loan, kind=CODE, status=ActStatus.STANDING).exists():
        return account, None
    kind = act_kind(CODE)
    after, outcome = apply(account, kind.from_values(loan, account.as_of, {}))
    act = LoanAct(
        public_id=new_id(kind.id_prefix),
        loan=loan,
        kind=CODE,
        figures={name: str(figure) for name, figure in outcome.effect.figures.items()},
        effective_on=account.as_of,
        recorded_on=on,
        reason=_("What was owed in all was a small remainder by the terms of the product."),
        idempotency_key=new_id(CODE),
    )
    lines = lines_of(kind, loan, outcome.effect)
    if lines:
        act.entry = post(
            event=CODE,
            posted_on=on,
            effective_on=account.as_of,
            lines=lines,
            description=kind.description(loan, {}),
        )
    act.save()
    return after, act


def lapse(act: LoanAct, *, on: date) -> None:
    """Take ``act`` back on the business date ``on``: in a replay it came to nothing, because what it closed was paid or is
    owed again with more."""
    if act.entry_id is not None:
        reverse(act.entry, posted_on=on, reason=f"replay of {act.public_id}")
    act.status, act.undone_on = ActStatus.UNDONE, on
    act.undo_reason = _("What was owed is no small remainder any more.")
    act.save(update_fields=["status", "undone_on", "undo_reason"])
