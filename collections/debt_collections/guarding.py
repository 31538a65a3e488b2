"""The contact guard for calls and visits: how the debtor stands today, and the refusal in words.

The verdict itself is `messaging.contact_guard`, the same for people and machines; here today's calls are counted (over
all cases and collectors of the debtor, in the debtor's local day) and turned into what the desk shows and refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower, BorrowerStatus, ContactPoint
from core.errors import DomainError
from debt_collections.models import ANSWERED, Channel, ContactAttempt
from loans.servicing.holding import is_left_in_peace
from messaging.contact_guard import COLLECTION, ContactRules, Standing, Verdict, Why, judge
from messaging.queries import contact_rules


class ContactRefused(DomainError):
    code = "contact_refused"
    message = _("This borrower must not be contacted now.")


class QuietHours(ContactRefused):
    code = "contact_quiet_hours"
    message = _("Quiet hours: contact is allowed from %(opens)s to %(closes)s.")


class AnsweredCallsUsedUp(ContactRefused):
    code = "contact_answered_calls_used_up"
    message = _("%(answered)s of %(answered_most)s answered calls are used today. Tomorrow from %(opens)s.")


class DialsUsedUp(ContactRefused):
    code = "contact_dials_used_up"
    message = _("This number was dialled %(dials)s of %(dials_most)s times today. Try another number, or tomorrow.")


class DoNotContact(ContactRefused):
    code = "contact_not_wanted"
    message = _("The borrower asked not to be contacted. Only letters and legal steps remain.")


class LeftInPeace(ContactRefused):
    code = "contact_on_hold"
    message = _("Messages about the late loans of this borrower are on hold. See the holds of the loans.")


class BorrowerClosed(ContactRefused):
    code = "contact_borrower_closed"
    message = _("There is no business with this person any more.")


class ContactPointDead(ContactRefused):
    code = "contact_point_dead"
    message = _("This contact point is no longer usable: %(state)s.")


_REFUSALS: dict[Why, type[ContactRefused]] = {
    Why.QUIET_HOURS: QuietHours,
    Why.ANSWERED_CALLS_USED_UP: AnsweredCallsUsedUp,
    Why.DIALS_USED_UP: DialsUsedUp,
    Why.DO_NOT_CONTACT: DoNotContact,
    Why.BORROWER_CLOSED: BorrowerClosed,
}


@dataclass(frozen=True, slots=True)
class Guard:
    """What the banner beside the call button says about one number."""

    verdict: Verdict
    refusal: ContactRefused | None
    answered: int
    answered_most: int
    dials: int
    dials_most: int
    closes: time

    @property
    def allowed(self) -> bool:
        return self.refusal is None


def guard(borrower: Borrower, point: ContactPoint | None, *, channel: str, now: datetime, on: date) -> Guard:
    """How the debtor stands at ``now`` for one contact. Two queries."""
    rules = contact_rules(on, borrower.market)
    answered, dials = _calls_today(borrower.pk, point, now)
    standing = Standing(
        active=borrower.status == BorrowerStatus.ACTIVE,
        do_not_contact=borrower.do_not_contact,
        answered_calls_today=answered,
        dials_today=dials,
    )
    verdict = judge(purpose=COLLECTION, channel=channel, at=timezone.localtime(now), rules=rules, standing=standing)
    refusal = _refusal(verdict, point, rules, answered, dials)
    if refusal is None and is_left_in_peace(borrower.pk, on):
        refusal = LeftInPeace()
    return Guard(
        verdict=verdict,
        refusal=refusal,
        answered=answered,
        answered_most=rules.answered_calls_per_day,
        dials=dials,
        dials_most=rules.dials_per_number_per_day,
        closes=rules.closes,
    )


def check(borrower: Borrower, point: ContactPoint | None, *, channel: str, now: datetime, on: date) -> None:
    """Raise the refusal of the guard, if there is one. The borrower row is locked, so that calls logged at the same
    moment are counted one after the other."""
    Borrower.objects.select_for_update().only("pk").get(pk=borrower.pk)
    refusal = guard(borrower, point, channel=channel, now=now, on=on).refusal
    if refusal is not None:
        raise refusal


def _refusal(
    verdict: Verdict, point: ContactPoint | None, rules: ContactRules, answered: int, dials: int
) -> ContactRefused | None:
    if verdict.why is not None:
        return _REFUSALS.get(verdict.why, ContactRefused)(
            opens=f"{rules.opens:%H:%M}",
            closes=f"{rules.closes:%H:%M}",
            answered=answered,
            answered_most=rules.answered_calls_per_day,
            dials=dials,
            dials_most=rules.dials_per_number_per_day,
        )
    if point is not None and not point.is_usable:
        return ContactPointDead(state=point.get_state_display())
    return None


def _calls_today(borrower_id: int, point: ContactPoint | None, now: datetime) -> tuple[int, int]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    calls = ContactAttempt.objects.filter(borrower_id=borrower_id, channel=Channel.CALL, at__gte=midnight)
    counts: dict[str, Any] = calls.aggregate(
        answered=Count("pk", filter=Q(outcome__in=ANSWERED)),
        dials=Count("pk", filter=Q(contact_point=point) if point is not None else Q(pk__isnull=True)),
    )
    return counts["answered"], counts["dials"]
