"""What one person may do alone, by dated rules: above a limit a second person must agree.

``act_authority`` bounds the figures of an act by their names. What was already done to a loan without a second person counts
too: three credits of 499 are one of 1,497, whoever gave them. And all that is given up is one sum, by whatever acts: a
waiver, a credit and a lower fee of 499 each are 1,497 given up.

``cure_authority`` bounds how often a loan that is late may be made to look less late without a payment.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from core.calendars import add_months
from core.money import ZERO
from core.rules import rule
from loans.account.account import Account
from loans.account.arrears import arrears
from loans.events.act_kinds import DAYS_CURED, INTEREST_LOWERED, LATE_INTEREST_FREED, ActKind, Tried
from loans.models import ActStatus, Loan, LoanAct

RULE = "act_authority"
CURES = "cure_authority"
# Figures that say how things stand after one act: two of them make no larger third.
_STATES = frozenset({"new_rate", "given_up_percent", "replanned_principal", "instalments_planned"})
# What the borrower owes less without having paid it.
_GIVEN_UP = frozenset(
    {"waived", "credited", "fee_lowered", "interest_freed", "given_up", LATE_INTEREST_FREED, INTEREST_LOWERED}
)
# A bound on what will be given up, which counts like what is.
_MOST_GIVEN_UP = frozenset({"at_most"})


def measured(kind: ActKind, tried: Tried) -> dict[str, Decimal]:
    """The figures of ``kind.measures`` that are above zero: what the act did to the loan, seen from before and after."""
    before, after = tried.before, tried.after
    found = {
        LATE_INTEREST_FREED: before.late_interest_accrued - after.late_interest_accrued,
        INTEREST_LOWERED: -tried.effect.figures.get("interest_added", ZERO),
        DAYS_CURED: Decimal(_days_late(before) - _days_late(after)),
    }
    return {name: figure for name, figure in found.items() if name in kind.measures and figure > ZERO}


def _days_late(account: Account) -> int:
    return arrears(account, account.as_of).days_past_due


def needs_second_person(kind: ActKind, tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """Whether one person may not do the act that came to ``figures``: by its own rule, because late interest already
    charged falls away by more than one person may waive, or because it cures once too often."""
    own = kind.beyond_authority is not None and kind.beyond_authority(tried, figures)
    return own or _frees_too_much(tried, figures) or _cures_too_often(tried, figures)


def _frees_too_much(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    freed = figures.get(LATE_INTEREST_FREED, ZERO)
    return freed > ZERO and freed + given_up_alone(tried.loan) > may_waive(tried.recorded_on)


def _cures_too_often(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
    """The rule ``cure_authority``: the acts that stand count by the day they were done, whoever did or agreed to them."""
    if DAYS_CURED not in figures:
        return False
    limits = rule(CURES, tried.recorded_on)
    since = add_months(tried.recorded_on, -int(limits["months"]))
    cures = tried.loan.acts.filter(status=ActStatus.STANDING, figures__has_key=DAYS_CURED, recorded_on__gt=since)
    return cures.count() >= int(limits["times"])


def beyond(kind: str) -> Callable[[Tried, Mapping[str, Decimal]], bool]:
    """Whether acts of ``kind``, this one and those done alone before, exceed a limit of today: a second person must agree.

    The limit is that of the day on which it is done: who counts an act from an earlier day has no more power for it. A kind
    that the rule does not name is done by nobody alone, so that a limit forgotten is safe.
    """

    def exceeds(tried: Tried, figures: Mapping[str, Decimal]) -> bool:
        limits: dict[str, str] | None = rule(RULE, tried.recorded_on).get(kind)
        if limits is None:
            return True
        return any(
            figures.get(name, ZERO) > ZERO and figures[name] + _alone_before(tried.loan, kind, name) > Decimal(most)
            for name, most in limits.items()
        )

    return exceeds


def _alone_before(loan: Loan, kind: str, name: str) -> Decimal:
    """What counts together with the figure ``name`` of an act of ``kind``, of acts that one person did alone and that stand.

    For what is given up that is all that was given up on the loan, by whatever acts; else the same figure of the same kind.
    """
    if name in _STATES:
        return ZERO
    if name in _GIVEN_UP | _MOST_GIVEN_UP:
        return given_up_alone(loan)
    return _sum(_done_alone(loan).filter(kind=kind), {name})


def given_up_alone(loan: Loan) -> Decimal:
    """All that was given up on ``loan``, in currency units, by acts that one person did alone and that stand."""
    return _sum(_done_alone(loan), _GIVEN_UP)


def _done_alone(loan: Loan) -> QuerySet[LoanAct]:
    """What nobody recorded is a rule's doing: the hold that the night places when a notice failed uses up no one's limit."""
    return LoanAct.objects.filter(loan=loan, status=ActStatus.STANDING, recorded_by__isnull=False, agreed_by=None)


def _sum(acts: QuerySet[LoanAct], names: Collection[str]) -> Decimal:
    kept = acts.values_list("figures", flat=True)
    return sum((Decimal(figure) for figures in kept for name, figure in figures.items() if name in names), ZERO)


def may_waive(on: date) -> Decimal:
    """What one person may waive alone on ``on``, in currency units: the measure of what is given up by any other name."""
    return Decimal(rule(RULE, on).get("waiver", {}).get("waived", "0"))


def frees_by_undoing(before: Account, after: Account) -> Decimal:
    """By how much less the borrower owes, or more is owed to them, once something was taken back; in currency units.

    Taking back a fee or a refund is giving it up by another name. Interest of days to come is not: nobody earned it yet.
    """
    return _owes(before) - _owes(after)


def _owes(account: Account) -> Decimal:
    owed = account.owed_parts
    return owed.principal + owed.fee + owed.late_interest + account.claims.interest - account.overpaid


def always(_tried: Tried, _figures: Mapping[str, Decimal]) -> bool:
    """Nobody does it alone."""
    return True
