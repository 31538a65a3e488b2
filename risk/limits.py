"""Credit limits that move: up when instalments were paid on time, down when a loan goes bad, with reason and pause.

The nightly review works on a range of borrowers in three statements; each writes the limit and its change together and
finds nothing to do when it is repeated. A raise waits for a cool-down after any change (hysteresis: what was just cut is
not raised tomorrow); a cut is made once for each time a borrower falls behind, and a write-off ends the limit.
"""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.events import record
from audit.models import Approval
from borrowers.models import Borrower
from core.aftermath import whole
from core.errors import DomainError, Invalid
from core.money import ZERO
from core.rows import Parameters
from core.rules import rule
from loans.gate import asking, overrides, subjects
from loans.gate.facts import Standing
from loans.gate.gate import BindingAct
from loans.models import CHANNELS_WITHOUT_BANK_LINE, GateVerdict
from risk.models import Assessment, CreditLimit, LimitChange, LimitReason
from risk.people import NOT_PAID_BUT
from staff.models import User

RAISE = "risk.limit_raise"

# Parameters of all three: lo, hi, on and the numbers of the rule "limit_review".
_WRITE = """
WITH moved AS (
    UPDATE risk_creditlimit l
       SET amount = m.after, as_of = %(on)s, changed_on = %(on)s,
           raised_on = CASE WHEN m.after > m.before THEN %(on)s ELSE l.raised_on END
      FROM ({moves}) m
     WHERE l.borrower_id = m.borrower_id AND l.borrower_id >= %(lo)s AND l.borrower_id < %(hi)s AND m.after <> m.before
    RETURNING l.borrower_id, m.before, m.after, m.facts
)
INSERT INTO risk_limitchange (borrower_id, before, after, reason, facts, note, "on", by_id)
SELECT borrower_id, before, after, '{reason}', facts, '', %(on)s, NULL FROM moved
"""

_NOT_MOVED_TODAY = """
NOT EXISTS (SELECT 1 FROM risk_limitchange c
             WHERE c.borrower_id = l.borrower_id AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s AND c."on" = %(on)s
               AND c.reason IN ('paid_on_time', 'overdue', 'written_off'))
"""

_WRITTEN_OFF = f"""
SELECT l.borrower_id, l.amount AS before, 0::numeric(14,2) AS after, jsonb_build_object('loans', count(*)) AS facts
  FROM risk_creditlimit l
  JOIN loans_loanposition p ON p.borrower_id = l.borrower_id AND p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s
       AND (p.status = 'written_off' OR (p.status = 'active' AND p.charged_off_on IS NOT NULL)
            OR (p.status = 'settled' AND EXISTS (SELECT 1 FROM loans_loanact a
                 WHERE a.loan_id = p.loan_id AND a.kind = 'settled_for_less' AND a.status = 'standing')))
 WHERE l.borrower_id >= %(lo)s AND l.borrower_id < %(hi)s AND l.amount > 0 AND {_NOT_MOVED_TODAY}
 GROUP BY l.borrower_id, l.amount
"""

_OVERDUE = f"""
SELECT l.borrower_id, l.amount AS before, floor(l.amount * %(cut_share)s / 100) * 100 AS after,
       jsonb_build_object('days_past_due', max(p.days_past_due)) AS facts
  FROM risk_creditlimit l
  JOIN loans_loanposition p ON p.borrower_id = l.borrower_id AND p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s
       AND p.status = 'active' AND p.bucket <> 'C' AND p.days_past_due > %(cut_over_days)s
 WHERE l.borrower_id >= %(lo)s AND l.borrower_id < %(hi)s AND l.amount > 0 AND {_NOT_MOVED_TODAY}
   AND NOT EXISTS (SELECT 1 FROM risk_limitchange c
                    WHERE c.borrower_id = l.borrower_id AND c.borrower_id >= %(lo)s AND c.borrower_id < %(hi)s
                      AND c.reason = 'overdue' AND c."on" > p.oldest_due_on)
 GROUP BY l.borrower_id, l.amount
"""

# What was paid by word alone counts once a bank line or a second person stands behind it; what an act settled was not paid
# (``risk.people``). What was paid of instalments is counted where something happened to a loan since the night before (a
# share of its accruals was kept: ``loans.models.Accrual``), which for every loan is so at the end of a month, and on the day
# the cool-down ends. On other nights nothing can have come about that was not there the night before.
_PAID_ON_TIME = f"""
SELECT l.borrower_id, l.amount AS before,
       greatest(l.amount, least(floor(l.amount * (1 + %(raise_share)s) / 100) * 100, %(highest)s)) AS after,
       jsonb_build_object('instalments', record.paid, 'worst_days_late', greatest(record.worst, 0)) AS facts
  FROM risk_creditlimit l
 CROSS JOIN LATERAL (
       SELECT count(*) AS paid, max(i.settled_on - i.due_on) AS worst
         FROM loans_loanposition p
         JOIN loans_instalment i ON i.loan_id = p.loan_id AND i.superseded_on IS NULL
        WHERE p.borrower_id = l.borrower_id AND i.settled_on > l.changed_on AND i.settled_on <= %(on)s
          AND NOT EXISTS (SELECT 1 FROM loans_repayment w
                            JOIN loans_repaymentline x ON x.repayment_id = w.id AND x.entry_id = w.entry_id
                           WHERE w.loan_id = i.loan_id AND w.status = 'posted'
                             AND w.channel IN ({CHANNELS_WITHOUT_BANK_LINE})
                             AND w.agreed_by_id IS NULL AND w.proved_on IS NULL AND x.instalment_number = i.number)
          AND EXISTS (SELECT 1 FROM loans_repayment w
                        JOIN loans_repaymentline x ON x.repayment_id = w.id AND x.entry_id = w.entry_id
                       WHERE w.loan_id = i.loan_id AND w.status = 'posted' AND x.instalment_number = i.number)
          AND NOT EXISTS (SELECT 1 FROM loans_loanact a
                           WHERE a.loan_id = i.loan_id AND a.status = 'standing' AND a.effective_on = i.settled_on
                             AND a.figures ?| %(not_paid_but)s::text[])) record
 WHERE l.borrower_id >= %(lo)s AND l.borrower_id < %(hi)s AND l.amount > 0 AND l.amount < %(highest)s
   AND l.changed_on <= %(cooled)s
   AND (l.changed_on = %(cooled)s
        OR EXISTS (SELECT 1 FROM loans_loanposition p
                    WHERE p.borrower_id = l.borrower_id AND p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s
                      AND p.kept_on >= %(on)s::date - 1))
   AND record.paid >= %(instalments)s AND record.worst <= %(worst_days_late)s
   AND NOT EXISTS (SELECT 1 FROM loans_loanposition p
                    WHERE p.borrower_id = l.borrower_id AND p.borrower_id >= %(lo)s AND p.borrower_id < %(hi)s
                      AND p.days_past_due > 0 AND p.status = 'active')
   AND {_NOT_MOVED_TODAY}
"""


# What passed the gate, of limits that nobody moved meanwhile.
_PASSED = """
SELECT l.borrower_id, m.before, m.after, m.facts
  FROM unnest(%(ids)s::bigint[], %(befores)s::numeric[], %(afters)s::numeric[], %(facts)s::jsonb[])
       AS m(borrower_id, before, after, facts)
  JOIN risk_creditlimit l ON l.borrower_id = m.borrower_id AND l.amount = m.before
"""


class LimitUnknown(DomainError):
    code = "limit_unknown"
    message = _("This borrower has no limit yet: it begins with the first assessment.")


class LimitAmountWrong(Invalid):
    code = "limit_amount_wrong"
    field = "amount"
    message = _("Enter a limit of zero or more that differs from the current one.")


def rescore(lo: int, hi: int, on: date) -> dict[str, int]:
    """Review the limits of the borrowers ``lo`` (included) to ``hi`` (left out). Repeated for a day, it moves nothing."""
    numbers = rule("limit_review", on)
    values: Parameters = {
        "lo": lo,
        "hi": hi,
        "on": on,
        "cooled": on - timedelta(days=numbers["cool_down_days"]),
        "cut_over_days": numbers["cut_over_days"],
        "instalments": numbers["instalments"],
        "worst_days_late": numbers["worst_days_late"],
        "not_paid_but": list(NOT_PAID_BUT),
        **{name: Decimal(numbers[name]) for name in ("cut_share", "raise_share", "highest")},
    }
    moves = {
        "ended": (_WRITTEN_OFF, "written_off"),
        "cut": (_OVERDUE, "overdue"),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        found = {name: _run(cursor, sql, reason, values) for name, (sql, reason) in moves.items()}
        return found | {"raised": _raise(cursor, values, on)}


def _raise(cursor: CursorWrapper, values: Parameters, on: date) -> int:
    """Raise the limits of those who paid on time, where the gate lets it pass: a higher limit binds the house."""
    cursor.execute(_PAID_ON_TIME, values)
    moves = {borrower_id: (before, after, facts) for borrower_id, before, after, facts in cursor.fetchall()}
    moves = {number: move for number, move in moves.items() if move[0] != move[1]}
    if not moves:
        return 0
    markets: dict[str, dict[int, Decimal]] = {}
    for number, market in Borrower.objects.filter(pk__in=moves).values_list("pk", "market"):
        markets.setdefault(market, {})[number] = moves[number][1]
    answers = {
        number: answer
        for market in sorted(markets)
        for number, answer in asking.ask_limits(markets[market], market, on).items()
        if answer.verdict.binds
    }
    GateVerdict.objects.bulk_create([answer.row(by=None) for answer in answers.values()])
    raised = sorted(answers)
    columns: Parameters = {
        "ids": raised,
        "befores": [moves[number][0] for number in raised],
        "afters": [moves[number][1] for number in raised],
        "facts": [json.dumps(_read_json(moves[number][2])) for number in raised],
    }
    return _run(cursor, _PASSED, "paid_on_time", values | columns)


def _read_json(told: Any) -> Any:
    return json.loads(told) if isinstance(told, str) else told


def _run(cursor: CursorWrapper, moves: str, reason: str, values: Parameters) -> int:
    cursor.execute(_WRITE.format(moves=moves, reason=reason), values)
    return max(cursor.rowcount, 0)


def id_range() -> tuple[int, int] | None:
    """The borrowers with a limit: the lowest id and one past the highest."""
    ends = CreditLimit.objects.aggregate(lo=Min("borrower_id"), hi=Max("borrower_id"))
    return None if ends["lo"] is None else (ends["lo"], ends["hi"] + 1)


def limit_of(borrower_id: int) -> Decimal | None:
    """The borrower's limit; None before the first assessment."""
    return CreditLimit.objects.filter(borrower_id=borrower_id).values_list("amount", flat=True).first()


def first_limit(standing: Standing, assessment: Assessment) -> None:
    """Begin a limit with the first assessment whose grade allows one, where the gate lets it pass. ``standing`` is of a
    borrower who has none yet, as the assessment read it in this transaction."""
    if not assessment.limit_amount:
        return
    subject = subjects.of_limit(standing.borrower.pk, standing.market, assessment.limit_amount)
    answer = asking.ask(subject, BindingAct.LIMIT_RAISE, standing.on, standing)
    if answer.verdict.binds:
        answer.store(by=None)
        _open(standing.borrower.pk, assessment, standing.on)


def open_limit(borrower_id: int, assessment: Assessment, on: date) -> None:
    """Write the limit that the assessment gives, and its first change. A standing limit is left alone."""
    if assessment.limit_amount and not CreditLimit.objects.filter(borrower_id=borrower_id).exists():
        _open(borrower_id, assessment, on)


def _open(borrower_id: int, assessment: Assessment, on: date) -> None:
    amount = assessment.limit_amount
    grading = {"grade": assessment.grade, "points": assessment.points}
    CreditLimit.objects.create(borrower_id=borrower_id, amount=amount, as_of=on, changed_on=on, **grading)
    LimitChange.objects.create(
        borrower_id=borrower_id, before=ZERO, after=amount, reason=LimitReason.FIRST, facts=grading, on=on
    )


@whole()
def change(*, borrower_id: int, amount: Decimal, reason: str, on: date, by: User) -> CreditLimit:
    """A person changes a limit: down at once, up only once a second person agrees, who is shown what it overrides.

    Raises LimitUnknown, LimitAmountWrong, ReasonMissing, GateRefused, ApprovalAlreadyPending.
    """
    limit = _locked(borrower_id)
    if amount < 0 or amount == limit.amount:
        raise LimitAmountWrong()
    if not reason.strip():
        raise approvals.ReasonMissing()
    if amount < limit.amount:
        return _write(limit, amount, reason, on, by)
    answer = _ask(limit, amount, on)
    asking.require_possible(answer, by=by)
    approvals.request(
        kind=RAISE,
        obj=limit,
        payload={"borrower_id": borrower_id, "amount": str(amount)},
        before={"limit": str(limit.amount)},
        after={"limit": str(amount)},
        outcome=overrides.shown(answer),
        amount=amount,
        reason=reason,
        requested_by=by,
        on=on,
    )
    return limit


@transaction.atomic
def raise_approved(approval: Approval, on: date) -> None:
    """The second person agreed to the raise. Raises GateRefused where a hard check stops it by now, OverrideNotPermitted."""
    limit, amount = _locked(approval.payload["borrower_id"]), Decimal(approval.payload["amount"])
    answer = _ask(limit, amount, on)
    asking.require_possible(answer, by=approval.decided_by)
    if answer.verdict.to_override:
        overrides.require_right(approval.decided_by)
        answer = overrides.overridden(approval, answer)
    asking.require_bound(answer, by=approval.decided_by)
    _write(limit, amount, approval.reason, on, approval.requested_by)


def would_raise(approval: Approval, on: date) -> approvals.Outcome:
    """What approving the raise would override by now."""
    limit, amount = _locked(approval.payload["borrower_id"]), Decimal(approval.payload["amount"])
    return approvals.Outcome(overrides.shown(_ask(limit, amount, on)), amount)


def _ask(limit: CreditLimit, amount: Decimal, on: date) -> asking.Answer:
    subject = subjects.of_limit(limit.borrower_id, limit.borrower.market, amount)
    return asking.ask(subject, BindingAct.LIMIT_RAISE, on)


def _locked(borrower_id: int) -> CreditLimit:
    Borrower.objects.locked(borrower_id)  # before the limit, as the night does
    limit = (
        CreditLimit.objects.select_for_update(of=("self",))
        .select_related("borrower")
        .filter(borrower_id=borrower_id)
        .first()
    )
    if limit is None:
        raise LimitUnknown()
    return limit


def _write(limit: CreditLimit, amount: Decimal, reason: str, on: date, by: User | None) -> CreditLimit:
    before = limit.amount
    limit.amount, limit.as_of, limit.changed_on = amount, on, on
    limit.raised_on = on if amount > before else limit.raised_on
    limit.save(update_fields=["amount", "as_of", "changed_on", "raised_on"])
    LimitChange.objects.create(
        borrower_id=limit.borrower_id,
        before=before,
        after=amount,
        reason=LimitReason.MANUAL,
        note=reason[:500],
        on=on,
        by=by,
    )
    record("changed", limit, reason=reason, before={"limit": str(before)}, after={"limit": str(amount)}, actor=by)
    return limit
