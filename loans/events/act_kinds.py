"""The kinds of acts: everything people can do to a loan besides paying it out, each declared once.

An act is one change that somebody makes to a loan: an extension, a waiver, a write-off. What an act of a kind asks for,
who may do it, what it does to the account, what it books and how it is undone stands in one ``ActKind``. The page, its
preview, the API, the request for a second person, the message, the history, replay and undo all read it there. Each kind is
declared in a file of ``loans.acts.kinds``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from ledger.posting import Line
from loans.account.account import Account
from loans.account.changes.base import Change, Effect
from loans.account.changes.paid_ahead import PAID_AHEAD_GIVEN_BACK
from loans.account.replay import CREDIT_USED
from loans.events.act_parameters import Parameter, decoded
from loans.models import Disbursement, Loan, LoanAct, LoanStatus, Repayment
from staff.models import User

Words = str | Promise
Values = Mapping[str, Any]
COUNTS_FROM = _("Counts from")

LATE_INTEREST_FREED = "late_interest_freed"
INTEREST_LOWERED = "interest_lowered"
INTEREST_FORGONE = "interest_forgone"
DAYS_CURED = "days_cured"
NEXT_DUE_MOVED = "next_due_moved"
RECEIPT_MOVED = "receipt_moved"
REDATED = "redated"
MEASURES: Mapping[str, Words] = {
    LATE_INTEREST_FREED: _("Late interest given up"),
    INTEREST_LOWERED: _("Interest lowered by"),
    INTEREST_FORGONE: _("Interest of days to come given up, at most"),
    DAYS_CURED: _("Days late taken away"),
    NEXT_DUE_MOVED: _("Days the next due date moves"),
    REDATED: _("Amount of the receipt"),
    RECEIPT_MOVED: _("Days the receipt moves"),
}


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
    """What an act books for a loan that is charged off, whose claims have left the books.

    ``NOTHING``: it moves claims alone, and there are none to move. ``REFUSED``: it moves money against them. ``SAME``: the
    same as for any other loan.
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
class Wish:
    """An act that somebody wants done: its kind, the values asked for, the day it counts from, and the business day."""

    loan_id: int
    kind: str
    values: dict[str, Any]
    effective_on: date
    recorded_on: date
    reason: str
    idempotency_key: str
    by: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What doing an act came to, before it is kept: for the rules that allow or refuse it by its outcome.

    ``before`` and ``after`` are the account now and then; ``effect`` is what the act itself, its ``change``, did on the day
    it counts from. ``by`` does it.
    """

    loan: Loan
    change: Change
    before: Account
    after: Account
    effect: Effect
    effective_on: date
    recorded_on: date
    by: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActKind:
    """One kind of act, in the order in which an act goes through it.

    **What it is.** ``code`` names it for ever; ``label``, ``hint`` and ``button`` are its words, ``group`` where its page is
    found, ``template`` the page itself for a kind that shows more than a form. ``is_grave`` makes the button red.

    **Who and when.** ``permission`` is needed to ask for it, ``approve_permission`` to agree to it as the second person.
    ``states`` are the states of a loan that allow it. With ``counts_from_today`` nobody chooses the day it counts from: it
    is the business day on which it is done, or approved. ``for_partners``: partners may do it over the API, except with the
    values for which ``staff_only(values)`` is true. ``by_itself``: nobody asks for it, the system does it where a product
    says so, and takes it back once it no longer applies.

    **What it asks for.** ``parameters``, with the values the form begins with from ``initial(loan, on)``, and for texts that
    name something of the loan what there is to choose from ``options(loan)``; the day it counts
    from, called ``day_label``; and a reason unless ``asks_reason`` is off.

    **What it does.** ``change`` makes the pure change of the account from these values and from what ``agreed(loan)`` adds
    from the contract. ``refuse(loan, account, change)`` raises a named refusal before it is applied,
    ``refuse_outcome(tried)`` one that needs to see what it does. ``beyond_authority(tried, figures)`` says that one
    person may not do it alone. ``figures`` names what it tells of itself, ``measures`` what is found by comparing the
    account before and after (``MEASURES``): kinds that remake instalments or rates can give up interest by it, or make a
    late loan look less late. ``restates(loan, change, stands)`` is for kinds that say what another event was: it writes the
    row of that event as it is once the act stands, or no longer does, and returns what it measured by it; then all events
    are applied again. ``size`` is the figure by which a second person sees how large it is.

    **What it books.** ``lines(loan, effect)`` is its own journal entry, where it moves claims or money itself (income that
    it changes is booked by the accrual that follows every act); ``other_party(loan, values)`` is named in it;
    ``once_charged_off`` says what is booked for a loan charged off.

    **What follows.** ``tells_borrower``: a message goes out, by ``message(loan, act, account, on)`` or else the plain one
    that names the act. ``number_prefix`` gives it a number that people quote, ``id_prefix`` its name in the API.

    **How it is undone.** Not at all where ``can_be_undone`` is off; only in the states ``undone_in``; by two
    people of the staff, whatever its size, where ``undone_by_two`` is on; ``refuse_undo(loan)`` raises a named refusal;
    ``undo_message(loan, act, on)`` tells the borrower.

    **Two kinds are kept otherwise.** ``order(wish, approved)`` is what asking for the act does where a bank has to pay
    first: the act follows when it has. ``kept_as_receipt(wish, approved, agreed_by)`` does a kind that brings money: what
    stands in the books is its receipt, which is reversed on a page of its own.
    """

    code: str
    label: Words
    hint: Words
    permission: str
    parameters: Sequence[Parameter] = ()
    change: Callable[..., Change] | None = None
    button: Words = ""
    group: Group = Group.TERMS
    template: str = "loans/act.html"
    is_grave: bool = False

    approve_permission: str = "loans.approve_act"
    states: tuple[str, ...] = (LoanStatus.ACTIVE,)
    counts_from_today: bool = False
    for_partners: bool = False
    staff_only: Callable[[Values], bool] | None = None
    by_itself: bool = False

    initial: Callable[[Loan, date], Values] | None = None
    options: Callable[[Loan], Mapping[str, Sequence[tuple[str, Words]]]] | None = None
    day_label: Words = COUNTS_FROM
    asks_reason: bool = True

    agreed: Callable[[Loan], Values] | None = None
    refuse: Callable[[Loan, Account, Change], None] | None = None
    refuse_outcome: Callable[[Tried], None] | None = None
    beyond_authority: Callable[[Tried, Mapping[str, Decimal]], bool] | None = None
    figures: Sequence[tuple[str, Words]] = ()
    measures: Collection[str] = ()
    restates: Callable[[Loan, Change, bool], Mapping[str, Decimal]] | None = None
    size: str = ""

    lines: Callable[[Loan, Effect], list[Line]] | None = None
    other_party: Callable[[Loan, Values], str] | None = None
    once_charged_off: OnceChargedOff = OnceChargedOff.NOTHING

    tells_borrower: bool = True
    message: Callable[[Loan, LoanAct, Account, date], None] | None = None
    number_prefix: str = ""
    id_prefix: str = "act"

    can_be_undone: bool = True
    undone_in: tuple[str, ...] = (LoanStatus.ACTIVE, LoanStatus.SETTLED)
    refuse_undo: Callable[[Loan], None] | None = None
    undone_by_two: bool = False
    undo_message: Callable[[Loan, LoanAct, date], None] | None = None

    order: Callable[[Wish, bool], Disbursement] | None = None
    kept_as_receipt: Callable[[Wish, bool, User | None], Repayment] | None = None

    def from_values(self, loan: Loan, on: date, values: dict[str, Any]) -> Change:
        """The change as wished for. ``values`` by parameter name; what is not asked for is none."""
        optional = dict.fromkeys(parameter.name for parameter in self.parameters if not parameter.required)
        return self._changed(on=on, **self._of_contract(loan), **(optional | values))

    def from_row(self, loan: Loan, act: LoanAct) -> Change:
        """The change as stored in an act of ``loan``."""
        values = decoded(self.parameters, act.parameters)
        return self._changed(on=act.effective_on, source=act, **self._of_contract(loan), **values)

    def is_for_partners(self, values: Values) -> bool:
        """Whether partners may do it, or undo it, with these values."""
        return self.for_partners and not (self.staff_only is not None and self.staff_only(values))

    def description(self, loan: Loan, stored: Values) -> str:
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

    @property
    def told(self) -> Sequence[tuple[str, Words]]:
        """Name and label of every figure an act of this kind can have, its own first."""
        measured = ((name, MEASURES[name]) for name in MEASURES if name in self.measures)
        back = (PAID_AHEAD_GIVEN_BACK, _("Interest paid ahead, given back"))
        return (*self.figures, *measured, back, (CREDIT_USED, _("Paid by the credit balance")))

    def size_of(self, figures: Mapping[str, Decimal]) -> Decimal | None:
        """The figure of the act by which its size is told, if it has one."""
        return figures.get(self.size) if self.size else None

    def _changed(self, **fields: Any) -> Change:
        assert self.change is not None, f"{self.code} is kept as a receipt"
        return self.change(**fields)

    def _of_contract(self, loan: Loan) -> Values:
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


def asked_kind(code: str) -> ActKind:
    """The kind named ``code``, if people may ask for it. Raises ActUnknown."""
    known = {kind.code: kind for kind in act_kinds()}
    if code not in known:
        raise ActUnknown(kind=code, known=", ".join(sorted(known)))
    return known[code]


def act_kinds() -> list[ActKind]:
    """All kinds that people ask for, in the order they are declared."""
    return [kind for kind in _kinds.values() if not kind.by_itself]


def act_names() -> dict[str, Words]:
    """Every kind there is, by its code, in words."""
    return {kind.code: kind.label for kind in _kinds.values()}
