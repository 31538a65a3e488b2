"""Storing what a tape says, once: the batch is known by the digest of its content, each loan by its own number.

Everything of a tape is stored in one transaction, so an import that was killed while reading left nothing behind.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

from django.db import transaction
from django.utils import translation

from operations.models import ImportBatch, ImportRow
from operations.tape.checking import REASONS, LoanFacts, Refusal, check_lines, printable
from operations.tape.profiles import Profile
from operations.tape.reading import Tape

REJECT_COLUMNS = ("line", "column", "reason", "message", "value", "text")


@dataclass(frozen=True, slots=True)
class Staged:
    """The batch of a tape; ``new`` is false when the same content was stored before."""

    batch: ImportBatch
    new: bool


@transaction.atomic
def stage(*, tape: Tape, profile: Profile, today: date) -> Staged:
    """Check and store a tape. The same content again returns the batch it made the first time."""
    known = ImportBatch.objects.filter(sha256=tape.sha256).first()
    if known:
        return Staged(known, new=False)
    checked = list(check_lines(tape.lines, profile, today=today))
    refusals = [line for line in checked if isinstance(line, Refusal)]
    facts, known_count = _without_known(profile, [line for line in checked if isinstance(line, LoanFacts)])
    batch = ImportBatch.objects.create(
        sha256=tape.sha256,
        profile=profile.code,
        file_name=tape.name[:255],
        rows_read=len(checked),
        rows_accepted=len(facts),
        rows_known=known_count,
        rejects=[_reject(refusal) for refusal in refusals],
        first_on=min((fact.approved_at.date() for fact in facts), default=None),
        last_on=max((_last_day(fact) for fact in facts), default=None),
    )
    ImportRow.objects.bulk_create([_row(batch, fact) for fact in facts], batch_size=2000)
    return Staged(batch, new=True)


def write_rejects(batch: ImportBatch, path: Path) -> None:
    """The refused lines as a table: where, which column, why, and the line as it stood."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, REJECT_COLUMNS)
        writer.writeheader()
        writer.writerows(batch.rejects)


def _without_known(profile: Profile, facts: list[LoanFacts]) -> tuple[list[LoanFacts], int]:
    """Leave out loans that another tape brought before."""
    before = set(ImportRow.objects.filter(profile=profile.code).values_list("loan_key", flat=True))
    new = [fact for fact in facts if fact.loan_key not in before]
    return new, len(facts) - len(new)


def _last_day(fact: LoanFacts) -> date:
    return (fact.closed_at or fact.approved_at).date()


def _row(batch: ImportBatch, fact: LoanFacts) -> ImportRow:
    closed_at = fact.closed_at.replace(tzinfo=UTC) if fact.closed_at else None
    return ImportRow(
        batch=batch,
        profile=batch.profile,
        line=fact.line,
        loan_key=fact.loan_key,
        borrower_key=fact.borrower_key,
        applied_on=fact.applied_at.date(),
        approved_at=fact.approved_at.replace(tzinfo=UTC),
        approved_on=fact.approved_at.date(),
        closed_at=closed_at,
        closed_on=closed_at.date() if closed_at else None,
        first_due_on=fact.first_due_on,
        term_days=fact.term_days,
        principal=fact.principal,
        total_due=fact.total_due,
    )


def _reject(refusal: Refusal) -> dict[str, str | int]:
    first = refusal.problems[0]
    with translation.override("en"):
        message = " ".join(f"{problem.column}: {REASONS[problem.reason]}".lstrip(": ") for problem in refusal.problems)
    return {
        "line": refusal.line,
        "column": first.column,
        "reason": first.reason,
        "message": message,
        "value": first.value,
        "text": printable(refusal.text)[:2000],
    }
