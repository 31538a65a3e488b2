"""Seeing personal data unmasked: with the right, with a reason, and never without a trace."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from audit import reveals
from borrowers.models import BankAccount, Borrower, ContactPoint
from core.aftermath import whole
from core.errors import NotAllowed, NotFound
from staff.models import User

PERMISSION = "borrowers.reveal_personal_data"


class Revealable(StrEnum):
    """What can be revealed. The last two belong to a row of their own and need its id."""

    NAME = "name"
    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    CONTACT_POINT = "contact_point"
    BANK_ACCOUNT = "bank_account"


class RevealNotAllowed(NotAllowed):
    """The person lacks the right to see personal data."""

    code = "reveal_not_allowed"
    message = _("You are not allowed to see personal data unmasked.")


class NothingToReveal(NotFound):
    """The borrower has no such data."""

    code = "nothing_to_reveal"
    message = _("There is no such data on file.")


@whole()
def reveal(
    *, borrower_id: int, field: str, why: str, revealed_by: User, note: str = "", item_id: int | None = None
) -> str:
    """The plain value of one piece of personal data. The audit event is stored before the value leaves.

    ``why`` is one of ``audit.reveals.Why``, ``note`` says more. Raises RevealNotAllowed, NothingToReveal and what
    ``audit.reveals.record`` raises.
    """
    if not revealed_by.has_perm(PERMISSION):
        raise RevealNotAllowed
    reveals.in_words(why, note)
    borrower = Borrower.objects.filter(pk=borrower_id).first()
    if borrower is None or field not in set(Revealable):
        raise NothingToReveal
    value = _value(borrower, Revealable(field), item_id)
    shown = {"field": field, **({"item": item_id} if item_id is not None else {})}
    reveals.record(borrower, why=why, note=note, shown=shown, by=revealed_by)
    return value


def _value(borrower: Borrower, field: Revealable, item_id: int | None) -> str:
    if field is Revealable.CONTACT_POINT:
        return _of(ContactPoint.objects.filter(borrower=borrower, pk=item_id or 0).first(), "value")
    if field is Revealable.BANK_ACCOUNT:
        return _of(BankAccount.objects.filter(borrower=borrower, pk=item_id or 0).first(), "account_number")
    return _of(borrower, field.value)


def _of(row: object, attribute: str) -> str:
    value = getattr(row, attribute, "")
    if not value:
        raise NothingToReveal
    return str(value)
