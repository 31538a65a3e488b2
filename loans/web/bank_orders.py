"""What the pages of applications and loans do with an order to the bank, and how they say what came of it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import business_date
from core.errors import DomainError
from loans.disbursement import disbursing
from loans.models import Disbursement
from staff.models import User


def tell(request: HttpRequest, act: Callable[[], str]) -> None:
    """Do ``act`` and leave its sentence, or its refusal, for the next page."""
    try:
        messages.success(request, act())
    except DomainError as refusal:
        messages.error(request, refusal.detail)


def send(order: Disbursement) -> str:
    """To the bank now, or ask it what became of the order."""
    sent = disbursing.send(disbursement_id=order.pk, on=business_date.current())
    return _("Disbursement %(number)s: %(state)s.") % {"number": sent.number, "state": sent.get_status_display()}


def retry(order: Disbursement, by: User | None) -> str:
    """Again, after the bank refused it."""
    disbursing.retry(disbursement_id=order.pk, on=business_date.current(), requested_by=by)
    return _("The disbursement is queued again under a new reference.")


def cancel(order: Disbursement, reason: str) -> str:
    """Not at all: the loan ends before it began, or stays as it is without the further part."""
    disbursing.cancel(disbursement_id=order.pk, on=business_date.current(), reason=reason)
    if order.is_drawdown:
        return _("The further part will not be paid out.")
    return _("The loan was cancelled before it began.")
