"""Takes statement files in: only what is known to be the bank's.

What the bank's own connection brings proves itself (``take_in``); what a person uploaded is the bank's once another one
confirmed it (``uploading``). Taking a file in writes every payment of it down before any loan is touched, so a crash in
between loses nothing: what is still unsettled is settled by running ``importing.settle_file`` again. The hash of the file
and the bank's own references keep a repeated or overlapping file from counting money twice.
"""

from base64 import b64decode, b64encode
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from borrowers.fingerprints import account_index
from core.errors import DomainError
from loans.banking.statement import StatementRow
from loans.bookkeeping.signals import announce_statement
from loans.incoming import setting_aside
from loans.incoming.contradicting import LONGEST_REMARK, mark
from loans.incoming.file_lifecycle import advance
from loans.incoming.matching import Match
from loans.incoming.reading import FileUnreadable, Preview, preview
from loans.models import BankFile, BankFileContent, BankFileStatus, IncomingPayment, SetAside
from staff.models import User


class FileAlreadyImported(DomainError):
    code = "bank_file_already_imported"
    message = _("This file was already imported on %(imported_on)s as “%(name)s”. Nothing was imported again.")


def take_in(*, content: bytes, name: str, on: date) -> BankFile:
    """Take in what the bank's own connection brought on ``on``: it proves itself, also a file that a person uploaded before.

    For the connection alone: what passes a person's hands goes through ``uploading.upload``. A worker settles its payments
    (``importing.settle_file``). Raises FileAlreadyImported, FileUnreadable, FileTooLarge, TextNotPlain.
    """
    seen = preview(content=content, name=name)
    if not seen.has_lines:
        setting_aside.file_unreadable(name=name, sha256=seen.sha256, came_by=SetAside.CameBy.FETCHED, on=on)
        raise FileUnreadable()
    known = seen.imported_before
    if known is not None and known.is_confirmed:
        raise FileAlreadyImported(name=known.name, imported_on=known.imported_on)
    try:
        with transaction.atomic():
            if known is None:
                bank_file = keep(seen, on, imported_by=None, status=BankFileStatus.CONFIRMED, fetched_on=on)
                _write_lines(bank_file, seen)
                return bank_file
            return confirm(held(known.pk), seen, on, fetched_on=on)
    except IntegrityError as error:  # the same file came in in the same second
        raise FileAlreadyImported(name=name, imported_on=on) from error


def keep(seen: Preview, on: date, *, imported_by: User | None, **proof: Any) -> BankFile:
    """Store the file as it is, without its payments. Raises FileUnreadable."""
    if not seen.has_lines:
        raise FileUnreadable()
    statement, frame = seen.statement, seen.statement.frame
    bank_file = BankFile.objects.create(
        name=seen.name,
        profile=statement.profile,
        sha256=seen.sha256,
        rejected_count=len({error.line for error in statement.errors}),
        outgoing_count=statement.outgoing,
        sum_out=statement.sum_out,
        account=frame.account,
        first_day=statement.first_day,
        last_day=statement.last_day,
        opening_balance=frame.opening,
        closing_balance=frame.closing,
        imported_on=on,
        imported_by=imported_by,
        **_counts(seen),
        **proof,
    )
    BankFileContent.objects.create(bank_file=bank_file, sealed=b64encode(seen.content).decode())
    setting_aside.file_taken_in(name=seen.name, on=on)
    return bank_file


def held(bank_file_id: int) -> BankFile:
    """The file, held until the end of the transaction."""
    return BankFile.objects.select_for_update(of=("self",)).get(pk=bank_file_id)


def read_again(bank_file: BankFile) -> Preview:
    """What taking the stored file in would do now."""
    return preview(content=b64decode(bank_file.content.sealed), name=bank_file.name)


def confirm(bank_file: BankFile, seen: Preview, on: date, **proof: Any) -> BankFile:
    """The file, which the caller holds, is the bank's: its payments are written down, and a worker settles them.

    ``proof`` says why. Raises BankFileStepRefused for one that is confirmed already.
    """
    advance(bank_file, BankFileStatus.CONFIRMED, confirmed_on=on, **_counts(seen), **proof)
    _write_lines(bank_file, seen)
    return bank_file


def _counts(seen: Preview) -> dict[str, Any]:
    fresh = seen.fresh
    known = {"repeated_count": seen.repeated_count, "differing_count": seen.differing_count}
    return {"payment_count": len(fresh), "total": seen.total, **known}


def _write_lines(bank_file: BankFile, seen: Preview) -> None:
    """What is new is written down. What is known and differs is not: where the bank's own connection says it, what a person
    uploaded is marked."""
    IncomingPayment.objects.bulk_create([_payment(bank_file, row, match) for row, match in seen.fresh])
    if bank_file.fetched_on is not None and seen.differing:
        mark(bank_file, seen.differing, bank_file.fetched_on)
    announce_statement(bank_file_id=bank_file.pk)


def _payment(bank_file: BankFile, row: StatementRow, match: Match) -> IncomingPayment:
    return IncomingPayment(
        bank_file=bank_file,
        line=row.line,
        paid_on=row.paid_on,
        amount=row.amount,
        bank_reference=row.bank_reference,
        payer_name=row.payer_name,
        payer_last4=row.payer_account[-4:],
        payer_account=row.payer_account,
        payer_index=account_index(row.payer_account) if row.payer_account else "",
        remark=row.remark[:LONGEST_REMARK],
        proposed_loan_id=match.loan_id,
        matched_how=match.how,
        unmatched_reason=match.reason,
    )
