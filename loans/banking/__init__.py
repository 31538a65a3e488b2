"""Banks that pay loans out, behind one protocol. Which one is used is a setting; the default is a simulated bank."""

from django.conf import settings
from django.utils.module_loading import import_string

from loans.banking.protocol import Answer, Bank, BankUnreachable, PaymentOrder, PaymentOutcome, Report, Unread

__all__ = ["Answer", "Bank", "BankUnreachable", "PaymentOrder", "PaymentOutcome", "Report", "Unread", "bank"]


def bank() -> Bank:
    """The bank this installation pays through."""
    adapter: type[Bank] = import_string(settings.BANK_ADAPTER)
    return adapter()
