"""What the pages of the books show beside the ledger: whose loans the lines are, and events in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.models import JournalEntry, JournalLine, Reversal
from loans.events.act_kinds import act_names
from loans.models import Accrual, Loan, NightAccrual
from loans.proof.shares import shares_of_night

MOST_SHARES = 20  # each is worked out again
_REVERSAL = "_reversal"
_NAMES: dict[str, str | Promise] = {
    "accrual": gettext_lazy("Accrual"),
    "carried_forward": gettext_lazy("Carried forward from the archive"),
    "disbursement": gettext_lazy("Disbursement"),
    "merchant_refund_paid": gettext_lazy("Merchant refund paid"),
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


class Share(Protocol):
    """What a loan has in an accrual: as an event kept it, or worked out again for a night."""

    @property
    def interest(self) -> Decimal: ...
    @property
    def late_interest(self) -> Decimal: ...
    @property
    def fee(self) -> Decimal: ...
    @property
    def suspended(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry with its lines, its shares if it is an accrual, and the numbers of the loans in both.

    ``share_count`` says how many loans share it; of a night's entry the first shares are worked out again.
    """

    entry: JournalEntry
    reversed_by: Reversal | None
    lines: list[JournalLine]
    shares: list[tuple[str, Share]]
    share_count: int
    numbers: dict[int, str]


def entry_view(entry: JournalEntry) -> EntryView:
    """All about an entry: a number of queries that does not grow with the loans that share it."""
    lines = list(entry.lines.select_related("account").order_by("id"))
    shares, count = _shares(entry) if entry.event == "accrual" else ([], 0)
    return EntryView(
        entry=entry,
        reversed_by=Reversal.objects.filter(pk=entry.pk).first(),
        lines=lines,
        shares=shares,
        share_count=count,
        numbers=loan_numbers(line.subledger_id for line in lines),
    )


def _shares(entry: JournalEntry) -> tuple[list[tuple[str, Share]], int]:
    """Loan numbers with their shares, and how many loans share the entry: a night's many, an event's the one it names."""
    night = NightAccrual.objects.filter(entry_id=entry.pk).first()
    if night is None:
        loan = Loan.objects.filter(number=entry.description).first()
        own = Accrual.objects.filter(loan_id=loan.pk, entry_id=entry.pk) if loan else Accrual.objects.none()
        kept: list[tuple[str, Share]] = [(entry.description, share) for share in own]
        return kept, len(kept)
    ran = Loan.objects.filter(pk__range=(night.lo, night.hi), position__product_id=night.product_id)
    ran = ran.filter(disbursed_on__lt=night.accrued_on).filter(Q(settled_on=None) | Q(settled_on__gt=night.accrued_on))
    first = list(ran.select_related("position").order_by("pk")[:MOST_SHARES])
    shares = shares_of_night(first, night.accrued_on)
    return [(loan.number, shares[loan.pk]) for loan in first if loan.pk in shares], night.loans
