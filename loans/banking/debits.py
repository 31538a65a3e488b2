"""Direct debit at the borrower's bank, behind one protocol. The reference is ours; a bank debits a reference once."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitOrder:
    """Debit ``amount`` from the account under the mandate."""

    reference: str
    mandate_number: str
    account_number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DebitAnswer:
    """``outcome`` is paid, failed or unknown; ``code`` is the ISO 20022 return reason where it failed."""

    outcome: str
    code: str = ""
    detail: str = ""


class DirectDebit(Protocol):
    """A bank that debits."""

    def collect(self, order: DebitOrder) -> DebitAnswer:
        """Debit; the same reference again debits nothing more and answers as before."""

    def withdraw(self, order: DebitOrder) -> DebitAnswer:
        """Debit no more under this reference: "paid" where the money was debited before, "failed" where it never will be."""


class SimulatedDebits:
    """A simulated bank. The last four digits of the account choose the answer: 1010 has no funds, 1011 knows no
    mandate, 1012 does not answer, 1013 does not answer but lets itself be withdrawn; any other account is debited."""

    def collect(self, order: DebitOrder) -> DebitAnswer:
        match order.account_number[-4:]:
            case "1010":
                return DebitAnswer("failed", "AM04", "insufficient funds")
            case "1011":
                return DebitAnswer("failed", "MD01", "no mandate")
            case "1012" | "1013":
                return DebitAnswer("unknown", "", "the bank did not answer")
        return DebitAnswer("paid")

    def withdraw(self, order: DebitOrder) -> DebitAnswer:
        if order.account_number[-4:] == "1013":
            return DebitAnswer("failed", "", "withdrawn")
        return self.collect(order)


def direct_debit() -> DirectDebit:
    """The bank this installation debits through."""
    adapter: type[DirectDebit] = import_string(settings.DEBIT_ADAPTER)
    return adapter()
