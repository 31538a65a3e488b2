"""What the desk knows of a borrower beside the loans: the collection case, the promises, the limit. Shared by the borrower's
page and the loan's page, so that both tell the same story.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from borrowers.models import Borrower
from core.together import Reading, first
from core.writing import money
from debt_collections.models import Case, ContactAttempt, Promise, PromiseStatus
from loans.pages.story import Event, newest_first
from risk.models import CreditLimit, LimitChange
from staff.models import User
from staff.visibility import Kind, seen

_MOST = 15


@dataclass(frozen=True)
class Standing:
    """The case, the contacts and the limit of one borrower."""

    borrower: Borrower
    case: Case | None
    contacts: list[ContactAttempt] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    limit: CreditLimit | None = None
    limit_changes: list[LimitChange] = field(default_factory=list)

    @property
    def last_limit_change(self) -> LimitChange | None:
        return self.limit_changes[0] if self.limit_changes else None

    @property
    def contact_events(self) -> list[Event]:
        """Calls, visits and promises, newest first."""
        events = [_contact_event(contact) for contact in self.contacts]
        return newest_first(events + [_promise_event(promise, self.borrower.currency) for promise in self.promises])

    @property
    def events(self) -> list[Event]:
        """The lines these add to a timeline."""
        return self.contact_events + [_limit_event(change) for change in self.limit_changes]


def standing(borrower: Borrower, *, user: User) -> Reading[Standing]:
    """The limit of everybody; case, contacts and promises for those who may see collections, of the cases that they see."""
    borrower_id = borrower.pk
    limit = CreditLimit.objects.filter(borrower_id=borrower_id)
    changes = LimitChange.objects.filter(borrower_id=borrower_id).order_by("-id")
    if not user.has_perm("collections.view_case"):
        return Reading(
            (limit, changes[:5]),
            lambda limits, changed: Standing(borrower, case=None, limit=first(limits), limit_changes=changed),
        )
    cases_seen = seen(Case.objects.filter(borrower_id=borrower_id), user, Kind.CASE)
    case = cases_seen.select_related("assigned_to").order_by("-id")
    contacts = seen(ContactAttempt.objects.filter(borrower_id=borrower_id), user, Kind.CASE, path="case_id")
    contacts = contacts.select_related("by").order_by("-at")
    promises = seen(Promise.objects.filter(case__borrower_id=borrower_id), user, Kind.CASE, path="case_id")
    promises = promises.select_related("taken_by").order_by("-id")
    return Reading(
        (case[:1], contacts[:_MOST], promises[:_MOST], limit, changes[:5]),
        lambda cases, called, promised, limits, changed: Standing(
            borrower, first(cases), called, promised, first(limits), changed
        ),
    )


def _contact_event(contact: ContactAttempt) -> Event:
    return Event(
        at=timezone.localtime(contact.at),
        title=contact.get_channel_display(),
        text=f"{contact.get_outcome_display()}{': ' + contact.note if contact.note else ''}",
        note=contact.by.label,
        tone="info" if contact.was_answered else "attention",
        kind="contact",
    )


def _promise_event(promise: Promise, currency: str) -> Event:
    titles = {
        PromiseStatus.PENDING: _("Promise"),
        PromiseStatus.KEPT: _("Promise kept"),
        PromiseStatus.BROKEN: _("Promise broken"),
        PromiseStatus.CANCELLED: _("Promise cancelled"),
    }
    facts = {"amount": money(promise.amount, currency), "due": promise.due_on.isoformat()}
    judged = promise.judged_on is not None
    return Event(
        at=_at(promise.judged_on or promise.taken_on, time(23, 58) if judged else time(12)),
        title=titles[PromiseStatus(promise.status)],
        text=_("%(amount)s by %(due)s") % facts,
        note=_("end of day") if judged else promise.taken_by.label,
        tone=promise.shown_status.tone,
        kind="contact",
    )


def _limit_event(change: LimitChange) -> Event:
    raised = change.after > change.before
    return Event(
        at=_at(change.on, time(23, 57)),
        title=_("Limit raised") if raised else _("Limit cut"),
        text=f"{change.before:,.0f} → {change.after:,.0f}",
        note=change.get_reason_display(),
        tone="good" if raised else "attention",
        kind="status",
    )


def _at(on: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(on, at))
