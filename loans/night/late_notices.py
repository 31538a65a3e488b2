"""Notices that did not reach the borrower: no late interest until one did.

A reminder about the oldest unpaid due date failed, went to somebody else's number or found no address, and none about it
arrived: a notice takes effect when it reaches the other side (民法典 137). The night then places a hold of the kind
``notice`` from the first late day on, back-dated where the receipt came late, and ends it once a reminder arrived: the day
it arrived is still free, days count from the next one (民法典 201). Both are acts, so they are seen, undone and replayed
like those of people, who may also end the hold when they made the notice good in another way. Rule
``late_interest_notice``: ``{"held_until_made_good": true}``; a market without it charges by the calendar alone.
"""

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.rows import Parameters
from core.rules import rule_versions
from loans.account.changes.holds import NoHoldRunning
from loans.account.interest import Stops
from loans.acts.kinds.holds import HOLD_ENDED, HOLD_PLACED
from loans.acts.performing import perform
from loans.events.act_kinds import Wish
from loans.models import Product

RULE = "late_interest_notice"
NOTICES = ["repayment_due_soon", "repayment_due_today", "repayment_overdue"]
UNTIL_MADE_GOOD = date(2999, 12, 31)
MOST_DAYS_BEFORE = 62  # of a due date, in which a message about it can lie; the rule ``reminders`` says three

# Only the months in which a message about the due date can lie are looked into, and first those few that did not arrive,
# which have an index of their own. That the reference is not empty lets PostgreSQL use the index of messages by what they
# are about, which leaves those out.
_ABOUT_THE_DUE_DATE = """
SELECT 1 FROM messaging_message m
 WHERE m.reference = late.number AND m.reference <> '' AND m.template_code = ANY(%(notices)s)
   AND m.created_on >= late.due_on - %(before)s::int AND m.context->>'due_on' = late.due_on::text
"""
_NOT_REACHED = f"""
WITH late AS MATERIALIZED (
    SELECT p.loan_id, d.due_on, l.number
      FROM loans_loanposition p
     CROSS JOIN LATERAL (SELECT coalesce(p.oldest_due_on, p.next_due_on) AS due_on) AS d
      JOIN loans_loan l ON l.id = p.loan_id AND l.id BETWEEN %(lo)s AND %(hi)s
     WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active' AND d.due_on < %(on)s AND l.late_annual_rate > 0
       AND p.product_id = ANY(%(products)s)
)
SELECT late.loan_id, late.due_on
  FROM late
 WHERE EXISTS ({_ABOUT_THE_DUE_DATE}
               AND m.status IN ('failed', 'wrong_number', 'refused')
               AND (m.status <> 'refused' OR m.refusal = 'no_usable_contact'))
   AND NOT EXISTS ({_ABOUT_THE_DUE_DATE} AND m.status = 'delivered')
   AND NOT EXISTS (SELECT 1 FROM loans_loanact a
                    WHERE a.idempotency_key = 'notice_failed:' || late.loan_id || ':' || late.due_on)
"""
# Nearly always there is none, and that is known without a look at messages, whose months take longer to plan than to read.
_HELD = """
SELECT 1 FROM loans_loanact a
 WHERE a.loan_id BETWEEN %(lo)s AND %(hi)s
   AND a.kind = 'hold_placed' AND a.status = 'standing' AND a.idempotency_key LIKE 'notice_failed:%%' LIMIT 1
"""
_MADE_GOOD = """
SELECT a.loan_id, greatest(a.effective_on, good.day + 1)
  FROM loans_loanposition p
  JOIN loans_loan l ON l.id = p.loan_id AND l.id BETWEEN %(lo)s AND %(hi)s
  JOIN loans_loanact a ON a.loan_id = p.loan_id AND a.loan_id BETWEEN %(lo)s AND %(hi)s
 CROSS JOIN LATERAL (
       SELECT min((m.receipt_at AT TIME ZONE %(zone)s)::date) AS day
         FROM messaging_message m
        WHERE m.reference = l.number AND m.reference <> '' AND m.template_code = ANY(%(notices)s) AND m.status = 'delivered'
          AND m.created_on >= a.effective_on - %(before)s::int
          AND (m.context->>'due_on')::date >= a.effective_on - 1) AS good
 WHERE p.loan_id BETWEEN %(lo)s AND %(hi)s AND p.status = 'active'
   AND EXISTS (SELECT 1 FROM jsonb_array_elements(p.holds) AS h
                WHERE h->>2 = 'notice' AND (h->>1)::date = %(forever)s)
   AND a.kind = 'hold_placed' AND a.status = 'standing' AND a.idempotency_key LIKE 'notice_failed:%%'
   AND good.day < %(on)s
   AND NOT EXISTS (SELECT 1 FROM loans_loanact e
                    WHERE e.idempotency_key = 'notice_good:' || a.loan_id || ':' || greatest(a.effective_on, good.day + 1))
"""


def hold_for_notices(lo: int, hi: int, on: date) -> dict[str, int]:
    """Place and end the holds of failed notices for loans ``lo`` to ``hi`` on ``on``; a repeat changes nothing.

    Loan after loan by id, as everyone locks them, so that the night and a payment over several loans never wait in a circle.
    """
    facts: Parameters = {
        "lo": lo,
        "hi": hi,
        "on": on,
        "products": _products(on),
        "notices": NOTICES,
        "forever": UNTIL_MADE_GOOD,
        "before": MOST_DAYS_BEFORE,
        "zone": timezone.get_current_timezone_name(),
    }
    work = [(loan_id, day, False) for loan_id, day in _rows(_NOT_REACHED, facts)]
    if _rows(_HELD, {"lo": lo, "hi": hi}):
        work += [(loan_id, day, True) for loan_id, day in _rows(_MADE_GOOD, facts)]
    counts = {"notices_failed": 0, "notices_made_good": 0}
    for loan_id, day, is_good in sorted(work):
        if is_good:
            counts["notices_made_good"] += _end(loan_id, day, on)
        else:
            counts["notices_failed"] += _place(loan_id, day, on)
    return counts


def _products(on: date) -> list[int]:
    """The products of markets whose rule asks for it."""
    asked = {
        market: next((data for first, data in rule_versions(RULE, market) if first <= on), {})
        for market in Product.objects.values_list("market", flat=True).distinct()
    }
    markets = [market for market, data in asked.items() if data.get("held_until_made_good")]
    return list(Product.objects.filter(market__in=markets).values_list("pk", flat=True))


def _rows(sql: str, facts: Parameters) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def _place(loan_id: int, due_on: date, on: date) -> int:
    _do(
        loan_id,
        HOLD_PLACED.code,
        {"stops": Stops.NOTICE.value, "until": UNTIL_MADE_GOOD},
        effective_on=due_on + timedelta(days=1),
        recorded_on=on,
        reason=_("No notice of this due date reached the borrower."),
        key=f"notice_failed:{loan_id}:{due_on.isoformat()}",
    )
    return 1


def _end(loan_id: int, first_day: date, on: date) -> int:
    try:
        _do(
            loan_id,
            HOLD_ENDED.code,
            {"stops": Stops.NOTICE.value},
            effective_on=first_day,
            recorded_on=on,
            reason=_("A notice reached the borrower."),
            key=f"notice_good:{loan_id}:{first_day.isoformat()}",
        )
    except NoHoldRunning:  # people ended it before
        return 0
    return 1


def _do(
    loan_id: int, kind: str, values: dict[str, object], *, effective_on: date, recorded_on: date, reason: str, key: str
) -> None:
    wish = Wish(
        loan_id=loan_id,
        kind=kind,
        values=values,
        effective_on=effective_on,
        recorded_on=recorded_on,
        reason=reason,
        idempotency_key=key,
    )
    perform(wish, approved=True)
