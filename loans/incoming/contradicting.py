"""A line whose bank reference is known already, and which says something else than the line that is there.

The bank's reference names one payment, so the same reference with another amount, payer, remark or day says that one of the
two is not the bank's. Where the line that is there came by a person's hand and the other one by the bank's own connection,
nothing further of it moves on one person's word, and nothing of it goes back to the account that was typed.
"""

from base64 import b64decode
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from borrowers.fingerprints import account_index, name_index, plain
from core.errors import DomainError
from core.masking import mask_name, mask_numbers
from loans.banking.statement import StatementRow
from loans.banking.statement_files import read_statement
from loans.models import BankFile, IncomingPayment

LONGEST_REMARK = 300  # characters kept of it


class Differs(models.TextChoices):
    """In what two lines of the same bank reference may differ."""

    AMOUNT = "amount", _("amount")
    DAY = "paid_on", _("day")
    PAYER = "payer_name", _("payer's name")
    ACCOUNT = "payer_account", _("payer's account")
    REMARK = "remark", _("remark")


class PaymentContradicted(DomainError):
    code = "incoming_payment_contradicted"
    field = "reason"
    message = _(
        "The bank's own statement says otherwise of payment %(reference)s: %(differs)s. It is not returned, and it is "
        "matched only where a second person agrees and the amount is the bank's. Look at what differs, and have "
        "receipts that were made from it taken back."
    )


def differences(row: StatementRow, payment: IncomingPayment) -> list[Differs]:
    """In what the row of a file says something else than the payment of the same bank reference; case, blanks and width of
    letters aside."""
    account = account_index(row.payer_account) if row.payer_account else ""
    same = {
        Differs.AMOUNT: row.amount == payment.amount,
        Differs.DAY: row.paid_on == payment.paid_on,
        Differs.PAYER: name_index(row.payer_name) == name_index(payment.payer_name),
        Differs.ACCOUNT: account == payment.payer_index,
        Differs.REMARK: _told(row.remark) == _told(payment.remark),
    }
    return [what for what, is_same in same.items() if not is_same]


def _told(remark: str) -> str:
    return plain(remark[:LONGEST_REMARK]).casefold()


def mark(bank_file: BankFile, references: list[str], on: date) -> None:
    """``bank_file``, which the bank's own connection brought on ``on``, says otherwise of what people uploaded under these
    bank references."""
    uploaded = IncomingPayment.objects.filter(
        bank_reference__in=references, bank_file__fetched_on=None, contradicted_on=None
    )
    for payment in uploaded.select_for_update(of=("self",)).order_by("id"):
        payment.contradicted_on, payment.contradicted_by = on, bank_file
        payment.save(update_fields=["contradicted_on", "contradicted_by"])


def bank_says(payment: IncomingPayment) -> tuple[list[Differs], dict[str, str]]:
    """In what the bank's own statement differs from the payment, and its words there, masked; nothing where it does not."""
    if payment.contradicted_by is None:
        return [], {}
    statement = read_statement(b64decode(payment.contradicted_by.content.sealed))
    row = next(row for row in statement.rows if row.bank_reference == payment.bank_reference)
    found = differences(row, payment)
    words = {
        Differs.AMOUNT: str(row.amount),
        Differs.DAY: str(row.paid_on),
        Differs.PAYER: mask_name(row.payer_name),
        Differs.ACCOUNT: f"**** {row.payer_account[-4:]}" if row.payer_account else "",
        Differs.REMARK: mask_numbers(row.remark[:LONGEST_REMARK]),
    }
    return found, {str(what): words[what] for what in found}


def refuse_contradicted(payment: IncomingPayment, *, two: bool) -> None:
    """Raises PaymentContradicted where the bank says otherwise of the payment, which the caller holds, unless ``two`` people
    move it and its amount is the bank's."""
    if payment.contradicted_on is None:
        return
    found, _words = bank_says(payment)
    if not two or Differs.AMOUNT in found:
        raise PaymentContradicted(
            reference=payment.bank_reference, differs=", ".join(str(what.label) for what in found)
        )
