"""The consents that an application needs (个保法 13-14, 24, 29; 征信业管理条例 18), and which of them are missing."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from borrowers import consents
from borrowers.models import ConsentPurpose
from core.errors import DomainError
from core.rules import rule
from loans.models import Application


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


def needed_consents(application: Application, on: date) -> tuple[str, ...]:
    """The purposes that need a consent, by the rule of the market that holds on ``on``. Whoever wishes that a person
    decides need not agree to a decision by software."""
    needed = tuple(rule("consents_needed", on, application.product.market)["purposes"])
    if application.wants_person:
        return tuple(purpose for purpose in needed if purpose != ConsentPurpose.AUTOMATED_DECISION)
    return needed


def missing_consents(application: Application, on: date) -> tuple[str, ...]:
    """Which of the needed consents do not stand now. One statement."""
    return consents.missing(application.borrower_id, needed_consents(application, on))


def in_words(purposes: tuple[str, ...]) -> str:
    """The purposes by their names, for a sentence."""
    return ", ".join(str(ConsentPurpose(purpose).label) for purpose in purposes)
