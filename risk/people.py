"""What risk knows of people, read for many at once: one statement a table, whether one person is asked about or a range."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from borrowers.models import Borrower, ContactPoint, ContactState, ExternalDebt, Income
from core.money import ZERO
from core.rules import rule
from loans.gate.gate import Credit
from loans.models import (
    WITHOUT_BANK_LINE,
    Application,
    Instalment,
    LoanAct,
    LoanPosition,
    LoanStatus,
    Repayment,
    RepaymentLine,
    RepaymentStatus,
)
from risk.features.profile import ApplicantProfile
from risk.models import CreditLimit, DoNotLendEntry
from risk.policy.policy import read_grades
from risk.queries import GradePolicyMissing, ScorecardMissing, grade_policy_on, scorecard_in_use
from risk.scorecards.scorecard import read_card

# Of the position or instalment outside: what of its loan was paid by word alone.
_RECEIPTS_BY_WORD = Repayment.objects.by_word().filter(loan_id=OuterRef("loan_id"))
_REFUNDS_BY_WORD = LoanAct.objects.by_word().filter(loan_id=OuterRef("loan_id"))
_LINES_BY_WORD = RepaymentLine.objects.filter(
    repayment__loan_id=OuterRef("loan_id"),
    repayment__status=RepaymentStatus.POSTED,
    repayment__channel__in=WITHOUT_BANK_LINE,
    repayment__agreed_by=None,
    repayment__proved_on=None,
    entry_id=F("repayment__entry_id"),
    instalment_number=OuterRef("number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What somebody earns and owes elsewhere a month. ``income_as_of`` is the oldest figure that counts, or, where all
    are too old, the newest."""

    income: Decimal | None = None
    income_as_of: date | None = None
    income_verified: bool = False
    debt_payments: Decimal = ZERO
    lenders_elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How somebody stands with the house: loans, instalments paid, and the worst delay in days (None without any)."""

    days_past_due: int = 0
    loans_settled: int = 0
    loans_written_off: int = 0
    instalments_paid: int = 0
    worst_days_late: int | None = None


def profiles_of(
    borrowers: Collection[Borrower], market: str, on: date, committed_payments: Mapping[int, Decimal]
) -> dict[int, tuple[ApplicantProfile, Means]]:
    """What is known about each of ``borrowers`` on ``on``, by number; ``committed_payments`` is what the house is bound to
    already, a month."""
    ids = [borrower.pk for borrower in borrowers]
    means, records, verified = means_of(ids, market, on), records_of(ids), _with_verified_phone(borrowers)
    return {
        borrower.pk: (
            _profile(borrower, on, means[borrower.pk], records[borrower.pk], borrower.pk in verified, bound),
            means[borrower.pk],
        )
        for borrower in borrowers
        for bound in (committed_payments.get(borrower.pk, ZERO),)
    }


def _profile(
    borrower: Borrower, on: date, means: Means, record: Record, phone_verified: bool, committed: Decimal
) -> ApplicantProfile:
    return ApplicantProfile(
        age=borrower.age_on(on),
        months_known=max((on - borrower.created_on).days // 30, 0),
        phone_verified=phone_verified,
        income=means.income,
        income_verified=means.income_verified,
        debt_payments=means.debt_payments,
        lenders_elsewhere=means.lenders_elsewhere,
        committed_payments=committed,
        own_days_past_due=record.days_past_due,
        loans_settled=record.loans_settled,
        loans_written_off=record.loans_written_off,
        instalments_paid=record.instalments_paid,
        worst_days_late=record.worst_days_late,
    )


def credits_of(
    *,
    borrowers: Collection[Borrower],
    market: str,
    on: date,
    application: Application | None,
    committed_payments: Mapping[int, Decimal],
) -> dict[int, tuple[Credit, bool]]:
    """The credit of each on ``on``, and whether somebody decided that they get no loan.

    The limit is their own; before there is one, that of the grade. Without a card or a policy there is no grade.
    """
    ids = [borrower.pk for borrower in borrowers]
    profiles = profiles_of(borrowers, market, on, committed_payments)
    limits = dict(CreditLimit.objects.filter(borrower_id__in=ids).values_list("borrower_id", "amount"))
    others, listed = _other_applications(ids, application), do_not_lend(ids)
    try:
        card, grades = read_card(scorecard_in_use().data), read_grades(grade_policy_on(on, market).rows)
    except (ScorecardMissing, GradePolicyMissing):
        card = None
    found: dict[int, tuple[Credit, bool]] = {}
    for number, (profile, means) in profiles.items():
        credit = Credit(
            limit=limits.get(number),
            income=profile.income,
            income_as_of=means.income_as_of,
            debt_payments=profile.debt_payments,
            other_applications=others.get(number, 0),
            days_past_due=profile.own_days_past_due,
            loans_written_off=profile.loans_written_off,
        )
        if card is not None:
            score = card.score(profile)
            terms = grades[score.grade]
            credit = replace(
                credit,
                limit=limits.get(number, terms.limit),
                grade=score.grade,
                points=score.points,
                grade_decision=terms.decision,
            )
        found[number] = credit, number in listed
    return found


def do_not_lend(ids: Iterable[int]) -> set[int]:
    """Those of ``ids`` of whom somebody decided that they get no loan."""
    listed = DoNotLendEntry.objects.filter(borrower_id__in=list(ids), lifted_on__isnull=True)
    return set(listed.values_list("borrower_id", flat=True))


def means_of(ids: Collection[int], market: str, on: date) -> dict[int, Means]:
    """Income by source, the newest figure of each that is not too old; and debts elsewhere, the newest of each lender."""
    oldest = rule("affordability", on, market)["income_age_days"]
    incomes: dict[int, dict[str, Income]] = {number: {} for number in ids}
    newest: dict[int, date] = {}
    for income in Income.objects.filter(borrower_id__in=ids, as_of__lte=on).order_by("as_of", "id"):
        newest[income.borrower_id] = income.as_of
        if (on - income.as_of).days <= oldest:
            incomes[income.borrower_id][income.source] = income
    debts: dict[int, dict[str, ExternalDebt]] = {number: {} for number in ids}
    for debt in ExternalDebt.objects.filter(borrower_id__in=ids, as_of__lte=on).order_by("as_of", "id"):
        debts[debt.borrower_id][debt.lender] = debt
    return {
        number: _means(list(incomes[number].values()), list(debts[number].values()), newest.get(number))
        for number in ids
    }


def _means(incomes: list[Income], debts: list[ExternalDebt], newest: date | None) -> Means:
    owed = [debt for debt in debts if debt.balance > 0]
    return Means(
        income=sum((income.monthly_amount for income in incomes), ZERO) if incomes else None,
        income_as_of=min((income.as_of for income in incomes), default=newest),
        income_verified=bool(incomes) and all(income.verified for income in incomes),
        debt_payments=sum((debt.monthly_payment for debt in owed), ZERO),
        lenders_elsewhere=len(owed),
    )


def records_of(ids: Collection[int]) -> dict[int, Record]:
    """Where the loans here stand today, and how their instalments were paid. What was paid by word alone, and nobody vouches
    for, counts for nothing: neither an instalment, nor a loan settled by it."""
    running = Q(status=LoanStatus.ACTIVE)
    lost = Q(status=LoanStatus.WRITTEN_OFF) | (running & Q(charged_off_on__isnull=False))
    settled_well = Q(status=LoanStatus.SETTLED) & ~Exists(_RECEIPTS_BY_WORD) & ~Exists(_REFUNDS_BY_WORD)
    stand = (
        LoanPosition.objects.filter(borrower_id__in=ids)
        .values("borrower_id")
        .annotate(
            late=Max("days_past_due", filter=running),
            settled=Count("pk", filter=settled_well),
            lost=Count("pk", filter=lost),
        )
    )
    paid = (
        Instalment.objects.filter(loan__borrower_id__in=ids, settled_on__isnull=False, superseded_on__isnull=True)
        .exclude(Exists(_LINES_BY_WORD))
        .values("loan__borrower_id")
        .annotate(count=Count("pk"), worst=Max(F("settled_on") - F("due_on")))
    )
    stands = {row["borrower_id"]: row for row in stand}
    payments = {row["loan__borrower_id"]: row for row in paid}
    return {number: _record(stands.get(number), payments.get(number)) for number in ids}


def _record(stands: Mapping[str, Any] | None, paid: Mapping[str, Any] | None) -> Record:
    return Record(
        days_past_due=(stands["late"] or 0) if stands else 0,
        loans_settled=stands["settled"] if stands else 0,
        loans_written_off=stands["lost"] if stands else 0,
        instalments_paid=paid["count"] if paid else 0,
        worst_days_late=max(paid["worst"].days, 0) if paid else None,
    )


def _with_verified_phone(borrowers: Collection[Borrower]) -> set[int]:
    """Those of whom the mobile on file was found to be theirs."""
    phones = {borrower.pk: borrower.phone_index for borrower in borrowers}
    points = ContactPoint.objects.filter(borrower_id__in=phones, state=ContactState.VERIFIED)
    return {number for number, index in points.values_list("borrower_id", "value_index") if phones[number] == index}


def _other_applications(ids: Collection[int], application: Application | None) -> dict[int, int]:
    """How many other applications of each are under way."""
    others = Application.objects.open().filter(borrower_id__in=ids)
    if application is not None:
        others = others.exclude(pk=application.pk)
    return dict(others.order_by().values_list("borrower_id").annotate(Count("pk")))
