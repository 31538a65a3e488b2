"""What one person may do alone, by dated rules: above a limit a second person must agree.

``act_authority`` bounds the figures of an act by their names. What was already done to a loan without a second person counts
too: three credits of 499 are one of 1,497, whoever gave them. And all that is given up is one sum, by whatever acts: a
waiver, a credit and a lower fee of 499 each are 1,497 given up.

``cure_authority`` bounds how often a loan that is late may be made to look less late without a payment, and by how many
days one person may move its next due date. What was undone on a later day counts too: it looked so until then.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, Sum

from audit.deciding import is_other_hand, same_account
from core.calendars import add_months, days_between
from core.money import ZERO
from core.rules import rule_of_house
from loans.account.account import Account
from loans.account.arrears import arrears
from loans.acts.forgone import forgone, lowers_what_can_be_drawn
from loans.events.act_kinds import (
    DAYS_CURED,
    INTEREST_FORGONE,
    INTEREST_LOWERED,
    LATE_INTEREST_FREED,
    NEXT_DUE_MOVED,
    RECEIPT_MOVED,
    REDATED,
    ActKind,
    Tried,
)
from loans.events.of_acts import RECEIPT_REDATED
from loans.events.stored import REFUND
from loans.models import ActStatus, IncomingPaymentShare, Loan, LoanAct, Repayment, RepaymentChannel
from loans.servicing.given_up import (
    ALONE,
    GIVEN_UP,
    RULE,
    done_alone,
    given_up_alone,
    may_waive,
    sum_of_figures,
)
from loans.servicing.in_a_day import gives_up_too_much, takes_back_too_much
from staff.models import User

CURES = "cure_authority"
# Figures that say how things stand after one act: two of them make no larger third.
_STATES = frozenset({"new_rate", "given_up_percent", "replanned_principal", "instalments_planned"})
# A bound on what will be given up, which counts like what is.
_MOST_GIVEN_UP = frozenset({"at_most"})
OWED_AGAIN = "owed_again"


def measured(kind: ActKind, tried: Tried) -> dict[str, Decimal]:
    """The figures of ``kind.measures`` that are above zero: what the act did to the loan, seen from before and after."""
    before, after, on = tried.before, tried.after, tried.recorded_on
    found = {
        LATE_INTEREST_FREED: before.late_interest_accrued - after.late_interest_accrued,
        INTEREST_LOWERED: _agreed_interest(before) - _agreed_interest(after),
        DAYS_CURED: Decimal(arrears(before, on).days_past_due - arrears(after, on).days_past_due),
        NEXT_DUE_MOVED: Decimal(days_between(_next_due_on(before, on), _next_due_on(after, on))),
    }
    if INTEREST_FORGONE in kind.measures:
        found[INTEREST_FORGONE] = forgone(tried)
    return {name: figure for name, figure in found.items() if name in kind.measures and figure > ZERO}


def _agreed_interest(account: Account) -> Decimal:
    """All interest of the plan, also that of days to come."""
    return sum((row.interest for row in account.instalments), ZERO)


def _next_due_on(account: Account, on: date) -> date:
    """The first day from ``on`` on by which something has to be paid; ``on`` itself where something is late."""
    return max(min((row.due_on for row in account.instalments if row.agreed_owed), default=on), on)


def needs_second_person(kind: ActKind, tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """Whether one person may not do the act that came to ``figures``: by its own rule, because more falls away than one
    person may waive, a rate falls at which more can be drawn, it cures once too often or too much, or with all else that
    the person did alone on the day."""
    own = kind.beyond_authority is not None and kind.beyond_authority(tried, figures)
    return (
        own
        or _frees_too_much(kind, tried, figures)
        or lowers_what_can_be_drawn(tried)
        or _cures_too_much(tried, figures)
        or _too_much_in_a_day(tried, figures)
    )


def _frees_too_much(kind: ActKind, tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """Late interest already charged, and interest of days to come of a kind to which the rule sets no bound of its own."""
    bounded = rule_of_house(RULE, tried.recorded_on, tried.loan.market).get(kind.code, {})
    names = {LATE_INTEREST_FREED, *({INTEREST_FORGONE} - bounded.keys())}
    freed = sum((figures.get(name, ZERO) for name in names), ZERO)
    return freed > ZERO and freed + given_up_alone(tried.loan) > may_waive(tried.recorded_on, tried.loan.market)


def _too_much_in_a_day(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """The rule ``alone_in_a_day``, over all loans."""
    on, market = tried.recorded_on, tried.loan.market
    given_up = sum((figure for name, figure in figures.items() if name in GIVEN_UP), ZERO)
    taken_back = figures.get(OWED_AGAIN, ZERO)
    return gives_up_too_much(tried.by, given_up, on, market) or takes_back_too_much(tried.by, taken_back, on, market)


def _cures_too_much(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """The rule ``cure_authority``. Cures count by the day they were done, whoever did or agreed to them; days moved are
    those that one person moved alone; days cured are those of one act."""
    if DAYS_CURED not in figures and NEXT_DUE_MOVED not in figures:
        return False
    limits = rule_of_house(CURES, tried.recorded_on, tried.loan.market)
    if figures.get(DAYS_CURED, ZERO) > Decimal(limits.get("days_cured", 0)):
        return True
    since = add_months(tried.recorded_on, -int(limits["months"]))
    looked = Q(status=ActStatus.STANDING) | Q(undone_on__gt=F("recorded_on"))
    known = LoanAct.objects.filter(looked, loan=tried.loan, recorded_on__gt=since)
    moved = figures.get(NEXT_DUE_MOVED, ZERO)
    if moved:
        moved += sum_of_figures(known.filter(ALONE), {NEXT_DUE_MOVED})
    cures = known.filter(figures__has_key=DAYS_CURED).count() if DAYS_CURED in figures else -1
    return cures >= int(limits["times"]) or moved > Decimal(limits["days_moved"])


def beyond(kind: str) -> Callable[[Tried, Mapping[str, Decimal]], bool]:
    """Whether acts of ``kind``, this one and those done alone before, exceed a limit of today: a second person must agree.

    The limit is that of the day on which it is done: who counts an act from an earlier day has no more power for it. A kind
    that the rule does not name is done by nobody alone, so that a limit forgotten is safe.
    """

    def exceeds(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
        limits: dict[str, str] | None = rule_of_house(RULE, tried.recorded_on, tried.loan.market).get(kind)
        if limits is None:
            return True
        return any(
            figures.get(name, ZERO) > ZERO
            and _together(figures, name) + _alone_before(tried.loan, kind, name) > Decimal(most)
            for name, most in limits.items()
        )

    return exceeds


def _together(figures: Mapping[str, Decimal], name: str) -> Decimal:
    """What counts as one sum with the figure ``name`` in its own act: all that it gives up, by whatever names."""
    if name not in GIVEN_UP:
        return figures[name]
    return sum((figure for other, figure in figures.items() if other in GIVEN_UP), ZERO)


def _alone_before(loan: Loan, kind: str, name: str) -> Decimal:
    """What counts together with the figure ``name`` of an act of ``kind``, of acts that one person did alone and that stand.

    For what is given up that is all that was given up on the loan, by whatever acts; else the same figure of the same kind.
    """
    if name in _STATES:
        return ZERO
    if name in GIVEN_UP | _MOST_GIVEN_UP:
        return given_up_alone(loan)
    if name == OWED_AGAIN:
        return taken_back_alone(loan)
    return sum_of_figures(done_alone(loan).filter(kind=kind), {name})


def taken_back_alone(loan: Loan) -> Decimal:
    """All receipts that one person reversed or charged back alone, in currency units: what the house then has not got."""
    reversed_ = Repayment.objects.filter(loan=loan, reversed_alone=True).aggregate(total=Sum("amount"))["total"] or ZERO
    return sum_of_figures(done_alone(loan), {OWED_AGAIN}) + Decimal(reversed_)


def receipt_needs_second_person(repayment: Repayment, on: date, by: User | None = None) -> bool:
    """Whether one person, ``by``, may not say that ``repayment`` was none, or of another day.

    It counts with all receipts one person took back or moved on its loan before. A recovery takes two, whatever its size,
    so does what a bank line proved or a second person agreed to, and so does taking a line of the bank from its loan, except
    for who matched it there by mistake on the same day.
    """
    if repayment.is_recovery or two_stand_behind(repayment):
        return True
    if repayment.channel == RepaymentChannel.BANK_FILE:
        return not _own_match(repayment, on, by) or gave_up_since(repayment.loan, repayment.recorded_on)
    if _own_word(repayment, on, by):
        return True
    most = Decimal(rule_of_house(RULE, on, repayment.loan.market).get("repayment", {}).get("reversed", "0"))
    moved = sum_of_figures(done_alone(repayment.loan), {REDATED})
    if repayment.amount + taken_back_alone(repayment.loan) + moved > most:
        return True
    if takes_back_too_much(by, repayment.amount, on, repayment.loan.market):
        return True
    return gave_up_since(repayment.loan, repayment.recorded_on)


def _own_word(repayment: Repayment, on: date, by: User | None) -> bool:
    """Whether ``by`` took the money at the counter themselves: who takes cash and then says that none came keeps it."""
    if repayment.channel != RepaymentChannel.COUNTER or by is None:
        return False
    return not is_other_hand(by, {repayment.recorded_by_id}, on)


def takes_own_word_back(tried: Tried, number: str) -> bool:
    """The same of a charge-back of receipt ``number``, which is taking it back by another name."""
    receipt = Repayment.objects.filter(loan=tried.loan, number=number).first()
    return receipt is not None and receipt.is_unproved and _own_word(receipt, tried.recorded_on, tried.by)


def two_stand_behind(repayment: Repayment) -> bool:
    """Whether more than one person's word says that the money came: a bank line proved it, or a second person agreed."""
    return repayment.proved_on is not None or repayment.agreed_by_id is not None


def _own_match(repayment: Repayment, on: date, by: User | None) -> bool:
    """Whether ``by`` matched the line alone to the loan on ``on``, and nothing was refunded since."""
    shares = IncomingPaymentShare.objects.filter(repayment=repayment, matched_by=by, matched_on=on, agreed_by=None)
    if by is None or not shares.exists():
        return False
    refunds = LoanAct.objects.filter(loan_id=repayment.loan_id, kind=REFUND, recorded_on__gte=repayment.recorded_on)
    return not refunds.filter(status=ActStatus.STANDING).exists()


def moved_too_far(loan: Loan, days: Decimal, freed: Decimal, on: date) -> bool:
    """Whether one person may not move a receipt by ``days``, by which ``freed`` of interest is given up, in currency units.

    The days count with those one person moved receipts of the loan by before.
    """
    if days + sum_of_figures(done_alone(loan), {RECEIPT_MOVED}) > Decimal(
        rule_of_house(CURES, on, loan.market)["days_moved"]
    ):
        return True
    return freed > ZERO and freed + given_up_alone(loan) > may_waive(on, loan.market)


def gave_up_since(loan: Loan, on: date) -> bool:
    """Whether one person gave something up on ``loan`` alone since ``on``: without the money of that day it can grow."""
    return bool(sum_of_figures(done_alone(loan).filter(recorded_on__gte=on), GIVEN_UP))


def freed_by_undoing(before: Account, after: Account) -> Decimal:
    """By how much less the borrower owes, or more is owed to them, once something was taken back; in currency units.

    Taking back a fee or a dearer rate is giving it up by another name. The interest of days to come counts with it: what
    one act lowers, undoing another can make larger.
    """
    return max((before.owed - before.overpaid) - (after.owed - after.overpaid), ZERO)


def undoing_needs_second_person(
    act: LoanAct, freed: Decimal, on: date, *, by: User | None = None, is_own: bool
) -> bool:
    """Whether one person, ``by``, may not undo ``act``, by which ``freed`` is given up; ``is_own``: it is their own mistake.

    What two agreed to, or a line of a bank was found to be, takes two to undo, as does the day of a receipt that was since
    agreed to or proved, and what a later act of one person was measured by: what that one gave up can grow without it. A
    mistake of one's own is undone at once where nothing happened since.
    """
    if act.agreed_by_id is not None or act.proved_on is not None or _moved_what_two_stand_behind(act):
        return True
    if is_own:
        return False
    if sum_of_figures(done_alone(act.loan).filter(pk__gt=act.pk), GIVEN_UP):
        return True
    if freed > ZERO and freed + given_up_alone(act.loan) > may_waive(on, act.loan.market):
        return True
    return gives_up_too_much(by, freed, on, act.loan.market)


def _moved_what_two_stand_behind(act: LoanAct) -> bool:
    if act.kind != RECEIPT_REDATED:
        return False
    moved = Repayment.objects.filter(loan_id=act.loan_id, number=act.parameters["receipt"]).first()
    return moved is not None and two_stand_behind(moved)


def is_own_mistake(act: LoanAct, on: date, by: User | None) -> bool:
    """Whether the same person undoes the last thing done on the loan, on the day they did it."""
    if by is None or not same_account(act.recorded_by_id, by.pk) or act.recorded_on != on:
        return False
    later_act = LoanAct.objects.filter(loan_id=act.loan_id, pk__gt=act.pk, status=ActStatus.STANDING)
    return not later_act.exists() and not Repayment.objects.filter(loan_id=act.loan_id, recorded_on__gte=on).exists()


def always(_tried: Tried, _figures: Mapping[str, Decimal]) -> bool:
    """Nobody does it alone."""
    return True
