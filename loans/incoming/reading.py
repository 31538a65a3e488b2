"""Reads a statement file and says what taking it in would do; nothing is written here."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.currencies import house_currency
from core.errors import Invalid
from core.money import ZERO
from core.strict import require_plain
from loans.banking.continuity import Continuity, continuity
from loans.banking.statement import Statement, StatementRow
from loans.banking.statement_files import read_statement
from loans.incoming.contradicting import Differs, differences
from loans.incoming.matching import Match, match_rows
from loans.models import BankFile, BankFileStatus, IncomingPayment

LARGEST_FILE = 10 * 1024 * 1024


class FileUnreadable(Invalid):
    code = "bank_file_unreadable"
    field = "file"
    message = _("This file cannot be read as a bank statement.")


class FileTooLarge(Invalid):
    code = "bank_file_too_large"
    field = "file"
    message = _("The file is larger than 10 MB. Split it and import the parts.")


@dataclass(frozen=True)
class Preview:
    """What taking the file in would do, and what the file says of itself."""

    name: str
    sha256: str
    content: bytes
    statement: Statement
    matches: list[Match]
    # In what a known one differs from the line that is there; nothing where it says the same again.
    known: dict[str, list[Differs]]
    imported_before: BankFile | None
    continuity: Continuity

    @property
    def currency(self) -> str:
        """ISO 4217: the account that payments come to is kept in the money of the house."""
        return house_currency()

    @property
    def lines(self) -> list[tuple[StatementRow, Match, bool, list[Differs]]]:
        """Row, its match, whether an earlier file already brought its bank reference, and in what it says otherwise."""
        return [
            (row, match, row.bank_reference in self.known, self.known.get(row.bank_reference, []))
            for row, match in zip(self.statement.rows, self.matches, strict=True)
        ]

    @property
    def fresh(self) -> list[tuple[StatementRow, Match]]:
        return [(row, match) for row, match, known, _differs in self.lines if not known]

    @property
    def differing(self) -> list[str]:
        """The bank references that are known with another amount, payer, remark or day: nothing of these is credited."""
        return [reference for reference, differs in self.known.items() if differs]

    @property
    def differing_count(self) -> int:
        return len(self.differing)

    @property
    def repeated_count(self) -> int:
        """Lines that say again what is known."""
        return len(self.known) - self.differing_count

    @property
    def matched_count(self) -> int:
        return sum(1 for _row, match in self.fresh if match.loan_id)

    @property
    def unmatched_count(self) -> int:
        return len(self.fresh) - self.matched_count

    @property
    def total(self) -> Decimal:
        return sum((row.amount for row, _match in self.fresh), ZERO)

    @property
    def has_lines(self) -> bool:
        """Whether it is a statement at all: money came in or went out."""
        return bool(self.statement.rows or self.statement.outgoing)


def preview(*, content: bytes, name: str) -> Preview:
    """Dry run: reads, matches and counts; writes nothing. Raises FileTooLarge, TextNotPlain."""
    if len(content) > LARGEST_FILE:
        raise FileTooLarge()
    require_plain(name, field="file")
    statement = read_statement(content)
    rows = {row.bank_reference: row for row in statement.rows}
    known = IncomingPayment.objects.filter(bank_reference__in=list(rows)).select_related("bank_file")
    fingerprint = hashlib.sha256(content).hexdigest()
    before = BankFile.objects.filter(sha256=fingerprint).select_related("imported_by").first()
    return Preview(
        name=name[:200],
        sha256=fingerprint,
        content=content,
        statement=statement,
        matches=match_rows(statement.rows),
        known={one.bank_reference: differences(rows[one.bank_reference], one) for one in known},
        imported_before=before,
        continuity=continuity_of(statement, known=before),
    )


def continuity_of(statement: Statement, *, known: BankFile | None = None) -> Continuity:
    """How the statement stands to the last other confirmed one of its account."""
    frame = statement.frame
    last = None
    if frame.account:
        others = BankFile.objects.filter(account=frame.account, status=BankFileStatus.CONFIRMED)
        if known is not None:
            others = others.exclude(pk=known.pk)
        if statement.first_day is not None:
            # What was brought in for later days already is not what this one goes on from.
            others = others.exclude(first_day__gt=statement.first_day)
        last = others.order_by("-last_day", "-pk").first()
    return continuity(
        account=frame.account,
        opening=frame.opening,
        last_closing=last.closing_balance if last else None,
        last_day=last.last_day if last else None,
        is_first=last is None,
    )
