"""Reads of risk: what is known about an applicant, and which card, policy and rules are in force."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, ContactPoint, ContactState
from core.errors import NotFound
from core.money import ZERO
from core.rules import rule
from loans.models import Application, Instalment, LoanPosition, LoanStatus
from risk.features.profile import ApplicantProfile
from risk.models import DoNotLendEntry, GradePolicy, Scorecard


class ScorecardMissing(NotFound):
    code = "scorecard_missing"
    message = _("No scorecard is in use. Switch one on in the admin.")


class GradePolicyMissing(NotFound):
    code = "grade_policy_missing"
    message = _("No grade policy is in force for market %(market)s on %(on)s. Add one in the admin.")


def scorecard_in_use() -> Scorecard:
    """The scorecard in use. Raises ScorecardMissing."""
    card = Scorecard.objects.filter(is_active=True).order_by("code").first()
    if card is None:
        raise ScorecardMissing()
    return card


def grade_policy_on(on: date, market: str) -> GradePolicy:
    """The policy in force. Raises GradePolicyMissing."""
    policy = GradePolicy.objects.filter(market=market, effective_from__lte=on).order_by("-effective_from").first()
    if policy is None:
        raise GradePolicyMissing(market=market, on=on.isoformat())
    return policy


def profile_of(borrower: Borrower, on: date, committed_payments: Decimal, means: "Means") -> ApplicantProfile:
    """What is known about the borrower on ``on``; ``committed_payments`` is what the house is bound to already, a month."""
    return ApplicantProfile(
        age=borrower.age_on(on),
        months_known=max((on - borrower.created_on).days // 30, 0),
        phone_verified=_is_phone_verified(borrower),
        income=means.income,
        income_verified=means.income_verified,
        debt_payments=means.debt_payments,
        lenders_elsewhere=means.lenders_elsewhere,
        committed_payments=committed_payments,
        **_standing(borrower.pk),
        **_record(borrower.pk),
    )


def is_do_not_lend(borrower_id: int) -> bool:
    """Whether somebody decided that this person gets no loan."""
    return DoNotLendEntry.objects.filter(borrower_id=borrower_id, lifted_on__isnull=True).exists()


def waiting_applications() -> QuerySet[Application]:
    """The underwriting queue, oldest first."""
    return Application.objects.waiting_for_underwriter().select_related("borrower", "product", "claimed_by")


def other_applications(borrower_id: int, application: Application | None) -> int:
    """How many other applications of the borrower are under way."""
    others = Application.objects.open().filter(borrower_id=borrower_id)
    return (others if application is None else others.exclude(pk=application.pk)).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What somebody earns and owes elsewhere a month. ``income_as_of`` is the oldest figure that counts, or, where all
    are too old, the newest."""

    income: Decimal | None
    income_as_of: date | None
    income_verified: bool
    debt_payments: Decimal
    lenders_elsewhere: int


class _Standing(TypedDict):
    own_days_past_due: int
    loans_settled: int
    loans_written_off: int


class _Record(TypedDict):
    instalments_paid: int
    worst_days_late: int | None


def _is_phone_verified(borrower: Borrower) -> bool:
    points = ContactPoint.objects.filter(borrower=borrower, value_index=borrower.phone_index)
    return points.filter(state=ContactState.VERIFIED).exists()


def means_of(borrower: Borrower, on: date, market: str) -> Means:
    """Income by source, the newest figure of each that is not too old; and debts elsewhere, the newest of each lender."""
    oldest = rule("affordability", on, market)["income_age_days"]
    incomes, debts, newest = {}, {}, None
    for income in borrower.incomes.filter(as_of__lte=on).order_by("as_of", "id"):
        newest = income.as_of
        if (on - income.as_of).days <= oldest:
            incomes[income.source] = income
    for debt in borrower.external_debts.filter(as_of__lte=on).order_by("as_of", "id"):
        debts[debt.lender] = debt
    owed = [debt for debt in debts.values() if debt.balance > 0]
    return Means(
        income=sum((income.monthly_amount for income in incomes.values()), ZERO) if incomes else None,
        income_as_of=min((income.as_of for income in incomes.values()), default=newest),
        income_verified=bool(incomes) and all(income.verified for income in incomes.values()),
        debt_payments=sum((debt.monthly_payment for debt in owed), ZERO),
        lenders_elsewhere=len(owed),
    )


def _standing(borrower_id: int) -> _Standing:
    """Where the loans here stand today."""
    running = Q(status=LoanStatus.ACTIVE)
    sums = LoanPosition.objects.filter(borrower_id=borrower_id).aggregate(
        late=Max("days_past_due", filter=running),
        settled=Count("pk", filter=Q(status=LoanStatus.SETTLED)),
        written_off=Count("pk", filter=Q(status=LoanStatus.WRITTEN_OFF) | (running & Q(charged_off_on__isnull=False))),
    )
    return {
        "own_days_past_due": sums["late"] or 0,
        "loans_settled": sums["settled"],
        "loans_written_off": sums["written_off"],
    }


def _record(borrower_id: int) -> _Record:
    """How instalments were paid here: how many, and the worst delay in days (None without any)."""
    paid = Instalment.objects.filter(
        loan__borrower_id=borrower_id, settled_on__isnull=False, superseded_on__isnull=True
    ).aggregate(count=Count("pk"), worst=Max(F("settled_on") - F("due_on")), first=Min("due_on"))
    worst = paid["worst"]
    days = None if worst is None else max(worst.days, 0)
    return {"instalments_paid": paid["count"], "worst_days_late": days}
