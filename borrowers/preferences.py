"""What a borrower may choose for themselves: the language, and to be left alone."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.models import Borrower
from core.errors import Invalid
from staff.models import User


class ReasonMissing(Invalid):
    """The change is recorded with its reason."""

    code = "reason_missing"
    field = "reason"
    message = _("Say why; the reason is recorded.")


@transaction.atomic
def choose_language(*, borrower_id: int, language: str, changed_by: User | None = None) -> Borrower:
    """The language of messages and documents from now on."""
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    if borrower.language != language:
        borrower.language = language
        with acting_for(changed_by):
            borrower.save()
    return borrower


@transaction.atomic
def set_do_not_contact(*, borrower_id: int, wanted: bool, reason: str, changed_by: User | None = None) -> Borrower:
    """Stop reminders and collection (service messages are still owed), or allow them again."""
    if not reason.strip():
        raise ReasonMissing
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    if borrower.do_not_contact != wanted:
        borrower.do_not_contact = wanted
        with acting_for(changed_by, reason=reason.strip()):
            borrower.save()
    return borrower
