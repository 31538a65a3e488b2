"""The language of decisions: what underwriting (or a person) hands down to origination, as one frozen value.

`loans` owns it, so that origination never needs to know who or what decided: a scorecard, a person, or a contract that
was signed before the loans came here.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.money import ZERO
from loans.gate.gate import Finding
from loans.gate.reasons import income_reason
from loans.models import DecisionSource, Outcome


class DecisionReason(models.TextChoices):
    """Reasons a decision can carry. Codes never change: borrowers are told them and reports count them."""

    MEETS_POLICY = "meets_policy", _("Meets the policy of its grade")
    AMOUNT_OVER_LIMIT = "amount_over_limit", _("More than the limit of the grade")
    AFFORDABILITY = "affordability", _("Instalments too high for income and debts")
    INCOME_UNKNOWN = "income_unknown", _("Income is not known or not proved")
    INCOME_DECLARED = "income_declared", _("Income is only declared: nobody independent verified it")
    INCOME_VERIFIED = "income_verified", _("Income was proved")
    IDENTITY_UNCERTAIN = "identity_uncertain", _("Identity could not be confirmed")
    AGE = "age", _("Outside the age allowed")
    CONSENT_MISSING = "consent_missing", _("A consent that is needed is missing")
    PERSON_WISHED = "person_wished", _("The borrower wants a person to decide")
    DUPLICATE = "duplicate", _("Another application is open")
    EXPOSURE = "exposure", _("Too much borrowed in all")
    ARREARS = "arrears", _("A loan here is overdue")
    DO_NOT_LEND = "do_not_lend", _("On the do-not-lend list")
    SCORE_LOW = "score_low", _("Score below what is lent on")
    SCORE_BORDERLINE = "score_borderline", _("Score needs a person to look")
    DECEASED = "deceased", _("Died, or erased")
    STUDENT = "student", _("Student, whom this lender may not lend to")
    PURPOSE = "purpose", _("Nothing is lent for this purpose")
    DATA_OLD = "data_old", _("Figures of the income are too old")
    COST_CAP = "cost_cap", _("Would cost more than the cap allows")
    PRODUCT_NOT_SOLD = "product_not_sold", _("The product is not sold on these terms any more")
    NO_PRICE = "no_price", _("No price can be made: a setting of product or market is missing")
    MERCHANT_NOT_ACTIVE = "merchant_not_active", _("The merchant is not active")
    LARGE_AMOUNT = "large_amount", _("Amount needs a person to decide")
    CONTACT_CONFIRMED = "contact_confirmed", _("Confirmed with the borrower")
    DOCUMENTS_NEEDED = "documents_needed", _("Documents are missing")
    SUSPECTED_FRAUD = "suspected_fraud", _("Suspicion of fraud")
    SECOND_PERSON_REJECTED = "second_person_rejected", _("The second person did not agree")
    IMPORTED = "imported", _("Agreed before it came into this system")


# What a partner is told of a decision by name: what it brought, what the terms say, what can be mended. The rest stands in
# the records of the lender, or tells by its absence what does (loans/gate/telling.py says the same of the gate).
TOLD_TO_PARTNERS = frozenset(
    reason.value
    for reason in (
        DecisionReason.MEETS_POLICY,
        DecisionReason.INCOME_UNKNOWN,
        DecisionReason.INCOME_VERIFIED,
        DecisionReason.INCOME_DECLARED,
        DecisionReason.IDENTITY_UNCERTAIN,
        DecisionReason.AGE,
        DecisionReason.CONSENT_MISSING,
        DecisionReason.PERSON_WISHED,
        DecisionReason.PURPOSE,
        DecisionReason.DATA_OLD,
        DecisionReason.COST_CAP,
        DecisionReason.PRODUCT_NOT_SOLD,
        DecisionReason.NO_PRICE,
        DecisionReason.MERCHANT_NOT_ACTIVE,
        DecisionReason.LARGE_AMOUNT,
        DecisionReason.CONTACT_CONFIRMED,
        DecisionReason.DOCUMENTS_NEEDED,
        DecisionReason.IMPORTED,
    )
)
# What a borrower may ask for where software decided, by the code a partner is told: Personal Information Protection Law,
# article 24, and the wording of the consent to it.
BORROWERS_RIGHTS = {
    "explanation": _("The borrower may ask the lender why it was decided so."),
    "review_by_person": _("The borrower may ask the lender for a review by a person."),
}
# The limit of a person and what they can afford are counted with what they owe to everybody.
KEPT_FROM_PARTNERS = frozenset(
    reason.value
    for reason in (
        DecisionReason.AMOUNT_OVER_LIMIT,
        DecisionReason.AFFORDABILITY,
        DecisionReason.DUPLICATE,
        DecisionReason.EXPOSURE,
        DecisionReason.ARREARS,
        DecisionReason.DO_NOT_LEND,
        DecisionReason.SCORE_LOW,
        DecisionReason.SCORE_BORDERLINE,
        DecisionReason.DECEASED,
        DecisionReason.STUDENT,
        DecisionReason.SUSPECTED_FRAUD,
        DecisionReason.SECOND_PERSON_REJECTED,
    )
)


class DecisionReasonMissing(Invalid):
    code = "decision_reason_missing"
    field = "reasons"
    message = _("Give the reason for the decision.")


class DecisionReasonUnknown(Invalid):
    code = "decision_reason_unknown"
    field = "reasons"
    message = _("%(reason)s is not a reason that decisions can carry.")


class DeclineForConsent(Invalid):
    """Who did not agree to the use of their data, or to a decision by software, is not declined for it."""

    code = "decline_for_consent"
    field = "reasons"
    message = _("A missing consent is no reason to decline. Ask for it, or withdraw the application.")


class DecisionIncomplete(Invalid):
    code = "decision_incomplete"
    field = "principal"
    message = _("An approval needs an amount and a number of instalments.")


_ABOUT_CONSENT = {DecisionReason.CONSENT_MISSING.value, DecisionReason.PERSON_WISHED.value}
_AGREED = ("agreed_instalment", "flat_charge", "fee_total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision with its grounds. ``principal`` and ``term_count`` are needed to approve; ``annual_rate`` None means
    the product's own. With an ``agreed_instalment`` the count of the offer follows from it.
    Raises DecisionReasonMissing, DecisionReasonUnknown, DeclineForConsent, DecisionIncomplete.
    """

    outcome: str
    reasons: tuple[str, ...]
    principal: Decimal | None = None
    term_count: int | None = None
    annual_rate: Decimal | None = None
    down_payment: Decimal = ZERO
    first_drawdown: Decimal | None = None
    agreed_instalment: Decimal | None = None
    grade: str = ""
    note: str = ""
    source: str = DecisionSource.STAFF.value
    flat_charge: Decimal | None = None
    fee_total: Decimal | None = None
    first_due_on: date | None = None

    def __post_init__(self) -> None:
        if not self.reasons:
            raise DecisionReasonMissing()
        for reason in self.reasons:
            if reason not in DecisionReason.values:
                raise DecisionReasonUnknown(reason=reason)
        if self.outcome == Outcome.DECLINE and _ABOUT_CONSENT.issuperset(self.reasons):
            raise DeclineForConsent()
        if self.makes_offer and not (self.principal and self.principal > 0 and self.term_count):
            raise DecisionIncomplete()

    @property
    def makes_offer(self) -> bool:
        return self.outcome in {Outcome.APPROVE, Outcome.COUNTER_OFFER}

    def as_payload(self) -> dict[str, object]:
        """The decision as JSON, to wait for a second person."""
        values = asdict(self)
        return {name: _plain(value) for name, value in values.items()}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> "Decision":
        """The decision read back."""
        values = dict(payload)
        for name in ("principal", "annual_rate", "down_payment", "first_drawdown", *_AGREED):
            values[name] = None if values.get(name) is None else Decimal(values[name])
        if values.get("first_due_on"):
            values["first_due_on"] = date.fromisoformat(values["first_due_on"])
        return cls(**{**values, "reasons": tuple(values["reasons"])})


# Why the gate did not let the rules decide, by its check.
_OF_THE_GATE = {
    "alive": DecisionReason.DECEASED,
    "identity": DecisionReason.IDENTITY_UNCERTAIN,
    "age": DecisionReason.AGE,
    "consent": DecisionReason.CONSENT_MISSING,
    "do_not_lend": DecisionReason.DO_NOT_LEND,
    "student": DecisionReason.STUDENT,
    "product": DecisionReason.PRODUCT_NOT_SOLD,
    "purpose": DecisionReason.PURPOSE,
    "price": DecisionReason.COST_CAP,
    "exposure": DecisionReason.EXPOSURE,
    "limit": DecisionReason.AMOUNT_OVER_LIMIT,
    "affordability": DecisionReason.AFFORDABILITY,
    "score": DecisionReason.SCORE_LOW,
    "data_age": DecisionReason.DATA_OLD,
    "arrears": DecisionReason.ARREARS,
    "other_applications": DecisionReason.DUPLICATE,
}


def reason_of(found: Finding) -> str:
    """The reason that a finding of the gate is. Where an income does not count, or none is known, that is the reason."""
    return income_reason(found) or _OF_THE_GATE[found.code].value


def reasons_of(found: Iterable[Finding]) -> tuple[str, ...]:
    """The reasons that findings of the gate are, in their order."""
    return tuple(dict.fromkeys(map(reason_of, found)))


def reason_labels(codes: list[str]) -> list[str]:
    """The reasons in words, for pages and letters."""
    labels = dict(DecisionReason.choices)
    return [str(labels.get(code, code)) for code in codes]


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
