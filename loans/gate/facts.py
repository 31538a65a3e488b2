"""The facts, read anew for each question, under the borrower's lock."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from borrowers import consents
from borrowers.models import Borrower, BorrowerStatus, ConsentPurpose
from core.money import ZERO
from core.rules import RuleMissing, rule
from loans.gate.commitments import Commitments, commitments_of_all, exposure_cap
from loans.gate.gate import BindingAct, Credit, Deal, Facts, House, Person, gate
from loans.gate.subjects import Subject, of_limit
from loans.gate.worse import still_overridden
from loans.models import Application, GateOverride
from loans.payees.payees import payee_state_of_loan, payee_state_of_offer
from loans.preconditions.purposes import PurposeState, purpose_of
from loans.pricing.cost_caps import lender_type_of_house


class CreditOf(Protocol):
    """What risk makes of each of ``borrowers``, by number, and whether somebody put them on the do-not-lend list."""

    def __call__(
        self,
        *,
        borrowers: Collection[Borrower],
        market: str,
        on: date,
        application: Application | None,
        committed_payments: Mapping[int, Decimal],
    ) -> Mapping[int, tuple[Credit, bool]]: ...


_credit_of: list[CreditOf] = []


def provide_credit(read: CreditOf) -> None:
    """Have ``read`` asked for what risk knows; called when Django starts. Where nobody is, those facts are missing."""
    _credit_of[:] = [read]


def facts_for(subject: Subject, at: BindingAct, on: date) -> Facts:
    """Everything known of ``subject`` on ``on``. Locks the borrower: what binds the house for a person comes one by one."""
    borrower = Borrower.objects.locked(subject.borrower_id)
    facts = _facts([borrower], {borrower.pk: subject}, at, subject.market, on)[borrower.pk]
    agreed = _agreed(subject, on)
    return replace(facts, overridden=still_overridden(gate(facts, at), agreed)) if agreed else facts


def facts_for_limits(limits: Mapping[int, Decimal], market: str, on: date) -> dict[int, tuple[Subject, Facts]]:
    """The same of many limits to be raised at once, by the number of the borrower: as many statements as for one."""
    found = Borrower.objects.filter(pk__in=limits).order_by("pk").select_for_update(no_key=True)
    borrowers = list(found)
    subjects = {borrower.pk: of_limit(borrower.pk, market, limits[borrower.pk]) for borrower in borrowers}
    facts = _facts(borrowers, subjects, BindingAct.LIMIT_RAISE, market, on)
    return {number: (subject, facts[number]) for number, subject in subjects.items()}


def _facts(
    borrowers: Collection[Borrower], subjects: Mapping[int, Subject], at: BindingAct, market: str, on: date
) -> dict[int, Facts]:
    """The facts of each subject, by the number of its borrower. More than one only where there is no application."""
    bound = commitments_of_all(list(subjects), on)
    others = {number: _beside(bound[number].of_market(market), subject) for number, subject in subjects.items()}
    (first, *_rest) = subjects.values()
    payments = {number: others[number].payment for number in subjects}
    credit = _credit(borrowers, first, payments, on)
    missing = _consents_missing(first, at, list(subjects), on)
    house = house_on(on, market)
    return {
        borrower.pk: Facts(
            on=on,
            person=Person(
                alive=borrower.status == BorrowerStatus.ACTIVE,
                identity_proved=borrower.identity_is_proved,
                age=borrower.age_on(on),
                occupation=borrower.occupation or None,
                consents_missing=None if missing is None else missing[borrower.pk],
                do_not_lend=credit[borrower.pk][1],
            ),
            house=house,
            deal=_deal(subjects[borrower.pk]),
            credit=credit[borrower.pk][0],
            # A limit is all that somebody may owe: nothing comes beside it.
            committed=ZERO if at is BindingAct.LIMIT_RAISE else others[borrower.pk].amount,
            committed_payments=payments[borrower.pk],
        )
        for borrower in borrowers
    }


def _beside(bound: Commitments, subject: Subject) -> Commitments:
    """What binds the house beside what the act is about."""
    if subject.application is not None:
        bound = bound.beside(application_id=subject.application.pk)
    return bound if subject.loan is None else bound.beside(loan_id=subject.loan.pk)


def house_on(on: date, market: str) -> House:
    """What law and house rules say on ``on`` in ``market``; None of a figure that no rule gives."""
    ages, affordability = _rule("lending_age", on, market), _rule("affordability", on, market)
    share, days = affordability.get("debt_share"), affordability.get("income_age_days")
    return House(
        least_age=ages.get("least"),
        most_age=ages.get("most"),
        student_lending=_student_lending(on, market),
        exposure_cap=_exposure_cap(on, market),
        debt_share_cap=None if share is None else Decimal(share),
        data_age_days=days,
    )


def _rule(code: str, on: date, market: str) -> dict[str, Any]:
    """The rule, empty where none is in force: what it does not say is missing and never passes."""
    try:
        return rule(code, on, market)
    except RuleMissing:
        return {}


def _exposure_cap(on: date, market: str) -> Decimal | None:
    try:
        return exposure_cap(on, market, lender_type_of_house(on, market))
    except RuleMissing:
        return None


def _student_lending(on: date, market: str) -> str | None:
    try:
        kind = lender_type_of_house(on, market)
        allowed: str | None = rule("student_lending", on, market)["lender_types"].get(kind)
    except RuleMissing:
        return None
    return allowed


def _consents_missing(
    subject: Subject, at: BindingAct, ids: Collection[int], on: date
) -> dict[int, tuple[str, ...]] | None:
    """Only software that decides alone needs the consent to that; whoever asked for a person has not given it."""
    try:
        needed = consents.needed(on, subject.market)
    except RuleMissing:
        return None
    by_rules = at is BindingAct.RULES_DECISION
    needed = tuple(purpose for purpose in needed if by_rules or purpose != ConsentPurpose.AUTOMATED_DECISION)
    missing = consents.missing_of(ids, needed)
    if by_rules and subject.application is not None and subject.application.wants_person:
        wished = ConsentPurpose.AUTOMATED_DECISION.value
        return {number: tuple(dict.fromkeys((*found, wished))) for number, found in missing.items()}
    return missing


def _purpose(subject: Subject) -> str | None:
    """An application says what for; a loan without one does not."""
    if subject.application is None:
        return None
    state = purpose_of(subject.application).state
    return None if state is PurposeState.MISSING else state.value


def _payee(subject: Subject) -> str | None:
    if subject.offer is not None:
        return payee_state_of_offer(subject.offer).value
    return None if subject.loan is None else payee_state_of_loan(subject.loan).value


def _credit(
    borrowers: Collection[Borrower], subject: Subject, payments: Mapping[int, Decimal], on: date
) -> Mapping[int, tuple[Credit, bool | None]]:
    if not _credit_of:
        return {borrower.pk: (Credit(), None) for borrower in borrowers}
    (read,) = _credit_of
    return read(
        borrowers=borrowers,
        market=subject.market,
        on=on,
        application=subject.application,
        committed_payments=payments,
    )


def _deal(subject: Subject) -> Deal:
    return Deal(
        amount=subject.amount,
        payment=subject.payment,
        cost_allowed=subject.cost_allowed,
        yearly_cost=subject.yearly_cost,
        cost_cap=None if subject.cap is None else subject.cap.rate,
        on_sale=subject.on_sale,
        purpose=_purpose(subject),
        payee=_payee(subject),
    )


def _agreed(subject: Subject, on: date) -> list[dict[str, Any]]:
    """What two people agreed to bind in spite of, for this application or loan and this much, as they saw it."""
    if subject.application is None and subject.loan is None:
        return []
    good = GateOverride.objects.filter(borrower_id=subject.borrower_id, good_until__gte=on, amount__gte=subject.amount)
    if subject.application is not None:
        good = good.filter(application=subject.application)
    else:
        good = good.filter(loan=subject.loan)
    return [found for findings in good.values_list("findings", flat=True) for found in findings]
