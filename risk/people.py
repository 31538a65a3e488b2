"""What risk knows of people, read for many at once: one statement a table, whether one person is asked about or a range.

Means are reckoned in ``risk.means``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from borrowers.models import Borrower, ContactPoint, ContactState
from core.calendars import add_months
from core.money import ZERO
from core.rules import rule_of_house
from loans.events.act_kinds import DAYS_CURED
from loans.events.of_acts import RECEIPT_REDATED
from loans.gate.known_facts import Credit
from loans.models import (
    WITHOUT_BANK_LINE,
    ActStatus,
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
from risk.means import Means, means_of
from risk.models import CreditLimit, DoNotLendEntry, GradePolicy, Scorecard
from risk.policy.policy import GradeTerms, read_grades
from risk.queries import GradePolicyMissing, ScorecardMissing, grade_policy_on, scorecard_in_use
from risk.scorecards.scorecard import Score, read_card

# Of the position or instalment outside: what of its loan was paid by word alone.
_RECEIPTS_BY_WORD = Repayment.objects.by_word().filter(loan_id=OuterRef("loan_id"))
_REFUNDS_BY_WORD = LoanAct.objects.by_word().filter(loan_id=OuterRef("loan_id"))
_LINES = RepaymentLine.objects.filter(
    repayment__loan_id=OuterRef("loan_id"),
    repayment__status=RepaymentStatus.POSTED,
    entry_id=F("repayment__entry_id"),
    instalment_number=OuterRef("number"),
)
_LINES_BY_WORD = RepaymentLine.objects.filter(
    repayment__loan_id=OuterRef("loan_id"),
    repayment__status=RepaymentStatus.POSTED,
    repayment__channel__in=WITHOUT_BANK_LINE,
    repayment__agreed_by=None,
    repayment__proved_on=None,
    entry_id=F("repayment__entry_id"),
    instalment_number=OuterRef("number"),
)

# What an act did to an instalment on the day that settled it, which is then no sign that it was paid: what was overdue was
# moved away, planned anew or given up.
NOT_PAID_BUT = ("overdue_moved", "replanned_principal", "waived", "credited", "given_up", "fee_lowered")
_SETTLED_BY_ACT = LoanAct.objects.filter(
    loan_id=OuterRef("loan_id"),
    status=ActStatus.STANDING,
    effective_on=OuterRef("settled_on"),
    figures__has_any_keys=NOT_PAID_BUT,
)
SETTLED_FOR_LESS = "settled_for_less"
_LOST_IN_PART = LoanAct.objects.filter(loan_id=OuterRef("loan_id"), kind=SETTLED_FOR_LESS, status=ActStatus.STANDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How somebody stands with the house: loans, instalments paid, and the worst delay in days (None without any)."""

    days_past_due: int = 0
    loans_settled: int = 0
    loans_written_off: int = 0
    instalments_paid: int = 0
    worst_days_late: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """The card and the grade policy by which people are judged on a day."""

    card: Scorecard
    policy: GradePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one person at one moment, and what it comes to. ``score`` and ``terms`` are None without judges;
    the limit of ``terms`` is the person's own where they have one: it has moved with how they paid."""

    profile: ApplicantProfile
    credit: Credit
    do_not_lend: bool
    has_limit: bool
    score: Score | None = None
    terms: GradeTerms | None = None


def judges_on(on: date, market: str) -> Judges:
    """Raises ScorecardMissing, GradePolicyMissing."""
    return Judges(card=scorecard_in_use(), policy=grade_policy_on(on, market))


def credits_of(
    *,
    borrowers: Collection[Borrower],
    market: str,
    on: date,
    application: Application | None,
    committed_payments: Mapping[int, Decimal],
    by_rules: bool,
) -> dict[int, tuple[Credit, bool]]:
    """The credit of each on ``on``, and whether somebody decided that they get no loan.

    The limit is their own; before there is one, that of the grade. Without a card or a policy there is no grade.
    """
    try:
        judges = judges_on(on, market)
    except (ScorecardMissing, GradePolicyMissing):
        judges = None
    known = known_of(
        borrowers,
        market,
        on,
        application=application,
        committed_payments=committed_payments,
        by_rules=by_rules,
        judges=judges,
    )
    return {number: (one.credit, one.do_not_lend) for number, one in known.items()}


def known_of(
    borrowers: Collection[Borrower],
    market: str,
    on: date,
    *,
    application: Application | None,
    committed_payments: Mapping[int, Decimal],
    by_rules: bool,
    judges: Judges | None,
) -> dict[int, Known]:
    """What is known of each of ``borrowers`` on ``on``, by number; ``committed_payments`` is what the house is bound to
    already, a month. Where the rules decide, alone what is proved counts as income."""
    ids = [borrower.pk for borrower in borrowers]
    means = means_of(ids, market, on, application=application, by_rules=by_rules)
    records, verified = records_of(ids, on, market), _with_verified_phone(borrowers)
    limits = dict(CreditLimit.objects.filter(borrower_id__in=ids).values_list("borrower_id", "amount"))
    others, listed = _other_applications(ids, application), do_not_lend(ids)
    card = None if judges is None else read_card(judges.card.data)
    grades = {} if judges is None else read_grades(judges.policy.rows)
    found: dict[int, Known] = {}
    for borrower in borrowers:
        number, its = borrower.pk, means[borrower.pk]
        bound = committed_payments.get(number, ZERO)
        profile = _profile(borrower, on, its, records[number], number in verified, bound)
        credit = Credit(
            limit=limits.get(number),
            income=its.income if its.counts else None,
            income_as_of=its.income_as_of,
            declared_income=its.declared,
            debt_payments=its.debt_payments,
            other_applications=others.get(number, 0),
            days_past_due=profile.own_days_past_due,
            loans_written_off=profile.loans_written_off,
        )
        one = Known(profile=profile, credit=credit, do_not_lend=number in listed, has_limit=number in limits)
        found[number] = one if card is None else _judged(one, card.score(profile), grades)
    return found


def _judged(known: Known, score: Score, grades: Mapping[str, GradeTerms]) -> Known:
    terms = grades[score.grade]
    if known.credit.limit is not None:
        terms = replace(terms, limit=known.credit.limit)
    credit = replace(
        known.credit, limit=terms.limit, grade=score.grade, points=score.points, grade_decision=terms.decision
    )
    return replace(known, credit=credit, score=score, terms=terms)


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


def do_not_lend(ids: Iterable[int]) -> set[int]:
    """Those of ``ids`` of whom somebody decided that they get no loan."""
    listed = DoNotLendEntry.objects.filter(borrower_id__in=list(ids), lifted_on__isnull=True)
    return set(listed.values_list("borrower_id", flat=True))


def records_of(ids: Collection[int], on: date | None = None, market: str | None = None) -> dict[int, Record]:
    """Where the loans here stand today, and how their instalments were paid. What was paid by word alone, and nobody vouches
    for, counts for nothing: neither an instalment, nor a loan settled by it. An instalment is paid by receipts only, and
    what was settled for less is lost.

    With ``on``, days late that an act took away without a payment count for the months of the rule ``cure_authority``.
    """
    running = Q(status=LoanStatus.ACTIVE)
    settled, in_part = Q(status=LoanStatus.SETTLED), Q(Exists(_LOST_IN_PART))
    lost = Q(status=LoanStatus.WRITTEN_OFF) | (running & Q(charged_off_on__isnull=False)) | (settled & in_part)
    settled_well = settled & ~Exists(_RECEIPTS_BY_WORD) & ~Exists(_REFUNDS_BY_WORD) & ~in_part
    stand = (
        LoanPosition.objects.filter(borrower_id__in=ids)
        .annotate(cured_of_loan=_cured(on, market))
        .values("borrower_id")
        .annotate(
            late=Max("days_past_due", filter=running),
            cured=Max("cured_of_loan"),
            settled=Count("pk", filter=settled_well),
            lost=Count("pk", filter=lost),
        )
    )
    paid = (
        Instalment.objects.filter(loan__borrower_id__in=ids, settled_on__isnull=False, superseded_on__isnull=True)
        .filter(Exists(_LINES))
        .exclude(Exists(_LINES_BY_WORD))
        .exclude(Exists(_SETTLED_BY_ACT))
        .values("loan__borrower_id")
        .annotate(count=Count("pk"), worst=Max(F("settled_on") - F("due_on")))
    )
    stands = {row["borrower_id"]: row for row in stand}
    payments = {row["loan__borrower_id"]: row for row in paid}
    return {number: _record(stands.get(number), payments.get(number)) for number in ids}


def _cured(on: date | None, market: str | None) -> Any:
    """The most days late that an act somebody did to the loan outside took away; a receipt moved to the day it came, and
    what the contract does by itself, is no cure."""
    acts = LoanAct.objects.filter(
        loan_id=OuterRef("loan_id"), status=ActStatus.STANDING, recorded_by__isnull=False, figures__has_key=DAYS_CURED
    ).exclude(kind=RECEIPT_REDATED)
    if on is None:
        acts = acts.none()
    else:
        acts = acts.filter(recorded_on__gt=add_months(on, -int(rule_of_house("cure_authority", on, market)["months"])))
    days = acts.annotate(days=Cast(KeyTextTransform(DAYS_CURED, "figures"), IntegerField()))
    return Subquery(days.order_by("-days").values("days")[:1])


def _record(stands: Mapping[str, Any] | None, paid: Mapping[str, Any] | None) -> Record:
    return Record(
        days_past_due=max(stands["late"] or 0, stands["cured"] or 0) if stands else 0,
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
