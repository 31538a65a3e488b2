"""What a loan is for: a code of the list, a note of one's own, and whether either names what no loan is given for.

Sources of the list stand with each purpose in ``loans/seeds/loan_purposes.toml``. It is kept in the process for a minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.kept import kept
from loans.models import Application, LoanPurpose
from loans.preconditions.wording import says


class PurposeUnknown(Invalid):
    """Not a code of the list, or of a purpose that is offered no longer."""

    code = "purpose_unknown"
    field = "purpose"
    message = _("“%(purpose)s” is not a loan purpose. The list is at GET /api/v1/loan_purposes, and in the form.")


class PurposeMissing(Invalid):
    """A loan without a purpose is not lent."""

    code = "purpose_missing"
    field = "purpose"
    message = _("Say what the loan is for: choose one of the loan purposes.")


class PurposeForbidden(Invalid):
    """No loan is given for it."""

    code = "purpose_forbidden"
    field = "purpose"
    message = _("No loan is given for this purpose: %(purpose)s.")


class PurposeState(StrEnum):
    """What is known of the purpose of an application."""

    KNOWN = "known"
    MISSING = "missing"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class PurposeFound:
    """The state, and the purpose it rests on: the code named, or the forbidden one that note or goods give away."""

    state: PurposeState
    purpose: LoanPurpose | None = None


def purposes() -> dict[str, LoanPurpose]:
    """Every purpose by its code, the allowed ones first."""
    return kept("loan_purposes", lambda: {purpose.code: purpose for purpose in LoanPurpose.objects.all()})


def offered_purposes() -> list[LoanPurpose]:
    """What may be named today: the allowed ones, then the forbidden ones."""
    return [purpose for purpose in purposes().values() if purpose.active]


def purpose_of(application: Application) -> PurposeFound:
    """What is known of the purpose of ``application``: of its code, its note and its goods. Asks nothing of the database
    beyond the kept list."""
    named = purposes().get(application.purpose_id or "")
    if named is not None and named.forbidden:
        return PurposeFound(PurposeState.FORBIDDEN, named)
    given_away = forbidden_in(f"{application.purpose_note}\n{application.goods}", purposes().values())
    if given_away is not None:
        return PurposeFound(PurposeState.FORBIDDEN, given_away)
    return PurposeFound(PurposeState.MISSING if named is None else PurposeState.KNOWN, named)


def require_known_code(code: str | None) -> None:
    """Raises PurposeUnknown for a code that is not on the list; none at all is no code."""
    if code and code not in purposes():
        raise PurposeUnknown(purpose=code)


def require_allowed_purpose(application: Application) -> None:
    """Raises PurposeMissing, PurposeForbidden, and PurposeUnknown of a purpose that is offered no longer."""
    found = purpose_of(application)
    if found.state is PurposeState.FORBIDDEN:
        raise PurposeForbidden(purpose=found.purpose)
    if found.purpose is None:
        raise PurposeMissing
    if not found.purpose.active:
        raise PurposeUnknown(purpose=found.purpose.code)


def forbidden_in(text: str, known: Iterable[LoanPurpose]) -> LoanPurpose | None:
    """The first forbidden purpose of ``known`` one of whose words stands in ``text``, however it is written."""
    forbidden = (purpose for purpose in known if purpose.forbidden)
    return next((purpose for purpose in forbidden if says(text, purpose.words)), None)
