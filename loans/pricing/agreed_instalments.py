"""What a product makes of an agreed instalment: the number that follows from it, or the refusal by name.

The arithmetic is ``loans.schedules.agreed_instalment``.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from loans.models import ProductVersion
from loans.schedules.agreed_instalment import BelowCharges, InstalmentRefused, NoMultiple, TooFew, TooMany, terms_from
from loans.schedules.terms import LoanTerms


class AgreedInstalmentNotSold(Invalid):
    code = "agreed_instalment_not_sold"
    field = "agreed_instalment"
    message = _("Of this product the number of instalments is agreed, not the instalment. Give the number instead.")


class AgreedInstalmentOrNumber(Invalid):
    code = "agreed_instalment_or_number"
    field = "term_count"
    message = _("Give the number of instalments, or the instalment that can be paid: one of the two.")


class AgreedInstalmentNoMultiple(Invalid):
    code = "agreed_instalment_no_multiple"
    field = "agreed_instalment"
    message = _("%(amount)s cannot be paid as an instalment: give a multiple of %(unit)s above zero.")


class AgreedInstalmentBelowCharges(Invalid):
    code = "agreed_instalment_below_charges"
    field = "agreed_instalment"
    message = _(
        "%(amount)s does not cover %(charges)s of interest and fees of one instalment. Agree on %(least)s or more."
    )


class AgreedInstalmentTooLow(Invalid):
    code = "agreed_instalment_too_low"
    field = "agreed_instalment"
    message = _("With %(amount)s it would take more than %(most)s instalments. Agree on %(least)s or more.")


class AgreedInstalmentTooHigh(Invalid):
    code = "agreed_instalment_too_high"
    field = "agreed_instalment"
    message = _("With %(amount)s it would take %(count)s instalments; the fewest are %(fewest)s. Agree on less.")


def counted(version: ProductVersion, terms: LoanTerms, amount: Decimal) -> LoanTerms:
    """``terms`` with as many instalments of ``amount`` as repay the loan. Raises the refusals above, and TermsRefused."""
    if not version.allows_agreed_instalment:
        raise AgreedInstalmentNotSold()
    try:
        return terms_from(terms, amount, fewest=version.min_count, most=version.max_count)
    except InstalmentRefused as refusal:
        raise _in_words(refusal, version) from refusal


def _in_words(refusal: InstalmentRefused, version: ProductVersion) -> Invalid:
    told: dict[str, Any] = {"amount": refusal.amount, "least": refusal.least}
    match refusal:
        case NoMultiple():
            return AgreedInstalmentNoMultiple(amount=refusal.amount, unit=refusal.least)
        case BelowCharges():
            return AgreedInstalmentBelowCharges(**told, charges=refusal.charges)
        case TooMany():
            return AgreedInstalmentTooLow(**told, most=version.max_count)
        case TooFew():
            return AgreedInstalmentTooHigh(amount=refusal.amount, count=refusal.count, fewest=version.min_count)
    return AgreedInstalmentNotSold()
