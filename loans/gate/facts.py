"""The facts, read anew for each question, under the borrower's lock."""

from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from borrowers import consents
from borrowers.models import Borrower, BorrowerStatus, ConsentPurpose
from core.money import ZERO
from core.rules import RuleMissing, rule
from loans.gate.commitments import commitments_of, exposure_cap
from loans.gate.gate import BindingAct, Credit, Deal, Facts, House, Person
from loans.gate.subjects import Subject
from loans.models import Application, GateOverride
from loans.payees.payees import payee_state_of_loan, payee_state_of_offer
from loans.preconditions.purposes import PurposeState, purpose_of
from loans.pricing.cost_caps import lender_type_of_house


class CreditOf(Protocol):
    """What risk makes of a person, and whether somebody put them on the do-not-lend list."""

    def __call__(
        self,
        *,
        borrower: Borrower,
        market: str,
        on: date,
        application: Application | None,
        committed_payments: Decimal,
    ) -> tuple[Credit, bool]: ...


_credit_of: list[CreditOf] = []


def provide_credit(read: CreditOf) -> None:
    """Have ``read`` asked for what risk knows; called when Django starts. Where nobody is, those facts are missing."""
    _credit_of[:] = [read]


def facts_for(subject: Subject, at: BindingAct, on: date) -> Facts:
    """Everything known of ``subject`` on ``on``. Locks the borrower: what binds the house for a person comes one by one."""
    borrower = Borrower.objects.locked(subject.borrower_id)
    others = commitments_of(borrower.pk, on).of_market(subject.market)
    if subject.application is not None:
        others = others.beside(application_id=subject.application.pk)
    if subject.loan is not None:
        others = others.beside(loan_id=subject.loan.pk)
    is_limit = at is BindingAct.LIMIT_RAISE
    credit, listed = _credit(borrower, subject, others.payment, on)
    return Facts(
        on=on,
        person=_person(borrower, subject, at, on, listed),
        house=house_on(on, subject.market),
        deal=_deal(subject, on),
        credit=credit,
        committed=ZERO if is_limit else others.amount,
        committed_payments=others.payment,
        overridden=_overridden(subject, on),
    )


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


def _person(borrower: Borrower, subject: Subject, at: BindingAct, on: date, listed: bool | None) -> Person:
    return Person(
        alive=borrower.status == BorrowerStatus.ACTIVE,
        identity_proved=borrower.identity_is_proved,
        age=borrower.age_on(on),
        occupation=borrower.occupation or None,
        consents_missing=_consents_missing(subject, at, on),
        do_not_lend=listed,
    )


def _consents_missing(subject: Subject, at: BindingAct, on: date) -> tuple[str, ...] | None:
    """Only software that decides alone needs the consent to that; whoever asked for a person has not given it."""
    try:
        needed = tuple(rule("consents_needed", on, subject.market)["purposes"])
    except RuleMissing:
        return None
    by_rules = at is BindingAct.RULES_DECISION
    needed = tuple(purpose for purpose in needed if by_rules or purpose != ConsentPurpose.AUTOMATED_DECISION)
    missing = consents.missing(subject.borrower_id, needed)
    application = subject.application
    if by_rules and application is not None and application.wants_person:
        return tuple(dict.fromkeys((*missing, ConsentPurpose.AUTOMATED_DECISION.value)))
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


def _credit(borrower: Borrower, subject: Subject, committed: Decimal, on: date) -> tuple[Credit, bool | None]:
    if not _credit_of:
        return Credit(), None
    (read,) = _credit_of
    return read(
        borrower=borrower,
        market=subject.market,
        on=on,
        application=subject.application,
        committed_payments=committed,
    )


def _deal(subject: Subject, on: date) -> Deal:
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


def _overridden(subject: Subject, on: date) -> frozenset[str]:
    """The soft checks that two people agreed to bind in spite of, for this application or loan and this much."""
    if subject.application is None and subject.loan is None:
        return frozenset()
    good = GateOverride.objects.filter(borrower_id=subject.borrower_id, good_until__gte=on, amount__gte=subject.amount)
    if subject.application is not None:
        good = good.filter(application=subject.application)
    else:
        good = good.filter(loan=subject.loan)
    return frozenset(code for checks in good.values_list("checks", flat=True) for code in checks)
