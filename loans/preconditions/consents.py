"""The consents that an application needs (个保法 13, 14, 24; 征信业管理条例 18), and which of them are missing.

Consent comes first: without them nothing is scored, and no decline stands on a person's record. Whoever refuses a decision
by software, by a wish or by withdrawing that consent, is decided on by a person.
"""

from datetime import date

from django.utils.translation import gettext_lazy as _

from borrowers import consents
from borrowers.brought import purposes_told
from borrowers.models import ConsentPurpose
from core.errors import DomainError
from core.writing import listed
from loans.models import Application

PARTNERS = "api"  # the channel of what partners bring


class ConsentsMissing(DomainError):
    """The borrower has not agreed to what the application needs. ``missing`` names the purposes, in the rule's order."""

    code = "consents_missing"
    status = 422
    message = _(
        "These consents are missing: %(words)s. Record them on the borrower's page, or in the API under consents."
    )

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(missing=list(missing), words=in_words(missing))
        self.missing = missing


def missing_consents(application: Application, on: date) -> tuple[str, ...]:
    """Which of the needed consents do not stand now, by purpose. Whoever wishes that a person decides need not agree to a
    decision by software. Of a person whom others brought in only what the partner that asks told counts: what they agreed to
    elsewhere is not its to know. Raises RuleMissing where the market has no rule ``consents_needed``."""
    needed = consents.needed(on, application.product.market)
    if application.wants_person:
        needed = tuple(purpose for purpose in needed if purpose != ConsentPurpose.AUTOMATED_DECISION)
    missing = consents.missing(application.borrower_id, needed)
    if application.channel != PARTNERS or application.submitted_by_id is None:
        return missing
    told = purposes_told(borrower_id=application.borrower_id, by_id=application.submitted_by_id)
    return tuple(purpose for purpose in needed if purpose in missing or (told is not None and purpose not in told))


def missing_for_a_person(application: Application, on: date) -> tuple[str, ...]:
    """Which consents are missing for a person to look at the application and decide: the consent to a decision by software
    is not among them where it was withdrawn."""
    missing = missing_consents(application, on)
    software = ConsentPurpose.AUTOMATED_DECISION.value
    if software in missing and consents.was_withdrawn(application.borrower_id, software):
        return tuple(purpose for purpose in missing if purpose != software)
    return missing


def require_consents(application: Application, on: date) -> None:
    """Before an application is submitted. Raises ConsentsMissing."""
    if missing := missing_consents(application, on):
        raise ConsentsMissing(missing)


def require_consents_for_a_person(application: Application, on: date) -> None:
    """Before anything is read or scored, and before a decline. Raises ConsentsMissing."""
    if missing := missing_for_a_person(application, on):
        raise ConsentsMissing(missing)


def in_words(purposes: tuple[str, ...]) -> str:
    """The purposes by their names, for a sentence."""
    return listed(ConsentPurpose(purpose).label for purpose in purposes)
