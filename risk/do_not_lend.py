"""The do-not-lend list: people put somebody on it and take them off, each time with a reason. No rule ever does."""

from datetime import date

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from audit.approvals import ReasonMissing
from borrowers.models import Borrower
from core.context import acting
from core.errors import DomainError
from risk.models import DoNotLendEntry
from staff.models import User


class DoNotLendReason(models.TextChoices):
    """Why somebody gets no loan."""

    FRAUD = "fraud", _("Proved fraud")
    WILFUL_DEFAULT = "wilful_default", _("Would not pay although able")
    THREATS = "threats", _("Threatened staff")
    OWN_WISH = "own_wish", _("Asked not to be lent to")


class NotListed(DomainError):
    code = "not_listed"
    message = _("This borrower is not on the do-not-lend list.")


@transaction.atomic
def put_on(*, borrower_id: int, reason: str, note: str, on: date, by: User) -> DoNotLendEntry:
    """Put the borrower on the list. Somebody who is on it stays on it as first written."""
    if not note.strip():
        raise ReasonMissing(field="note")
    Borrower.objects.locked(borrower_id)  # what binds the house for the person now comes before it, or not at all
    with acting(actor=by, reason=note):
        entry, _created = DoNotLendEntry.objects.get_or_create(
            borrower_id=borrower_id,
            lifted_on=None,
            defaults={"reason_code": DoNotLendReason(reason), "note": note, "listed_on": on, "listed_by": by},
        )
    return entry


@transaction.atomic
def take_off(*, borrower_id: int, reason: str, on: date, by: User) -> DoNotLendEntry:
    """Take the borrower off the list. Raises NotListed, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing()
    entry = DoNotLendEntry.objects.select_for_update().filter(borrower_id=borrower_id, lifted_on=None).first()
    if entry is None:
        raise NotListed()
    entry.lifted_on = on
    with acting(actor=by, reason=reason):
        entry.save(update_fields=["lifted_on"])
    return entry
