"""How a money story is told: what happened, then the journal entries it made, as a bookkeeper writes them.

    with the_journal() as journal:
        pay(loan, "1100.15", FIRST_DUE)
    assert journal.text == told('''
        2026-02-15 repayment
          Cash at bank                      1100.15
          Loan principal receivable                    920.15
          Interest receivable                          180.00
    ''')

Everything posted inside the block is shown in the order it was posted: the day it was booked, the event, "counts from"
where it counts from another day, "reverses" where it takes an earlier entry back; then its lines, debits before credits
stand in the left column. A story for a new act is one function: run the verb inside the block and write the journal you
expect beside it, from the agreement and never from the output.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent

from ledger.models import JournalEntry


@dataclass
class Journal:
    """The entries posted inside a block; empty until it ends."""

    text: str = ""


@contextmanager
def the_journal() -> Iterator[Journal]:
    """Catches what is posted while the block runs."""
    journal = Journal()
    last = JournalEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    yield journal
    entries = JournalEntry.objects.filter(pk__gt=last).select_related("reverses").prefetch_related("lines__account")
    journal.text = "\n".join(_entry(entry) for entry in entries.order_by("pk"))


def _entry(entry: JournalEntry) -> str:
    head = f"{entry.posted_on} {entry.event}"
    if entry.effective_on != entry.posted_on:
        head += f", counts from {entry.effective_on}"
    if entry.reverses is not None:
        head += f", reverses {entry.reverses.event} of {entry.reverses.posted_on}"
    lines = sorted(entry.lines.all(), key=lambda line: line.pk)
    rows = [f"  {x.account.name:<30}{x.debit or '':>10}{x.credit or '':>11}".rstrip() for x in lines]
    return "\n".join([head, *rows])


def told(text: str) -> str:
    """The expected journal without the indentation of the test around it."""
    return dedent(text).strip("\n").rstrip()
