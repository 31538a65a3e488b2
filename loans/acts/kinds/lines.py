"""A line that nothing can be drawn on any more, before its last day."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from loans.account.account import Account
from loans.account.changes.base import Change
from loans.account.changes.lines import LineClosed
from loans.acts.drawing import require_no_order, require_open_line
from loans.events.act_kinds import ActKind, Group, register
from loans.events.of_acts import LINE_CLOSED
from loans.models import Loan


class NotALine(DomainError):
    code = "not_a_line"
    message = _("Loan %(number)s is no line: what is repaid of it cannot be drawn again.")


def _open(loan: Loan, _account: Account, change: Change) -> None:
    if not loan.line_open_months:
        raise NotALine(number=loan.number)
    require_open_line(loan, change.on)
    require_no_order(loan)


CLOSED = register(
    ActKind(
        code=LINE_CLOSED,
        label=_("Close the line"),
        hint=_("Nothing more can be drawn. What is owed stays owed; once nothing is, the loan is settled."),
        permission="loans.change_terms",
        counts_from_today=True,
        change=LineClosed,
        refuse=_open,
        group=Group.TERMS,
    )
)
