"""What a partner is told of a refusal by the gate: by name what it can mend, and of all else only that it cannot be.

A partner asks about a person whose record it did not write: whether somebody is on the do-not-lend list, late here, bound
elsewhere or how they are scored is not for it to learn by trying. Staff see every check with its figures.
"""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, IdentityKind
from core.errors import DomainError
from core.writing import conditions
from loans.gate.gate import Finding
from loans.gate.words import sentence
from loans.payees.payees import PayeeState

NOT_ELIGIBLE = "not_eligible"

# What a partner can mend, or brought itself: by name; None: in the words staff read, whose figures are the partner's own.
TOLD: Mapping[str, str | Promise | None] = {
    "identity": None,
    "age": _("The age is outside what is lent to"),
    "consent": None,
    "product": None,
    "purpose": None,
    "price": None,
    "payee": _("The account to be paid is missing, not verified or another one than was promised"),
}
# What only the record of the person or of the house tells.
INSIDE = frozenset(
    {
        "alive",
        "do_not_lend",
        "student",
        "exposure",
        "limit",
        "affordability",
        "score",
        "data_age",
        "arrears",
        "authority",
        "other_applications",
    }
)


_AND_MORE = _("The borrower is not eligible for this now")


class NotEligible(DomainError):
    """What stands in the way is nothing the partner can mend, and is not told."""

    code = NOT_ELIGIBLE
    message = _("This borrower is not eligible for this now.")


def told_outside(code: str) -> str:
    """A code that a refusal left on an order, as a partner is told it: by which check stands inside."""
    return NOT_ELIGIBLE if code in {"gate_refused", "gate_override_needed"} else code


class ConditionsNotMet(DomainError):
    """The gate's refusal with the checks that the partner can mend."""

    code = "gate_refused"
    message = _("This is not possible now. %(why)s.")


def told_to_partner(found: Iterable[Finding], borrower_id: int) -> DomainError:
    """The refusal for a partner that ``found`` makes. A check of neither table counts as inside."""
    stopped = list(found)
    by_name = [one for one in stopped if _is_told(one, borrower_id)]
    if not by_name:
        return NotEligible()
    codes, said = [one.code for one in by_name], [_sentence(one) for one in by_name]
    if len(by_name) < len(stopped):
        codes.append(NOT_ELIGIBLE)
        said.append(str(_AND_MORE))
    return ConditionsNotMet(checks=codes, why=conditions(said))


def _is_told(found: Finding, borrower_id: int) -> bool:
    """An age is told where the number that the partner gave says it; another birth date on file may not be the partner's."""
    if found.code == "age":
        resident = Borrower.objects.filter(pk=borrower_id, identity_kind=IdentityKind.CN_RESIDENT_ID)
        return resident.exists()
    return found.code in TOLD


def _sentence(found: Finding) -> str:
    said = TOLD[found.code]
    # Whether a merchant does business with the house is for the partner that sells through it to know.
    shop_closed = found.facts.get("payee") == PayeeState.NOT_ACTIVE
    return sentence(found) if said is None or shop_closed else str(said)
