"""The facts, read anew for each act, under the borrower's lock.

An act that asks the gate more than once (the rules: for the assessment, the first limit and the decision) reads a
``Standing`` once and hands it on. It is good while the lock is held, which is as long as the transaction lasts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from borrowers import consents
from borrowers.models import Borrower, BorrowerStatus, ConsentPurpose
from core.money import ZERO
from core.rules import RuleMissing, rule
from loans.gate.authority import one_person_decides
from loans.gate.commitments import Commitments, commitments_of, commitments_of_all, exposure_cap
from loans.gate.gate import BindingAct, gate
from loans.gate.known_facts import Credit, Deal, Facts, House, Person
from loans.gate.subjects import Subject, of_limit
from loans.gate.worse import still_overridden
from loans.models import Application, DecisionSource, GateOverride
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
        by_rules: bool,
    ) -> Mapping[int, tuple[Credit, bool]]: ...


_credit_of: list[CreditOf] = []


def provide_credit(read: CreditOf) -> None:
    """Have ``read`` asked for what risk knows; called when Django starts. Where nobody is, those facts are missing."""
    _credit_of[:] = [read]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a borrower stands at one moment, read while their row is held: what the house is bound to for them in ``market``
    beside what is asked about (``agreed_by_two``: two people agreed to that), what risk makes of them (``by_rules``: to the
    rules), and which consents are missing."""

    borrower: Borrower
    market: str
    on: date
    application: Application | None
    by_rules: bool
    bound: Commitments
    agreed_by_two: bool = False
    credit: Credit
    do_not_lend: bool | None
    consents_missing: tuple[str, ...] | None

    def is_of(self, subject: Subject, at: BindingAct, on: date) -> bool:
        """Whether it says what has to be known of ``subject``."""
        same = (self.borrower.pk, self.market, self.on) == (subject.borrower_id, subject.market, on)
        if at is BindingAct.LIMIT_RAISE:  # a limit is asked for beside the application that is looked at
            return same and subject.application is None
        return same and self.application == subject.application and self.by_rules == decided_by_rules(subject, at)


# What the rules do alone. Whatever follows from their decision rests on what is proved as well: ``decided_by_rules``.
_ALONE = frozenset({BindingAct.RULES_DECISION})
_FOLLOWS = frozenset({BindingAct.ACCEPTANCE, BindingAct.DISBURSEMENT, BindingAct.RETRY, BindingAct.DRAWDOWN})


def decided_by_rules(subject: Subject, at: BindingAct) -> bool:
    """Whether no person decided on what is bound, so that only what is proved counts."""
    application = subject.application
    follows = application is not None and application.decision_source == DecisionSource.AUTOMATIC
    return at in _ALONE or (at in _FOLLOWS and follows)


def bound_beside(borrower_id: int, market: str, application: Application | None, on: date) -> Commitments:
    """What the house is bound to for the borrower in ``market`` beside ``application``. One statement."""
    bound = commitments_of(borrower_id, on).of_market(market)
    return bound if application is None else bound.beside(application_id=application.pk)


def standing_of(
    borrower: Borrower,
    *,
    application: Application,
    on: date,
    bound: Commitments,
    credit: Credit,
    do_not_lend: bool,
) -> Standing:
    """How ``borrower``, whose row the caller holds, stands to the rules that look at ``application``."""
    market = application.product.market
    missing = _needed_and_missing([borrower.pk], market, on)
    return Standing(
        borrower=borrower,
        market=market,
        on=on,
        application=application,
        by_rules=True,
        bound=bound,
        credit=credit,
        do_not_lend=do_not_lend,
        consents_missing=None if missing is None else missing[borrower.pk],
    )


def facts_for(subject: Subject, at: BindingAct, on: date, standing: Standing | None = None) -> Facts:
    """Everything known of ``subject`` on ``on``. Locks the borrower: what binds the house for a person comes one by one.

    ``standing`` is what the caller read in this transaction under that lock; it is only used where it is of ``subject``.
    """
    if standing is None or not standing.is_of(subject, at, on):
        borrower = Borrower.objects.locked(subject.borrower_id)
        standing = _standings([borrower], {borrower.pk: subject}, at, subject.market, on)[borrower.pk]
    facts = _facts(standing, subject, at, house_on(on, subject.market))
    agreed = _agreed(subject, on)
    return replace(facts, overridden=still_overridden(gate(facts, at), agreed)) if agreed else facts


def facts_for_limits(limits: Mapping[int, Decimal], market: str, on: date) -> dict[int, tuple[Subject, Facts]]:
    """The same of many limits to be raised at once, by the number of the borrower: as many statements as for one."""
    found = Borrower.objects.filter(pk__in=limits).order_by("pk").select_for_update(no_key=True)
    borrowers = list(found)
    subjects = {borrower.pk: of_limit(borrower.pk, market, limits[borrower.pk]) for borrower in borrowers}
    standings = _standings(borrowers, subjects, BindingAct.LIMIT_RAISE, market, on)
    house = house_on(on, market)
    return {
        number: (subject, _facts(standings[number], subject, BindingAct.LIMIT_RAISE, house))
        for number, subject in subjects.items()
    }


def _standings(
    borrowers: Collection[Borrower], subjects: Mapping[int, Subject], at: BindingAct, market: str, on: date
) -> dict[int, Standing]:
    """How each stands, by number. More than one only where there is no application."""
    bound = commitments_of_all(list(subjects), on)
    others = {number: _beside(bound[number].of_market(market), subject) for number, subject in subjects.items()}
    (first, *_rest) = subjects.values()
    by_rules = decided_by_rules(first, at)
    payments = {number: others[number].payment for number in subjects}
    credit = _credit(borrowers, first, payments, on, by_rules=by_rules)
    missing = _needed_and_missing(list(subjects), market, on)
    return {
        borrower.pk: Standing(
            borrower=borrower,
            market=market,
            on=on,
            application=first.application,
            by_rules=by_rules,
            bound=others[borrower.pk],
            agreed_by_two=_agreed_by_two(bound[borrower.pk], subjects[borrower.pk]),
            credit=credit[borrower.pk][0],
            do_not_lend=credit[borrower.pk][1],
            consents_missing=None if missing is None else missing[borrower.pk],
        )
        for borrower in borrowers
    }


def _facts(standing: Standing, subject: Subject, at: BindingAct, house: House) -> Facts:
    borrower, bound = standing.borrower, standing.bound
    # A limit is all that somebody may owe: nothing comes beside it.
    is_limit = at is BindingAct.LIMIT_RAISE
    return Facts(
        on=standing.on,
        person=Person(
            alive=borrower.status == BorrowerStatus.ACTIVE,
            identity_proved=borrower.identity_is_proved,
            age=borrower.age_on(standing.on),
            occupation=borrower.occupation or None,
            consents_missing=_consents_missing(standing.consents_missing, subject, at),
            do_not_lend=standing.do_not_lend,
        ),
        house=house,
        deal=_deal(subject),
        credit=standing.credit,
        committed=ZERO if is_limit else bound.amount,
        committed_payments=bound.payment,
        agreed_by_one=ZERO if is_limit else bound.agreed_by_one,
        agreed_by_two=standing.agreed_by_two,
    )


def _beside(bound: Commitments, subject: Subject) -> Commitments:
    """What binds the house beside what the act is about."""
    if subject.application is not None:
        bound = bound.beside(application_id=subject.application.pk)
    return bound if subject.loan is None else bound.beside(loan_id=subject.loan.pk)


def _agreed_by_two(bound: Commitments, subject: Subject) -> bool:
    """Whether two people agreed to the offer to accept, or to the loan that is paid out or of which a part is drawn."""
    if subject.loan is not None:
        return any(row.agreed_by_two for row in bound.rows if row.loan_id == subject.loan.pk)
    accepted = subject.offer
    return accepted is not None and any(
        row.agreed_by_two for row in bound.rows if row.application_id == accepted.application_id
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
        one_person_decides=_one_person_decides(on, market),
    )


def _rule(code: str, on: date, market: str) -> dict[str, Any]:
    """The rule, empty where none is in force: what it does not say is missing and never passes."""
    try:
        return rule(code, on, market)
    except RuleMissing:
        return {}


def _one_person_decides(on: date, market: str) -> Decimal | None:
    try:
        return one_person_decides(on, market)
    except RuleMissing:
        return None


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


def _needed_and_missing(ids: Collection[int], market: str, on: date) -> dict[int, tuple[str, ...]] | None:
    """Which of the needed consents each of ``ids`` lacks; None where no rule says which are needed."""
    try:
        needed = consents.needed(on, market)
    except RuleMissing:
        return None
    return consents.missing_of(ids, needed)


def _consents_missing(missing: tuple[str, ...] | None, subject: Subject, at: BindingAct) -> tuple[str, ...] | None:
    """Only software that decides alone needs the consent to that; whoever asked for a person has not given it."""
    software = ConsentPurpose.AUTOMATED_DECISION.value
    if missing is None:
        return None
    if at not in _ALONE:
        return tuple(purpose for purpose in missing if purpose != software)
    if subject.application is not None and subject.application.wants_person:
        return tuple(dict.fromkeys((*missing, software)))
    return missing


def _purpose(subject: Subject) -> str | None:
    """An application says what for; a loan without one does not."""
    if subject.application is None:
        return None
    state = purpose_of(subject.application).state
    return None if state is PurposeState.MISSING else state.value


def _payee(subject: Subject) -> str | None:
    if subject.payee is not None:
        return subject.payee.value
    if subject.offer is not None:
        return payee_state_of_offer(subject.offer).value
    return None if subject.loan is None else payee_state_of_loan(subject.loan).value


def _credit(
    borrowers: Collection[Borrower], subject: Subject, payments: Mapping[int, Decimal], on: date, *, by_rules: bool
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
        by_rules=by_rules,
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
