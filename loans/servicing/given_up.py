"""What was given up on a loan by one person alone, by whatever door: one sum, measured by what one may waive."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from core.money import ZERO
from core.rules import rule_of_house
from loans.account.account import Account
from loans.events.act_kinds import INTEREST_FORGONE, INTEREST_LOWERED, LATE_INTEREST_FREED
from loans.models import ActStatus, Loan, LoanAct, Repayment, RepaymentStatus

RULE = "act_authority"
# What the borrower owes less without having paid it.
GIVEN_UP = frozenset(
    {
        "waived",
        "credited",
        "fee_lowered",
        "interest_freed",
        "given_up",
        LATE_INTEREST_FREED,
        INTEREST_LOWERED,
        INTEREST_FORGONE,
    }
)
# Kept with an act that one person undid alone.
FREED_BY_UNDOING = "freed_by_undoing"
ALONE = Q(recorded_by__isnull=False, agreed_by=None)


def done_alone(loan: Loan) -> QuerySet[LoanAct]:
    """What nobody recorded is a rule's doing: the hold that the night places when a notice failed uses up no one's limit."""
    return LoanAct.objects.filter(ALONE, loan=loan, status=ActStatus.STANDING)


def sum_of_figures(acts: QuerySet[LoanAct], names: Collection[str]) -> Decimal:
    """The figures ``names`` of ``acts``, all together."""
    kept = acts.values_list("figures", flat=True)
    return sum((Decimal(figure) for figures in kept for name, figure in figures.items() if name in names), ZERO)


def given_up_alone(loan: Loan) -> Decimal:
    """All that was given up on ``loan``, in currency units, by acts that one person did, or undid, alone, and by receipts
    that count from an earlier day on one person's word."""
    undone = LoanAct.objects.filter(loan=loan, status=ActStatus.UNDONE)
    receipts = Repayment.objects.filter(loan=loan, status=RepaymentStatus.POSTED, agreed_by=None)
    by_day = receipts.aggregate(total=Sum("given_up"))["total"] or ZERO
    return sum_of_figures(done_alone(loan), GIVEN_UP) + sum_of_figures(undone, {FREED_BY_UNDOING}) + Decimal(by_day)


def given_alone_on_lines() -> QuerySet[LoanAct]:
    """What one person alone gave up on a line, the oldest first: until a second person vouches for it, as much is not drawn
    again (``loans/law/unproved_principal.sql``)."""
    acts = LoanAct.objects.filter(ALONE, status=ActStatus.STANDING, loan__line_open_months__gt=0)
    return acts.filter(figures__has_any_keys=sorted(GIVEN_UP)).order_by("recorded_on", "id")


def is_given_alone_on_line(act: LoanAct) -> bool:
    """Whether ``act`` is one of them."""
    return given_alone_on_lines().filter(pk=act.pk).exists() and given_by(act) > ZERO


def given_by(act: LoanAct) -> Decimal:
    """What ``act`` gave up, in currency units."""
    return sum((max(Decimal(act.figures[name]), ZERO) for name in GIVEN_UP & act.figures.keys()), ZERO)


def may_waive(on: date, market: str | None) -> Decimal:
    """What one person may waive alone on ``on``, in currency units: the measure of what is given up by any other name.

    Of a loan of ``market``; None for the market of the house.
    """
    return Decimal(rule_of_house(RULE, on, market).get("waiver", {}).get("waived", "0"))


def given_up_by_its_day(before: Account, after: Account) -> Decimal:
    """By how much less interest and late interest was earned in all once money counted from an earlier day."""
    late = before.accrued.late_interest - after.accrued.late_interest
    return max(late, ZERO) + max(before.accrued.interest - after.accrued.interest, ZERO)
