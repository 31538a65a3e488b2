"""Reads of risk: what is known about an applicant, and which card, policy and rules are in force."""

from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, ContactPoint, ContactState, IdentityKind
from core.errors import NotFound
from core.money import ZERO
from core.rules import rule
from loans.models import Application, Instalment, LoanPosition, LoanStatus
from risk.features.profile import ApplicantProfile
from risk.models import DoNotLendEntry, GradePolicy, Scorecard
from risk.policy.checks import Limits


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


def limits_on(on: date, market: str) -> Limits:
    """The numbers of the checks in force."""
    ages, exposure, affordability = (rule(code, on, market) for code in ("lending_age", "exposure", "affordability"))
    return Limits(
        least_age=ages["least"],
        most_age=ages["most"],
        exposure_cap=Decimal(exposure["per_borrower"]),
        debt_share_cap=Decimal(affordability["debt_share"]),
    )


def profile_of(application: Application, on: date) -> ApplicantProfile:
    """What is known about the applicant on ``on``."""
    borrower = application.borrower
    return ApplicantProfile(
        age=borrower.age_on(on),
        identity_proved=borrower.identity_kind == IdentityKind.CN_RESIDENT_ID,
        months_known=max((on - borrower.created_on).days // 30, 0),
        other_applications=_other_applications(application),
        do_not_lend=is_do_not_lend(borrower.pk),
        phone_verified=_phone_verified(borrower),
        **_means(borrower, on, application.product.market),
        **_standing(borrower.pk),
        **_record(borrower.pk),
    )


def is_do_not_lend(borrower_id: int) -> bool:
    """Whether somebody decided that this person gets no loan."""
    return DoNotLendEntry.objects.filter(borrower_id=borrower_id, lifted_on__isnull=True).exists()


def waiting_applications() -> QuerySet[Application]:
    """The underwriting queue, oldest first."""
    return Application.objects.waiting_for_underwriter().select_related("borrower", "product", "claimed_by")


def _other_applications(application: Application) -> int:
    others = Application.objects.open().filter(borrower_id=application.borrower_id)
    return others.exclude(pk=application.pk).count()


class _Means(TypedDict):
    income: Decimal | None
    income_verified: bool
    debt_payments: Decimal
    lenders_elsewhere: int


class _Standing(TypedDict):
    own_outstanding: Decimal
    own_payments: Decimal
    own_days_past_due: int
    loans_settled: int
    loans_written_off: int


class _Record(TypedDict):
    instalments_paid: int
    worst_days_late: int | None


def _phone_verified(borrower: Borrower) -> bool:
    points = ContactPoint.objects.filter(borrower=borrower, value_index=borrower.phone_index)
    return points.filter(state=ContactState.VERIFIED).exists()


def _means(borrower: Borrower, on: date, market: str) -> _Means:
    """Income by source, the newest figure of each that is not too old; and debts elsewhere, the newest of each lender."""
    oldest = rule("affordability", on, market)["income_age_days"]
    incomes, debts = {}, {}
    for income in borrower.incomes.filter(as_of__lte=on).order_by("as_of", "id"):
        if (on - income.as_of).days <= oldest:
            incomes[income.source] = income
    for debt in borrower.external_debts.filter(as_of__lte=on).order_by("as_of", "id"):
        debts[debt.lender] = debt
    owed = [debt for debt in debts.values() if debt.balance > 0]
    return {
        "income": sum((income.monthly_amount for income in incomes.values()), ZERO) if incomes else None,
        "income_verified": bool(incomes) and all(income.verified for income in incomes.values()),
        "debt_payments": sum((debt.monthly_payment for debt in owed), ZERO),
        "lenders_elsewhere": len(owed),
    }


def _standing(borrower_id: int) -> _Standing:
    """Where the loans here stand today."""
    running = Q(status=LoanStatus.ACTIVE)
    sums = LoanPosition.objects.filter(borrower_id=borrower_id).aggregate(
        owed=Sum("principal_outstanding", filter=running),
        payments=Sum("next_due_amount", filter=running),
        late=Max("days_past_due", filter=running),
        settled=Count("pk", filter=Q(status=LoanStatus.SETTLED)),
        written_off=Count("pk", filter=Q(status=LoanStatus.WRITTEN_OFF) | (running & Q(charged_off_on__isnull=False))),
    )
    return {
        "own_outstanding": sums["owed"] or ZERO,
        "own_payments": sums["payments"] or ZERO,
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
