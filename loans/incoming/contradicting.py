"""A line whose bank reference is known already, and which says something else than the line that is there.

The bank's reference names one payment, so the same reference with another amount, payer, remark or day says that one of the
two is not the bank's. Where the line that is there came by a person's hand and the other one by the bank's own connection,
nothing further of it moves on one person's word, and nothing of it goes back to the account that was typed, until two people
decide which of the two stands (``striking``).

Formats of the same day write one payment differently: widths, case, blanks and punctuation are no difference, nor is what
one of them leaves out, but for what an uploaded line says beyond the bank's own.
"""

import re
from base64 import b64decode
from collections.abc import Iterable
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from borrowers.fingerprints import account_index, plain
from core.errors import DomainError
from core.masking import mask_name, mask_numbers
from loans.banking.statement import StatementRow
from loans.banking.statement_files import read_statement
from loans.models import BankFile, IncomingPayment, StruckLine

LONGEST_REMARK = 300  # characters kept of it
_NO_SIGN = re.compile(r"[\W_]")


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
        "matched only where a second person agrees and the amount is the bank's. Look at what differs, have "
        "receipts that were made from it taken back, and ask a second person which of the two lines stands."
    )


def differences(row: StatementRow, line: IncomingPayment | StruckLine) -> list[Differs]:
    """In what the row of a file says something else than the line of the same bank reference that is there."""
    account = account_index(row.payer_account) if row.payer_account else ""
    uploaded = not line.bank_file.is_fetched
    texts = {
        Differs.PAYER: (_signs(row.payer_name), _signs(line.payer_name)),
        Differs.ACCOUNT: (account, line.payer_index),
        Differs.REMARK: (_signs(row.remark[:LONGEST_REMARK]), _signs(line.remark)),
    }
    same = {Differs.AMOUNT: row.amount == line.amount, Differs.DAY: row.paid_on == line.paid_on}
    same |= {what: _same(says, there, uploaded=uploaded) for what, (says, there) in texts.items()}
    return [what for what, is_same in same.items() if not is_same]


def _same(says: str, there: str, *, uploaded: bool) -> bool:
    """Whether a row says nothing else than the line that is there: the same, or nothing where one of the two is silent; but
    what an ``uploaded`` line says and the row does not was said by a person alone."""
    return says == there or not there or (not says and not uploaded)


def _signs(text: str) -> str:
    return _NO_SIGN.sub("", plain(text).casefold())


def mark(bank_file: BankFile, rows: Iterable[StatementRow], on: date) -> None:
    """``bank_file``, which the bank's own connection brought on ``on``, says otherwise in ``rows`` of what people uploaded
    under their bank references; what two people struck already is not said again."""
    by_reference = {row.bank_reference: row for row in rows}
    uploaded = IncomingPayment.objects.filter(
        bank_reference__in=list(by_reference), bank_file__fetched_on=None, contradicted_on=None
    )
    held = uploaded.select_for_update(of=("self",)).prefetch_related("struck_lines__bank_file").order_by("id")
    for payment in held:
        row = by_reference[payment.bank_reference]
        if any(not differences(row, struck) for struck in payment.struck_lines.all()):
            continue
        payment.contradicted_on, payment.contradicted_by = on, bank_file
        payment.save(update_fields=["contradicted_on", "contradicted_by"])


def row_of_the_bank(payment: IncomingPayment) -> StatementRow:
    """The row of the bank's own statement by which the payment is contradicted."""
    assert payment.contradicted_by is not None
    statement = read_statement(b64decode(payment.contradicted_by.content.sealed))
    return next(row for row in statement.rows if row.bank_reference == payment.bank_reference)


def bank_says(payment: IncomingPayment) -> tuple[list[Differs], dict[str, str]]:
    """In what the bank's own statement differs from the payment, and its words there, masked; nothing where it does not."""
    if payment.contradicted_by is None:
        return [], {}
    row = row_of_the_bank(payment)
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
