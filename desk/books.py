"""What the pages of the books show beside the ledger: whose loans the lines are, and events in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.models import JournalEntry, JournalLine, Reversal
from loans.events.act_kinds import act_names
from loans.models import Accrual, Loan

MOST_SHARES = 50
_REVERSAL = "_reversal"
_NAMES: dict[str, str | Promise] = {
    "accrual": gettext_lazy("Accrual"),
    "carried_forward": gettext_lazy("Carried forward from the archive"),
    "disbursement": gettext_lazy("Disbursement"),
    "recovery": gettext_lazy("Recovery"),
    "refund": gettext_lazy("Refund"),
    "repayment": gettext_lazy("Payment"),
    "unidentified_receipt": gettext_lazy("Unidentified receipt"),
    "unidentified_receipt_returned": gettext_lazy("Unidentified receipt returned"),
    "write_off": gettext_lazy("Write-off"),
}


def event_name(event: str) -> str:
    """What was booked, in words; acts on loans carry their own name, and what nobody named is shown as it is."""
    names = {**act_names(), **_NAMES}
    if event in names:
        return str(names[event])
    if event.endswith(_REVERSAL):
        return _("%(event)s, reversed") % {"event": event_name(event.removesuffix(_REVERSAL))}
    return event.replace("_", " ")


def loan_numbers(ids: Iterable[int | None]) -> dict[int, str]:
    """The numbers of loans by id, in one query."""
    wanted = {loan_id for loan_id in ids if loan_id is not None}
    return dict(Loan.objects.filter(pk__in=wanted).values_list("pk", "number")) if wanted else {}


def loan_ids(ids: Iterable[int | None]) -> dict[int, str]:
    """The public ids of loans by id, in one query."""
    wanted = {loan_id for loan_id in ids if loan_id is not None}
    return dict(Loan.objects.filter(pk__in=wanted).values_list("pk", "public_id")) if wanted else {}


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry with its lines, its shares if it is an accrual, and the numbers of the loans in both."""

    entry: JournalEntry
    reversed_by: Reversal | None
    lines: list[JournalLine]
    shares: list[Accrual]
    share_count: int
    numbers: dict[int, str]


def entry_view(entry: JournalEntry) -> EntryView:
    """All about an entry: five queries, however many loans share it."""
    lines = list(entry.lines.select_related("account").order_by("id"))
    mine = Accrual.objects.filter(entry_id=entry.pk) if entry.event == "accrual" else Accrual.objects.none()
    shares = list(mine.order_by("loan_id")[:MOST_SHARES])
    return EntryView(
        entry=entry,
        reversed_by=Reversal.objects.filter(pk=entry.pk).first(),
        lines=lines,
        shares=shares,
        share_count=mine.count() if len(shares) == MOST_SHARES else len(shares),
        numbers=loan_numbers([line.subledger_id for line in lines] + [share.loan_id for share in shares]),
    )
