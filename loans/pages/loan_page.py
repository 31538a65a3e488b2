"""Everything the loan page shows of the loan itself, read in a fixed number of queries at any length of history.

Amounts come from the position and the schedule as they are stored; long histories are shown newest first and capped, with
the full list one click away.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import ZERO
from core.together import Reading
from core.writing import money, number
from ledger.models import JournalEntry, JournalLine
from loans.events.act_kinds import act_kind
from loans.models import (
    Contract,
    Disbursement,
    GateVerdict,
    Instalment,
    Loan,
    LoanAct,
    LoanPosition,
    LoanTransition,
    Repayment,
    RepaymentChannel,
    RepaymentStatus,
)
from loans.pages.act_page import own_figures
from loans.pages.bank_reasons import in_words
from loans.pages.gate_page import ShownVerdict, shown
from loans.pages.receivables import lines_of_loan
from loans.pages.schedule_view import Progress, ScheduleView, progress, schedule_view
from loans.pages.story import Event
from loans.servicing.settling import pay_off
from messaging.models import Message
from messaging.names import name_of
from messaging.queries import reason_label
from staff.models import User

MOST_ROWS = 60
MOST_EVENTS = 15


@dataclass(frozen=True)
class LoanPage:
    loan: Loan
    position: LoanPosition | None
    disbursement: Disbursement | None
    drawdown: Disbursement | None
    schedule: ScheduleView
    progress: Progress
    instalments: list[Instalment]
    repayments: list[Repayment]
    events: list[Event] = field(default_factory=list)
    pay_off: Decimal | None = None  # what settles the loan today; None where no money does
    refusal: ShownVerdict | None = None  # where the gate let the last payout or drawdown asked for not pass

    @property
    def overpaid(self) -> Decimal:
        return self.position.overpaid if self.position else ZERO


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row of the transactions tab: ``repayment`` where it is a receipt, ``act`` where it is one."""

    on: date
    at: datetime
    kind: str
    amount: Decimal
    direction: str
    reference: str = ""
    by: User | None = None
    repayment: Repayment | None = None
    note: str = ""
    act: LoanAct | None = None

    @property
    def is_reversed(self) -> bool:
        reversed_ = self.repayment is not None and self.repayment.status == RepaymentStatus.REVERSED
        return reversed_ or (self.act is not None and self.act.is_undone)

    @property
    def is_undoable(self) -> bool:
        return self.act is not None and act_kind(self.act.kind).can_be_undone

    @property
    def reversed_on(self) -> date | None:
        if self.act is not None:
            return self.act.undone_on
        return self.repayment.reversed_on if self.repayment is not None else None

    @property
    def reversed_because(self) -> str:
        if self.act is not None:
            return self.act.undo_reason
        return self.repayment.reversal_reason if self.repayment is not None else ""


def loan_by_number(number: str) -> Loan:
    """The loan with all that its header names. 404 when there is none."""
    named = ("borrower", "position", "product_version__product", "application", "officer", "merchant", "policy_pledge")
    loans = Loan.objects.select_related(*named)
    return get_object_or_404(loans, number=number)


def loan_page(loan: Loan, *, on: date) -> Reading[LoanPage]:
    """Header, schedule and timeline of the loan."""
    since = loan.disbursed_on or date.min
    moves = LoanTransition.objects.filter(loan_id=loan.pk, kind="bucket", on__gte=since).order_by("-on", "-id")
    acts = LoanAct.objects.filter(loan=loan).select_related("recorded_by").order_by("-id")
    return Reading(
        (
            Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("version", "number"),
            loan.disbursements.order_by("-id"),
            _repayments(loan)[:MOST_ROWS],
            moves[:MOST_EVENTS],
            acts[:MOST_EVENTS],
            Message.objects.filter(reference=loan.number).order_by("-id")[:MOST_EVENTS],
            GateVerdict.objects.filter(loan=loan).order_by("-id")[:1],
        ),
        lambda *rows: _loan_page(loan, on, *rows),
    )


def _loan_page(
    loan: Loan,
    on: date,
    current: list[Instalment],
    orders: list[Disbursement],
    repayments: list[Repayment],
    moves: list[LoanTransition],
    acts: list[LoanAct],
    messages: list[Message],
    verdicts: list[GateVerdict],
) -> LoanPage:
    for row in (*current, *orders, *repayments):
        setattr(row, "loan", loan)  # noqa: B010  (rows of three models, and none shall be read again)
    version = max((row.version for row in current), default=1)
    position = getattr(loan, "position", None)
    as_of = position.as_of if position else on
    schedule = schedule_view(loan, current, as_of=as_of, on=on, version=version)
    return LoanPage(
        loan=loan,
        position=position,
        disbursement=next((order for order in orders if not order.is_drawdown), None),
        drawdown=next((order for order in orders if order.is_drawdown and order.is_open), None),
        schedule=schedule,
        progress=progress(schedule, as_of=as_of, on=on),
        instalments=current,
        repayments=repayments,
        events=[
            *map(repayment_event, repayments[:MOST_EVENTS]),
            *map(_disbursement_event, orders),
            *map(_move_event, moves),
            *map(_act_event, acts),
            *map(message_event, messages),
            *_losses(loan),
        ],
        pay_off=pay_off(loan, position, on, current) if position else None,
        refusal=next((shown(verdict, loan.currency, position) for verdict in verdicts if not verdict.binds), None),
    )


def original_schedule(loan: Loan, *, on: date) -> ScheduleView:
    """The schedule as signed, before any extension."""
    rows = list(Instalment.objects.filter(loan=loan, version=1).order_by("number"))
    for row in rows:
        row.late_interest = ZERO  # came later; nobody signed for it
    return schedule_view(loan, rows, as_of=on, on=on, version=1)


def _repayments(loan: Loan) -> QuerySet[Repayment]:
    return loan.repayments.select_related("recorded_by").order_by("-received_on", "-id")


def transactions(loan: Loan) -> list[Transaction]:
    """Money in both directions, newest first, with the lines of each repayment. Reversed rows stay in the list."""
    rows = [_repayment_row(repayment) for repayment in _repayments(loan).prefetch_related("lines")[:MOST_ROWS]]
    rows += [
        Transaction(
            d.paid_on,
            _noon(d.paid_on),
            _("Disbursement"),
            d.amount,
            "out",
            d.number,
            d.requested_by,
            note=_paid_to(loan),
        )
        for d in Disbursement.objects.filter(loan=loan, paid_on__isnull=False).select_related("requested_by")
        if d.paid_on
    ]
    acts = LoanAct.objects.filter(loan=loan, kind__in=_TOLD).select_related("recorded_by").order_by("-id")
    rows += [_act_row(act) for act in acts[:MOST_ROWS]]
    return sorted(rows, key=lambda row: (row.on, row.at), reverse=True)


def _paid_to(loan: Loan) -> str:
    return _("to %(payee)s") % {"payee": loan.merchant.name} if loan.merchant is not None else ""


# The acts that the list of transactions tells of: the figure that is their amount, and the way of the money.
_TOLD = {
    "refund": ("refunded", "out"),
    "waiver": ("waived", "none"),
    "small_remainder": ("closed", "none"),
    "extension": ("interest_added", "terms"),
}


def _act_row(act: LoanAct) -> Transaction:
    """No money moves but by a refund: what an extension costs falls due with the instalments."""
    figure, direction = _TOLD[act.kind]
    return Transaction(
        on=act.effective_on,
        at=act.recorded_at,
        kind=_act_title(act),
        amount=Decimal(act.figures[figure]),
        direction=direction,
        reference=act.number or "",
        by=act.recorded_by,
        note=act.reason,
        act=act,
    )


def _act_title(act: LoanAct) -> str:
    if act.kind == "extension":
        return _("Extended by %(days)d days") % {"days": act.parameters["days"]}
    if act.kind == "waiver":
        component = dict(act_kind(act.kind).parameters[0].choices)[act.parameters["component"]]
        return _("Waived: %(what)s") % {"what": component}
    return str(act_kind(act.kind).label)


def _repayment_row(repayment: Repayment) -> Transaction:
    kind = _("Recovery") if repayment.is_recovery else _("Payment")
    early = repayment.settles_early and repayment.channel != RepaymentChannel.INSURER
    return Transaction(
        on=repayment.received_on,
        at=repayment.recorded_at,
        kind=_("Early settlement") if early else kind,
        amount=repayment.amount,
        direction="in",
        reference=repayment.number,
        by=repayment.recorded_by,
        repayment=repayment,
        note=repayment.reversal_reason,
    )


def journal(loan: Loan) -> list[tuple[JournalEntry, list[JournalLine]]]:
    """The loan's entries, newest first, each with its own lines and the lines of the same entry without a loan."""
    mine = lines_of_loan(loan).order_by("-posted_on", "-entry_id").values_list("entry_id", "posted_on")
    entries = list(dict.fromkeys(mine[: MOST_ROWS * 4]))[:MOST_ROWS]
    lines = JournalLine.objects.filter(
        entry_id__in=[entry for entry, _on in entries], posted_on__in={on for _, on in entries}
    )
    lines = lines.select_related("entry", "account").order_by("id")
    grouped: dict[int, list[JournalLine]] = {entry: [] for entry, _on in entries}
    for line in lines:
        if line.subledger_id in (None, loan.pk):
            grouped[line.entry_id].append(line)
    return [(rows[0].entry, rows) for rows in grouped.values() if rows]


def contract_of(loan: Loan) -> Contract | None:
    if loan.application_id is None:
        return None
    return Contract.objects.filter(offer__application_id=loan.application_id).select_related("offer").first()


def messages_of(loan: Loan) -> list[Message]:
    return list(Message.objects.filter(reference=loan.number).order_by("-id")[:MOST_ROWS])


# --- the timeline ---------------------------------------------------------------------------------------------------


def _losses(loan: Loan) -> list[Event]:
    """Each at the start of its day: a recovery of the same day comes after it."""
    position = getattr(loan, "position", None)
    losses = [
        (position.charged_off_on if position else None, _("Charged off")),
        (loan.written_off_on, _("Written off")),
    ]
    return [
        Event(timezone.make_aware(datetime.combine(on, time(0))), title, tone="bad", kind="status")
        for on, title in losses
        if on
    ]


def money_split(parts: object) -> str:
    """The parts of a payment in words: "late interest 14.05, interest 74.86, principal 411.09"."""
    charge: Decimal = getattr(parts, "early_charge", ZERO)
    names = (
        ("early_charge", _("early-repayment charge")),
        ("fee", _("fee")),
        ("late_interest", _("late interest")),
        ("interest", _("interest")),
        ("principal", _("principal")),
        ("overpaid", _("overpaid")),
    )
    found = [(label, getattr(parts, name, ZERO) - (charge if name == "fee" else ZERO)) for name, label in names]
    return ", ".join(f"{label} {number(amount)}" for label, amount in found if amount)


def repayment_event(repayment: Repayment) -> Event:
    reversed_ = repayment.status == RepaymentStatus.REVERSED
    title = _("Recovery") if repayment.is_recovery else _("Payment")
    who = repayment.recorded_by.label if repayment.recorded_by else ""
    return Event(
        at=_moment(repayment.received_on, repayment.recorded_at),
        title=_("Payment reversed") if reversed_ else title,
        text=f"{money(repayment.amount, repayment.currency)} {repayment.get_channel_display()}",
        note=" · ".join(part for part in (who, repayment.reversal_reason or money_split(repayment)) if part),
        tone="attention" if reversed_ else "good",
    )


def _moment(on: date, recorded_at: datetime) -> datetime:
    """Things count on their business day; the clock time only where they were recorded that very day."""
    recorded = timezone.localtime(recorded_at)
    return recorded if recorded.date() == on else _noon(on)


def _disbursement_event(disbursement: Disbursement) -> Event:
    on = disbursement.paid_on or disbursement.requested_on
    return Event(
        at=_noon(on),
        title=_("Disbursement"),
        text=f"{money(disbursement.amount, disbursement.currency)} {disbursement.get_status_display()}",
        note=in_words(disbursement.failure_code, disbursement.failure_detail) or disbursement.bank_reference,
        tone="bad" if disbursement.is_retryable else "good" if disbursement.paid_on else "info",
    )


def _move_event(move: LoanTransition) -> Event:
    """Time makes a loan later, and time is counted at the end of the day; only money brings it back."""
    late = move.days_past_due > 0
    return Event(
        at=_night(move.on) if late else _noon(move.on),
        title=_("Bucket %(before)s → %(after)s") % {"before": move.before, "after": move.after},
        text=_days_late(move.days_past_due) if late else _("no longer late"),
        note=_("end of day") if late else "",
        tone="bad" if late else "good",
        kind="status",
    )


def _days_late(days: int) -> str:
    return ngettext("%(days)d day past due", "%(days)d days past due", days) % {"days": days}


def _act_event(act: LoanAct) -> Event:
    kind, who = act_kind(act.kind), act.recorded_by.label if act.recorded_by else ""
    title = str(kind.label) if act.kind != "extension" else _act_title(act)
    figures = [f"{label} {text}" for label, text in own_figures(act)]
    return Event(
        at=_moment(act.effective_on, act.recorded_at),
        title=_("Undone: %(act)s") % {"act": title} if act.is_undone else title,
        text=", ".join(figures[:2]),
        note=" · ".join(part for part in (who, act.undo_reason or act.reason) if part),
        tone="attention" if not kind.is_grave else "bad",
        kind="status",
    )


def message_event(message: Message) -> Event:
    failed = message.status in {"failed", "wrong_number", "refused"}
    return Event(
        at=timezone.localtime(message.sent_at or message.due_at),
        title=message.get_channel_display(),
        text=f"{name_of(message.template_code)}: {message.get_status_display()}",
        note=reason_label(message.why) if message.why else "",
        tone="attention" if failed else "info",
        kind="message",
    )


def _noon(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(12)))


def _night(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(23, 59)))
