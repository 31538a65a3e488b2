"""The acts there are. Each kind is declared in its own file of this package and listed in ``loans.acts.kinds``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from ledger.posting import Line
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.events.act_parameters import Parameter, decoded
from loans.models import Disbursement, Loan, LoanPosition, LoanStatus

Words = str | Promise


class ActUnknown(NotFound):
    code = "act_unknown"
    field = "kind"
    message = _("There is no act “%(kind)s”. Known: %(known)s.")


class LoanChargedOff(DomainError):
    code = "loan_charged_off"
    message = _(
        "Loan %(number)s is charged off: its claims are no longer in the books, so that “%(act)s” cannot be booked. Take "
        "the charge-off back first."
    )


class OnceChargedOff(StrEnum):
    """What an act books for a loan whose claims have left the books.

    ``NOTHING``: it moves claims alone, and there are none to move. ``REFUSED``: it moves money against them. ``SAME``: its
    entry is another.
    """

    NOTHING = "nothing"
    REFUSED = "refused"
    SAME = "same"


class Group(StrEnum):
    """Where people look for an act: by what it is about."""

    MONEY = "money"
    CHARGES = "charges"
    TERMS = "terms"
    HELP = "help"
    LOSS = "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActKind:
    """One kind of act on a running loan.

    ``change`` makes the pure change from the parameters, and from what ``agreed(loan)`` takes from the contract.
    ``prepare(loan, position, effective_on, recorded_on)`` puts the loan into the state in which the account is reckoned.
    ``refuse(loan, account, change)`` raises a named refusal that needs more than the account (the market's law, the
    product's rules). ``initial(loan)`` are the values its form begins with. ``beyond_authority(loan, before, effect, on)``
    says that one person may not do it alone. ``lines(loan, effect)`` is the act's own journal entry where it moves claims
    or money itself, and ``other_party(loan, values)`` the name that stands in it beside the loan's number; income that it
    changes is booked by the accrual that follows every act; ``once_charged_off`` what it is for a loan charged off.
    ``group`` is where its page is found; ``template`` the page itself, for a kind that needs more than its parameters
    drawn. ``order(wish)``: what is done when somebody asks for the act, where a bank has to pay first and the act follows.
    ``for_partners``: partners may do it over the API; what moves money, changes the price or gives up a claim is
    for staff, and so is what ``staff_only(values)`` says.
    """

    code: str
    label: Words
    hint: Words
    permission: str
    change: Callable[..., Change]
    parameters: Sequence[Parameter]
    agreed: Callable[[Loan], Mapping[str, Any]] | None = None
    states: tuple[str, ...] = (LoanStatus.ACTIVE,)
    prepare: Callable[[Loan, LoanPosition, date, date], None] | None = None
    refuse: Callable[[Loan, Account, Change], None] | None = None
    initial: Callable[[Loan], Mapping[str, Any]] | None = None
    beyond_authority: Callable[[Loan, Account, Effect, date], bool] | None = None
    lines: Callable[[Loan, Effect], list[Line]] | None = None
    other_party: Callable[[Loan, Mapping[str, Any]], str] | None = None
    order: Callable[[Any], Disbursement] | None = None
    once_charged_off: OnceChargedOff = OnceChargedOff.NOTHING
    figures: Sequence[tuple[str, Words]] = ()
    can_be_undone: bool = True
    tells_borrower: bool = True
    is_grave: bool = False
    for_partners: bool = False
    staff_only: Callable[[Mapping[str, Any]], bool] | None = None
    group: Group = Group.TERMS
    template: str = "loans/act.html"

    def from_values(self, loan: Loan, on: date, values: dict[str, Any]) -> Change:
        """The change as wished for. ``values`` by parameter name; what is not asked for is none."""
        optional = dict.fromkeys(parameter.name for parameter in self.parameters if not parameter.required)
        return self.change(on=on, **self._of_contract(loan), **(optional | values))

    def from_row(self, loan: Loan, row: Any) -> Change:
        """The change as stored in a ``LoanAct`` of ``loan``."""
        values = decoded(self.parameters, row.parameters)
        return self.change(on=row.effective_on, source=row, **self._of_contract(loan), **values)

    def is_for_partners(self, values: Mapping[str, Any]) -> bool:
        """Whether partners may do it, or undo it, with these values."""
        return self.for_partners and not (self.staff_only is not None and self.staff_only(values))

    def description(self, loan: Loan, stored: Mapping[str, Any]) -> str:
        """What its journal entry says; ``stored`` are the values as a ``LoanAct`` keeps them."""
        party = self.other_party(loan, stored) if self.other_party is not None else ""
        return f"{loan.number} {party}".rstrip()

    def entry_lines(self, loan: Loan, effect: Effect) -> list[Line]:
        """The lines of the act's own entry, none of them zero; empty where it books nothing. Raises LoanChargedOff."""
        if self.lines is None:
            return []
        if effect.account.charged_off is not None and self.once_charged_off is not OnceChargedOff.SAME:
            if self.once_charged_off is OnceChargedOff.REFUSED:
                raise LoanChargedOff(number=loan.number, act=self.label)
            return []
        return [line for line in self.lines(loan, effect) if line.debit or line.credit]

    def _of_contract(self, loan: Loan) -> Mapping[str, Any]:
        return self.agreed(loan) if self.agreed is not None else {}


_kinds: dict[str, ActKind] = {}


def register(kind: ActKind) -> ActKind:
    """Declare a kind of act; called when Django starts."""
    _kinds[kind.code] = kind
    return kind


def act_kind(code: str) -> ActKind:
    """The kind named ``code``. Raises ActUnknown."""
    if code not in _kinds:
        raise ActUnknown(kind=code, known=", ".join(sorted(_kinds)))
    return _kinds[code]


def act_kinds() -> list[ActKind]:
    """All kinds in the order they are declared."""
    return list(_kinds.values())
