"""The messages a borrower gets about the policy pledged for a loan. They tell of the policy by the loan's number only."""

from datetime import date, datetime, time
from decimal import Decimal

from django.utils import timezone

from core.money import ZERO
from loans.account.policy_cover import Cover
from loans.models import LoanPosition, PolicyPledge
from messaging.outbox import queue


def cover_low(pledge: PolicyPledge, cover: Cover, on: date) -> None:
    """Debt has reached a warning level of cash value."""
    percent = f"{cover.percent or 100:.0f}"
    _queue(pledge, "policy_cover_low", f"{pledge.warned_level}:{on}", on, percent=percent, owed=str(cover.debt))


def lapse_ahead(pledge: PolicyPledge, cover: Cover, on: date) -> None:
    """Debt has reached cash value: what must be paid, and until when. A cent below cash value cures."""
    assert pledge.notice_ends_on is not None
    amount = max(-cover.headroom, ZERO) + Decimal("0.01")
    _queue(pledge, "policy_lapse_ahead", str(on), on, amount=str(amount), last_day=pledge.notice_ends_on.isoformat())


def lapsed(pledge: PolicyPledge, on: date) -> None:
    """The policy ended: what the insurer paid against the debt and what is still owed."""
    position = LoanPosition.objects.get(pk=pledge.loan_id)
    paid = pledge.payout.amount if pledge.payout else ZERO
    _queue(pledge, "policy_lapsed", str(on), on, paid=str(paid), owed=str(position.outstanding_total))


def reinstated(pledge: PolicyPledge, on: date) -> None:
    """The policy is in force again."""
    _queue(pledge, "policy_reinstated", str(on), on, reinstated_on=on.isoformat())


def _queue(pledge: PolicyPledge, code: str, when: str, on: date, **context: str) -> None:
    queue(
        borrower_id=pledge.loan.borrower_id,
        template_code=code,
        context={"loan_number": pledge.loan.number, "currency": pledge.currency, **context},
        dedupe_key=f"{code}:{pledge.public_id}:{when}",
        due_at=timezone.make_aware(datetime.combine(on, time.min)),
        purpose="service",
        reference=pledge.loan.number,
    )
